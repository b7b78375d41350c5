//! `drift`: the lock file against the platform, without a manifest.

use serde_json::{Value, json};

use crate::support::{Bench, Sandbox};

const MANIFEST: &str = "\
version: 1
inventory: acme
instances:
  desk:
    element: freshdeskv2
    name: Desk
    tags: [support]
    configuration: { subdomain: acme, username: \"${env:KEY}\", filter.response.nulls: true }
  plain:
    element: freshdeskv2
    configuration: { subdomain: acme, username: \"${env:KEY}\" }
";

fn applied(sandbox: &Sandbox) -> Bench {
    let bench = Bench::on(sandbox)
        .with("KEY", "invented-freshdesk-key")
        .with_manifest(MANIFEST);
    let _ = bench.apply();
    std::fs::remove_file(bench.path("instances.yaml")).expect("removed");
    bench
}

fn id(bench: &Bench, key: &str) -> u64 {
    bench.lock()["instances"][key]["id"]
        .as_u64()
        .expect("an id")
}

fn drift_json(bench: &Bench, code: i32) -> Value {
    let ran = bench.run(&["drift", "-o", "json"]).expect_code(code);
    serde_json::from_str(&ran.stdout).expect("JSON")
}

/// The paths and the words of what differs, of one instance.
fn found(drift: &Value, key: &str) -> Vec<String> {
    let instances = drift["drift"].as_array().expect("a list");
    let instance = instances.iter().find(|it| it["key"] == key);
    let list = |member: &str, name: &str| -> Vec<String> {
        let items = instance.and_then(|it| it[member].as_array());
        let items = items.into_iter().flatten();
        items
            .filter_map(|item| item[name].as_str().map(str::to_owned))
            .collect()
    };
    [list("findings", "code"), list("changes", "path")].concat()
}

#[test]
fn nothing_differs_after_an_apply() {
    let sandbox = Sandbox::start(&[]);
    let bench = applied(&sandbox);
    let ran = bench.run(&["drift"]).expect_code(0);
    assert_eq!(ran.stdout, "No drift. 2 unchanged.\n");
    assert_eq!(drift_json(&bench, 0)["drift"], json!([]));
    bench.run(&["list", "--health"]).stdout_has("  ok     Desk");
}

#[test]
fn every_change_made_by_hand_is_shown_and_nothing_is_written() {
    let sandbox = Sandbox::start(&[]);
    let bench = applied(&sandbox);
    let desk = id(&bench, "desk");
    let change = json!({
        "name": "Renamed",
        "tags": ["other"],
        "configuration": { "subdomain": "elsewhere" },
    });
    sandbox.patch(desk, &change);
    let instances = sandbox.instances();
    let lock = bench.read("instances.lock.json");
    assert_eq!(
        found(&drift_json(&bench, 2), "desk"),
        ["marker-missing", "name", "tags", "configuration.subdomain"]
    );
    let ran = bench.run(&["drift"]).expect_code(2);
    ran.stdout_has(&format!("~ desk: drifted (freshdeskv2, id {desk})\n"));
    ran.stdout_has("    ! marker `connectorctl:acme:desk` is missing\n");
    ran.stdout_has("    - name: Desk\n    + name: Renamed\n");
    ran.stdout_has("Drift: 1 of 2 instances.\n");
    assert_eq!(sandbox.instances(), instances);
    assert_eq!(bench.read("instances.lock.json"), lock);
    let _ = bench.run(&["drift", "--target", "plain"]).expect_code(0);
    let _ = bench.run(&["drift", "--exclude", "nope"]).expect_code(8);
}

#[test]
fn what_is_missing_invalid_or_disabled_is_shown() {
    let sandbox = Sandbox::start(&[]);
    let bench = applied(&sandbox);
    let (desk, plain) = (id(&bench, "desk"), id(&bench, "plain"));
    let _ = sandbox
        .call("DELETE", &format!("/instances/{desk}"), None)
        .expect(200);
    let path = format!("/instances/{plain}");
    let state = json!({ "valid": false, "disabled": true });
    let _ = sandbox.admin("PATCH", &path, Some(&state)).expect(200);

    let drift = drift_json(&bench, 2);
    assert_eq!(found(&drift, "desk"), ["missing"]);
    assert_eq!(found(&drift, "plain"), ["enabled", "valid"]);
    assert_eq!(drift["summary"], json!({ "instances": 2, "drifted": 2 }));
    let recorded = bench.run(&["list"]).expect_code(0);
    assert!(!recorded.stdout.contains("invalid"), "as last seen");
    let asked = bench.run(&["list", "--health"]).expect_code(0);
    asked.stdout_has("missing");
    asked.stdout_has("disabled, invalid");
    // Whether credentials work is not what an apply records, so it is no difference of the lock file.
    let listed = bench.run(&["list", "--health", "-o", "json"]);
    let listed: Value = serde_json::from_str(&listed.stdout).expect("JSON");
    assert_eq!(listed["instances"][0]["missing"], true);
}

#[test]
fn a_secret_that_changed_on_the_platform_is_not_shown() {
    let sandbox = Sandbox::start(&[]);
    let bench = applied(&sandbox);
    let secret = json!({ "configuration": { "username": "another-invented-key" } });
    sandbox.patch(id(&bench, "desk"), &secret);
    let ran = bench.run(&["drift"]);
    assert!(!ran.all().contains("another-invented-key"), "{}", ran.all());
}

#[test]
fn another_platform_and_missing_credentials_are_refused() {
    let sandbox = Sandbox::start(&[]);
    let other = Sandbox::start(&[]);
    let mut bench = applied(&sandbox);
    bench.point_at(&other);
    let _ = bench.run(&["drift"]).expect_code(7);
    let empty = Bench::on(&sandbox);
    empty
        .run(&["drift"])
        .expect_code(1)
        .stderr_has("no lock file");
    bench.set("CONNECTORCTL_URL", "");
    let mut lock = bench.lock();
    lock["api"]["url"] = "https://attacker.example.com/elements/api-v2".into();
    bench.write("instances.lock.json", &lock.to_string());
    bench
        .run(&["drift"])
        .expect_code(8)
        .stderr_has("`api.url` names `https://attacker.example.com/elements/api-v2`");
}
