//! A platform that keeps another value than it was sent, or the one from before.

use serde_json::{Value, json};

use crate::support::{Bench, Ran, Sandbox};

const MANIFEST: &str = "\
version: 1
inventory: acme
instances:
  k:
    element: freshdeskv2
    name: Freshdesk EU
    configuration:
      subdomain: ACME/
      username: ${env:KEY}
";

/// All names and values are stored trimmed, in lower case and without a slash at the end.
const REWRITTEN: &str = "* * kind=rewritten";

fn bench(sandbox: &Sandbox) -> Bench {
    Bench::on(sandbox)
        .with("KEY", "invented-key")
        .with_manifest(MANIFEST)
}

/// The notes of a plan without steps.
fn notes(bench: &Bench) -> Vec<String> {
    let plan = bench.plan_json(&[]);
    assert_eq!(plan["steps"], json!([]), "{plan}");
    let notes = plan["notes"].as_array().expect("notes").iter();
    let rewritten = notes.filter(|note| note["code"] == "rewritten");
    let text = |note: &Value| note["message"].as_str().expect("a text").to_owned();
    rewritten.map(text).collect()
}

fn did_not_apply(ran: &Ran, code: i32) {
    assert_eq!(ran.code, code, "{}", ran.all());
    ran.stdout_has("did not apply `configuration.subdomain`");
    ran.stdout_has("ignoreChanges");
}

#[test]
fn a_value_that_the_platform_rewrites_is_sent_once() {
    for more in [&[][..], &["* * kind=change-lag for=1h"]] {
        let sandbox = Sandbox::start(&[]);
        sandbox.set_faults(&[&[REWRITTEN], more].concat());
        let bench = bench(&sandbox);
        let _ = bench.apply();
        let noted = notes(&bench);
        assert_eq!(noted.len(), 2, "{noted:?}");
        assert!(noted[0].contains("`configuration.subdomain`"), "{noted:?}");
        assert!(noted[0].contains("`acme`"), "{noted:?}");
        assert!(noted[0].contains("`ignoreChanges`"), "{noted:?}");
        assert!(noted[1].contains("`freshdesk eu`"), "{noted:?}");
        let _ = bench.run(&["lock", "verify"]).expect_code(0);

        // Another value is sent, and kept in another spelling too.
        bench.edit_manifest("ACME/", "Other");
        let _ = bench.apply();
        assert!(notes(&bench)[0].contains("`other`"));
        let _ = bench.run(&["lock", "verify"]).expect_code(0);
        // What nobody declares any more is not noted.
        bench.edit_manifest("Other", "other");
        let _ = bench.apply();
        assert_eq!(notes(&bench).len(), 1);
    }
}

#[test]
fn a_value_that_neither_was_sent_nor_is_kept_is_drift() {
    let sandbox = Sandbox::start(&["--fault", REWRITTEN]);
    let bench = bench(&sandbox);
    let _ = bench.apply();
    let id = sandbox.instances()[0]["id"].as_u64().expect("an id");
    sandbox.patch(id, &json!({"configuration": {"subdomain": "theirs"}}));
    let plan = bench.plan_json(&[]);
    assert_eq!(plan["steps"][0]["reasons"], json!(["drifted"]), "{plan}");
    let _ = bench.run(&["lock", "verify"]).expect_code(2);
    let _ = bench.apply();
    assert_eq!(notes(&bench).len(), 2);
}

/// Its response was lost, and the instance is found: the values are those that were sent.
#[test]
fn a_create_that_is_found_is_compared_too() {
    let sandbox = Sandbox::start(&[]);
    sandbox.set_faults(&[REWRITTEN, "POST /instances kind=cut-after-commit count=1"]);
    let bench = bench(&sandbox);
    let _ = bench.apply_with(&["--settle", "1s"]).expect_code(0);
    assert_eq!(notes(&bench).len(), 2);
}

#[test]
fn a_change_that_is_not_applied_fails() {
    let sandbox = Sandbox::start(&[]);
    let bench = bench(&sandbox);
    let _ = bench.apply();
    bench.edit_manifest("ACME/", "other");
    sandbox.set_faults(&["PATCH * kind=ignored count=1"]);
    let ran = bench.apply_with(&[]);
    did_not_apply(&ran, 1);
    ran.stdout_has("`ACME/`");
    // The next apply sends it again.
    let plan = bench.plan_json(&[]);
    let reasons = &plan["steps"][0]["reasons"];
    assert_eq!(*reasons, json!(["configuration-changed"]), "{plan}");
    let _ = bench.apply();
    bench.plan_is_empty();
    // Something else was applied.
    bench.edit_manifest("subdomain: other", "subdomain: third");
    bench.edit_manifest("    name:", "    tags: [t]\n    name:");
    sandbox.set_faults(&["PATCH * kind=ignored count=1"]);
    did_not_apply(&bench.apply_with(&[]), 3);
}

/// A secret that the platform shows in clear is compared by a fingerprint.
#[test]
fn a_secret_that_is_rewritten_is_kept_as_a_fingerprint() {
    const VALUE: &str = "Invented-Subdomain/";
    let sandbox = Sandbox::start(&["--fault", REWRITTEN]);
    let bench = bench(&sandbox).with("SUBDOMAIN", VALUE);
    bench.edit_manifest("ACME/", "${env:SUBDOMAIN}");
    let _ = bench.apply();
    let noted = notes(&bench);
    assert_eq!(noted.len(), 2, "{noted:?}");
    assert!(noted[0].contains("`configuration.subdomain`"), "{noted:?}");
    let lock = bench.read("instances.lock.json");
    for text in [&lock, &noted.concat()] {
        assert!(
            !text.to_lowercase().contains("invented-subdomain"),
            "{text}"
        );
    }
    let _ = bench.run(&["lock", "verify"]).expect_code(0);
    // Another value there is drift.
    let id = sandbox.instances()[0]["id"].as_u64().expect("an id");
    sandbox.patch(id, &json!({"configuration": {"subdomain": "theirs"}}));
    let plan = bench.plan_json(&[]);
    assert_eq!(plan["steps"][0]["reasons"], json!(["drifted"]), "{plan}");
}

/// The fingerprint of what is kept is made anew too, so that the secret is not sent again once the
/// previous key is gone.
#[test]
fn a_secret_that_is_rewritten_survives_a_rotation() {
    let sandbox = Sandbox::start(&["--fault", REWRITTEN]);
    let mut bench = bench(&sandbox).with("SUBDOMAIN", "Invented-Subdomain/");
    bench.set("CONNECTORCTL_FINGERPRINT_KEY", "invented-first-key");
    bench.edit_manifest("ACME/", "${env:SUBDOMAIN}");
    let _ = bench.apply();
    bench.set("CONNECTORCTL_FINGERPRINT_KEY", "invented-second-key");
    bench.set(
        "CONNECTORCTL_ORGANIZATION_SECRET_PREVIOUS",
        "invented-first-key",
    );
    assert_eq!(notes(&bench).len(), 2);
    let _ = bench.apply();
    bench.set("CONNECTORCTL_ORGANIZATION_SECRET_PREVIOUS", "");
    assert_eq!(notes(&bench).len(), 2);
    let _ = bench.run(&["lock", "verify"]).expect_code(0);
}
