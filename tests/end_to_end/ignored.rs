//! `ignoreChanges`: what was declared and what was applied are told apart.

use serde_json::{Value, json};

use crate::support::{Bench, Sandbox};

const MANIFEST: &str = "\
version: 1
inventory: acme
instances:
  jira:
    element: jira
    name: Jira
    tags: [engineering]
    configuration: { base.url: 'https://jira.example.com', username: automation, password: p }
    lifecycle: { ignoreChanges: [name, tags, configuration.base.url] }
";

/// The reasons of the one step of the plan, which changes one path.
fn reasons(bench: &Bench) -> Value {
    let plan = bench.plan_json(&[]);
    let steps = plan["steps"].as_array().expect("steps");
    assert_eq!(steps.len(), 1, "{plan}");
    steps[0]["reasons"].clone()
}

fn assert_settled(bench: &Bench) {
    let _ = bench.apply();
    bench.plan_is_empty();
}

#[test]
fn what_was_only_declared_is_not_recorded_as_applied() {
    let sandbox = Sandbox::start(&[]);
    let bench = Bench::on(&sandbox).with_manifest(MANIFEST);
    let _ = bench.apply();
    let before = bench.read("instances.lock.json");
    bench.edit_manifest("name: Jira", "name: Jira EU");
    bench.edit_manifest("[engineering]", "[europe]");
    bench.edit_manifest("//jira.example.com", "//jira.example.org");
    assert_settled(&bench);
    assert_eq!(bench.read("instances.lock.json"), before);
    bench.edit_manifest("name, tags, configuration.base.url", "");
    assert_eq!(reasons(&bench), json!(["configuration-changed"]));
    assert_settled(&bench);
}

#[test]
fn drift_that_is_ignored_is_drift_once_the_rule_is_removed() {
    let sandbox = Sandbox::start(&[]);
    let bench = Bench::on(&sandbox).with_manifest(MANIFEST);
    let _ = bench.apply();
    let id = bench.lock()["instances"]["jira"]["id"]
        .as_u64()
        .expect("an id");
    sandbox.patch(id, &json!({"name": "Renamed by hand"}));
    assert_settled(&bench);
    bench.edit_manifest("name, tags, configuration.base.url", "");
    assert_eq!(reasons(&bench), json!(["drifted"]));
    assert_settled(&bench);
}
