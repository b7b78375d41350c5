//! Three hundred instances of forty connectors, a quarter of them odd.

use connectorctl::catalog::{Catalog, ElementEntry};
use serde_json::{Map, Value, json};

use super::{make, settles};
use crate::support::{Bench, Sandbox};

const COUNT: usize = 300;

/// Connectors with basic or custom authentication: they need no sign-in.
fn connectors() -> Vec<&'static ElementEntry> {
    let simple = |entry: &&ElementEntry| {
        let has_variants = entry.configuration.iter().any(|key| key.group.is_some());
        matches!(entry.authentication.as_str(), "basic" | "custom" | "apiKey") && !has_variants
    };
    Catalog::embedded()
        .elements()
        .iter()
        .filter(simple)
        .take(39)
        .collect()
}

fn configuration(entry: &ElementEntry) -> Map<String, Value> {
    let needed = entry.configuration.iter().filter(|key| key.required);
    needed
        .map(|key| {
            let value = match key.options.first() {
                Some(option) => option.clone(),
                None if key.secret => "invented-password".to_owned(),
                None => format!("value of {}", key.key),
            };
            (key.key.clone(), Value::from(value))
        })
        .collect()
}

const NAMES: [&str; 8] = [
    "Größe & Café",
    "yes",
    "0123",
    "'single' \"double\" `tick`",
    "- dash: # no comment",
    "日本語",
    "${env:NOT_A_REFERENCE}",
    "A very long name of an instance that nobody would ever type as a key, would they",
];

const TAGS: [&[&str]; 4] = [
    &["null", "1.0", "a: b"],
    &["{x}", "[y]", "*z", "&a", "!t", "%p", "@q"],
    &["with, comma", "#hash", " inner  spaces".trim_ascii()],
    &["ünïcödé", "$${env:X}", "|", ">-"],
];

#[test]
fn all_are_imported_and_the_plan_is_empty_but_for_secrets() {
    let sandbox = Sandbox::start(&[]);
    let own = json!({
        "name": "Own Thing", "key": "own-thing", "hub": "general",
        "configuration": [{ "key": "own.url", "type": "TEXTFIELD_128", "required": true }, { "key": "own.password", "type": "PASSWORD", "required": false }],
    });
    let own = sandbox.call("POST", "/elements", Some(&own)).expect(200);
    let own_key = own["key"].as_str().expect("a key").to_owned();
    let connectors = connectors();
    assert_eq!(connectors.len(), 39);
    let mut ids = Vec::new();
    for number in 0..COUNT {
        let entry = connectors[number % connectors.len()];
        let mut body = json!({
            "element": { "key": entry.key },
            "name": format!("{} {number}", entry.name),
            "tags": ["production"],
            "configuration": configuration(entry),
        });
        match number {
            7 => {
                body["element"]["key"] = own_key.as_str().into();
                body["configuration"] = json!({ "own.url": "https://own.example.com", "own.password": "invented-password" });
            }
            11 | 12 => body["name"] = "Twins".into(),
            _ if number % 4 == 0 => {
                body["name"] = NAMES[number / 4 % NAMES.len()].into();
                body["tags"] = json!(TAGS[number / 4 % TAGS.len()]);
                body["configuration"]["event.notification.enabled"] = true.into();
                body["configuration"]["event.poller.configuration"] = json!({ "tickets": { "url": "/t?since=${gmtDate:yyyy}", "list": [1, null, "x"] } });
            }
            _ => {}
        }
        ids.push(make(&sandbox, &body));
    }
    let state = |id: u64, change: Value| {
        let path = format!("/instances/{id}");
        let _ = sandbox.admin("PATCH", &path, Some(&change)).expect(200);
    };
    state(ids[20], json!({ "disabled": true }));
    state(ids[21], json!({ "valid": false }));

    let mut bench = Bench::on(&sandbox);
    let ran = bench
        .run(&["import", "--all", "--yes", "--inventory", "acme"])
        .expect_code(0);
    ran.stdout_has("Import: 300 imported.\n");
    let manifest = bench.read("instances.yaml");
    assert!(!manifest.contains("invented-password"));
    assert!(manifest.contains("\n  twins:\n") && manifest.contains("\n  twins-2:\n"));
    let stubs = ran
        .stderr
        .lines()
        .filter_map(|line| line.trim().strip_prefix("export "));
    let stubs: Vec<&str> = stubs.map(|name| name.trim_end_matches('=')).collect();
    for stub in &stubs {
        assert!(manifest.contains(&format!("${{env:{stub}}}")), "{stub}");
        bench.set(stub, "invented-password");
    }
    assert_eq!(
        manifest.matches("${env:").count() - manifest.matches("$${env:").count(),
        stubs.len()
    );
    // Empty but for the secrets: nothing else of any instance differs.
    let plan = bench.plan_json(&["--accept-secrets"]);
    for step in plan["steps"].as_array().expect("steps") {
        assert_eq!(step["reasons"], json!(["lock-only"]), "{step}");
        assert_eq!(step["changes"], json!([]), "{step}");
    }
    settles(&bench, &sandbox, "300");
    let (lock, before) = (bench.read("instances.lock.json"), sandbox.instances());
    let again = bench.run(&["import", "--all", "--yes"]).expect_code(0);
    again.stdout_has("Import: nothing to import, 300 already managed.\n");
    assert_eq!(bench.read("instances.yaml"), manifest);
    assert_eq!(bench.read("instances.lock.json"), lock);
    assert_eq!(sandbox.instances(), before);
}
