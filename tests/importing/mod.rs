//! `import` and `forget`: instances that exist become ours, and are let go.

mod deaths;
mod forgotten;
mod layouts;
mod many;
mod refused;
mod scenarios;

use serde_json::{Value, json};

use crate::support::{Bench, Sandbox};

/// Makes an instance without the tool; answers its id.
fn make(sandbox: &Sandbox, body: &Value) -> u64 {
    let made = sandbox.call("POST", "/instances", Some(body)).expect(200);
    made["id"].as_u64().expect("an id")
}

fn jira(name: &str) -> Value {
    json!({
        "element": { "key": "jira" },
        "name": name,
        "configuration": { "username": "bob", "password": "invented-password", "base.url": "https://jira.example.com" },
    })
}

fn desk(name: &str, tags: &[&str]) -> Value {
    json!({
        "element": { "key": "freshdeskv2" },
        "name": name,
        "tags": tags,
        "configuration": { "subdomain": "acme", "username": "invented-freshdesk-key" },
    })
}

/// Sets every variable that the import asked for.
fn fill_in(bench: &mut Bench, said: &str) -> usize {
    let mut count = 0;
    for line in said.lines() {
        if let Some(name) = line.trim().strip_prefix("export ") {
            let name = name.trim_end_matches('=');
            let value = match name.ends_with("_USERNAME") {
                true => "invented-freshdesk-key",
                false => "invented-password",
            };
            bench.set(name, value);
            count += 1;
        }
    }
    count
}

/// The tags of an instance, as a read by id shows them.
fn tags(sandbox: &Sandbox, id: u64) -> Vec<String> {
    let path = format!("/instances/{id}");
    let seen = sandbox.call("GET", &path, None).expect(200);
    let tags = seen["tags"].as_array().cloned().unwrap_or_default();
    let mut tags: Vec<String> = tags
        .iter()
        .filter_map(|tag| tag.as_str().map(str::to_owned))
        .collect();
    tags.sort();
    tags
}

/// Apply, then the plan is empty; and nothing was created or deleted.
fn settles(bench: &Bench, sandbox: &Sandbox, what: &str) {
    let before = sandbox.count("creates");
    let ran = bench.apply_with(&["--accept-secrets"]);
    assert_eq!(ran.code, 0, "{what}: {}", ran.all());
    let plan = bench.run(&["plan", "--detailed-exitcode"]);
    assert_eq!(
        plan.code,
        0,
        "{what}: the plan is not empty\n{}",
        plan.all()
    );
    assert_eq!(
        sandbox.count("creates"),
        before,
        "{what}: something was created"
    );
}
