//! An instance that the platform disabled, because its token could not be refreshed.

use serde_json::Value;

use crate::support::{Bench, Sandbox};

const MANIFEST: &str = "\
version: 1
inventory: acme
instances:
  freshdesk:
    element: freshdeskv2
    configuration:
      subdomain: acme
      username: ${env:FRESHDESK_API_KEY}
";

/// An applied instance whose token could not be refreshed so many times.
fn failed(sandbox: &Sandbox, times: u32) -> Bench {
    let bench = Bench::on(sandbox)
        .with("FRESHDESK_API_KEY", "invented-freshdesk-key")
        .with_manifest(MANIFEST);
    let _ = bench.apply();
    sandbox.set_faults(&["GET /ping kind=refresh-fails count=9"]);
    let token = sandbox.with_token(&instance(sandbox));
    for _ in 0..times {
        let _ = token.call("GET", "/ping", None);
    }
    bench
}

fn instance(sandbox: &Sandbox) -> Value {
    sandbox.instances().remove(0)
}

fn state(sandbox: &Sandbox) -> (bool, bool) {
    let instance = instance(sandbox);
    (instance["disabled"] == true, instance["valid"] == true)
}

/// Changes the instance behind the platform's back.
fn set(sandbox: &Sandbox, body: &Value) {
    let path = format!("/instances/{}", instance(sandbox)["id"]);
    let _ = sandbox.admin("PATCH", &path, Some(body)).expect(200);
}

fn notes(plan: &Value) -> Vec<&str> {
    let notes = plan["notes"].as_array().into_iter().flatten();
    notes.filter_map(|note| note["code"].as_str()).collect()
}

#[test]
fn an_instance_that_the_platform_disabled_is_named_and_left() {
    let sandbox = Sandbox::start(&[]);
    let bench = failed(&sandbox, 4);
    assert_eq!(
        state(&sandbox),
        (false, true),
        "four failures are not enough"
    );
    let _ = sandbox
        .with_token(&instance(&sandbox))
        .call("GET", "/ping", None);
    assert_eq!(state(&sandbox), (true, false));

    let plan = bench.plan_json(&[]);
    assert_eq!(plan["steps"].as_array().map(Vec::len), Some(0), "{plan}");
    assert_eq!(notes(&plan), ["disabled-by-platform"]);
    bench.plan_is_empty();
    bench
        .run(&["plan"])
        .stdout_has("--resend-secrets=freshdesk");
    let _ = bench.apply();
    assert_eq!(state(&sandbox), (true, false), "enabling alone is useless");

    let _ = bench
        .apply_with(&["--resend-secrets=freshdesk"])
        .expect_code(0);
    assert_eq!(state(&sandbox), (false, true));
    assert_eq!(notes(&bench.plan_json(&[])), [""; 0]);
}

#[test]
fn a_new_secret_enables_it() {
    let sandbox = Sandbox::start(&[]);
    let mut bench = failed(&sandbox, 5);
    bench.set("FRESHDESK_API_KEY", "invented-newer-key");
    let _ = bench.apply();
    assert_eq!(state(&sandbox), (false, true));
    bench.plan_is_empty();
}

/// A person disabled it, or the manifest does: these are no failures.
#[test]
fn other_disabled_instances_are_what_they_were() {
    let sandbox = Sandbox::start(&[]);
    let bench = failed(&sandbox, 0);
    set(&sandbox, &serde_json::json!({"disabled": true}));
    assert_eq!(bench.plan_json(&[])["steps"][0]["reasons"][0], "drifted");
    let _ = bench.apply();
    assert_eq!(state(&sandbox), (false, true));

    bench.edit_manifest(
        "    configuration:",
        "    enabled: false\n    configuration:",
    );
    let _ = bench.apply();
    set(&sandbox, &serde_json::json!({"valid": false}));
    let plan = bench.plan_json(&[]);
    assert_eq!(notes(&plan), ["invalid"], "{plan}");
    assert_eq!(plan["steps"].as_array().map(Vec::len), Some(0), "{plan}");
}
