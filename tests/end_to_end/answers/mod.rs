//! A `POST` is answered by a platform that need not be right: with an instance of somebody else, with tags
//! that it altered, or without a token. Byte by byte over real HTTP.

mod tokens;
mod whose;

use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};

use crate::support::Bench;
use crate::support::scripted::{Asked, Scripted, answer, not_found};

const MARKER: &str = "connectorctl:acme:k1";

/// An instance named like `k1`, of the element of the manifest.
fn item(id: u64, tags: &[&str]) -> Value {
    json!({
        "id": id, "name": "k1", "element": {"key": "jira", "id": 12}, "tags": tags,
        "configuration": {"username": "u"}, "token": format!("invented-token-{id}"),
        "valid": true, "disabled": false,
    })
}

/// The same with another value of one member.
fn with(mut item: Value, member: &str, value: Value) -> Value {
    item[member] = value;
    item
}

fn without(mut item: Value, member: &str) -> Value {
    item.as_object_mut().expect("an object").remove(member);
    item
}

fn ok(body: &Value) -> Vec<u8> {
    answer(200, &[], body)
}

/// The instances of a platform, which shows them in lists, searches and reads by id.
#[derive(Clone, Default)]
struct Instances(Arc<Mutex<Vec<Value>>>);

impl Instances {
    fn lock(&self) -> MutexGuard<'_, Vec<Value>> {
        self.0.lock().expect("the instances")
    }

    fn add(&self, item: &Value) {
        self.lock().push(item.clone());
    }

    fn set(&self, id: u64, member: &str, value: Value) {
        for item in self.lock().iter_mut().filter(|item| item["id"] == id) {
            item[member] = value.clone();
        }
    }

    /// Those that a search for this marker finds, or all.
    fn listed(&self, query: &str) -> Vec<u8> {
        let carries = |item: &Value| {
            let tags = item["tags"].as_array().into_iter().flatten();
            let mut tags = tags.filter_map(Value::as_str);
            tags.any(|tag| query.ends_with(&tag.replace(':', "%3A")))
        };
        let is_search = query.contains("tags");
        let mut items = self.lock().clone();
        items.retain(|item| !is_search || carries(item));
        let total = items.len().to_string();
        let headers = [("elements-total-count", total.as_bytes())];
        match items.is_empty() {
            true => not_found("No instances found", &[]),
            false => answer(200, &headers, &Value::from(items)),
        }
    }

    fn read(&self, id: &str) -> Vec<u8> {
        let items = self.lock();
        let id: Option<u64> = id.parse().ok();
        match items.iter().find(|item| item["id"].as_u64() == id) {
            Some(item) => ok(item),
            None => not_found("No instance found", &[]),
        }
    }
}

/// A platform with these instances that answers creates as `post` says.
fn platform(
    instances: &Instances,
    post: impl Fn(&Instances, &Asked<'_>) -> Vec<u8> + Send + Sync + 'static,
) -> (Scripted, Bench) {
    let instances = instances.clone();
    let server = Scripted::start(move |asked| {
        let id = asked.path.strip_prefix("/instances/");
        match (asked.method, id) {
            ("POST", None) => Some(post(&instances, asked)),
            ("GET", None) if asked.path == "/instances" => Some(instances.listed(asked.query)),
            ("GET", Some(id)) | ("PATCH", Some(id)) => Some(instances.read(id)),
            _ => None,
        }
    });
    let bench = Bench::at(&server.url).with("PASSWORD", "invented-password");
    declare(&bench, &["k1"]);
    (server, bench)
}

/// Declares these keys, all with the name of `k1`.
fn declare(bench: &Bench, keys: &[&str]) {
    let stanza = |key: &&str| {
        format!(
            "  {key}: {{ element: jira, name: k1, configuration: {{ username: u, password: \"${{env:PASSWORD}}\" }} }}\n"
        )
    };
    let stanzas: String = keys.iter().map(stanza).collect();
    let text = format!("version: 1\ninventory: acme\ninstances:\n{stanzas}");
    bench.write("instances.yaml", &text);
}

/// The recorded id of a key.
fn recorded(bench: &Bench, key: &str) -> Option<u64> {
    if !bench.path("instances.lock.json").exists() {
        return None;
    }
    bench.lock()["instances"][key]["id"].as_u64()
}

/// The reasons of the steps of a plan.
fn reasons(bench: &Bench) -> Vec<String> {
    let plan = bench.plan_json(&[]);
    let steps = plan["steps"].as_array().expect("steps").iter();
    let reasons = steps.flat_map(|step| step["reasons"].as_array().expect("reasons"));
    reasons
        .map(|reason| reason.as_str().expect("a word").to_owned())
        .collect()
}
