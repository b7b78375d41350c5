//! A secret is rotated: it is found by its fingerprint or its version, sent alone, and checked.

use std::fmt::Write as _;

use connectorctl::sandbox::Assumptions;
use serde_json::{Value, json};

use crate::support::{Bench, Sandbox};

/// This many connectors, each with a secret of its own.
fn applied(sandbox: &Sandbox, count: usize) -> Bench {
    let mut bench = Bench::on(sandbox);
    let mut text = String::from("version: 1\ninventory: acme\ninstances:\n");
    for number in 0..count {
        bench.set(
            &format!("PASSWORD_{number}"),
            &format!("invented-password-{number}"),
        );
        let _ = write!(
            text,
            "  k{number}:\n    element: jira\n    configuration: {{ username: u, password: \"${{env:PASSWORD_{number}}}\" }}\n"
        );
    }
    bench.write("instances.yaml", &text);
    let _ = bench.apply();
    bench.plan_is_empty();
    bench
}

/// Method, path and body of every request that wrote since the log was emptied.
fn written(sandbox: &Sandbox) -> Vec<(String, String, Value)> {
    let log = sandbox.admin("GET", "/requests", None).body;
    let log = log.as_array().expect("a list");
    let text = |request: &Value, member: &str| request[member].as_str().expect("text").to_owned();
    let writes = log.iter().filter(|request| request["method"] != "GET");
    writes
        .map(|it| (text(it, "method"), text(it, "path"), it["body"].clone()))
        .collect()
}

fn forget_requests(sandbox: &Sandbox) {
    let _ = sandbox.admin("DELETE", "/requests", None).expect(200);
}

fn id(bench: &Bench, key: &str) -> u64 {
    bench.lock()["instances"][key]["id"]
        .as_u64()
        .expect("an id")
}

/// One step and one request for one of many, and nothing but its secret is in it.
fn rotate_one(assumption: Option<&str>, count: usize) {
    let arguments: Vec<&str> = assumption
        .into_iter()
        .flat_map(|it| ["--assume", it])
        .collect();
    let sandbox = Sandbox::start(&arguments);
    let mut bench = applied(&sandbox, count);
    let (before, signed_in) = (bench.lock(), sandbox.count("authentications"));
    let key = format!("k{}", count - 1);
    bench.set(
        &format!("PASSWORD_{}", count - 1),
        "another-invented-password",
    );
    let plan = bench.plan_json(&[]);
    let steps = plan["steps"].as_array().expect("steps");
    assert_eq!(steps.len(), 1, "{assumption:?}: {plan}");
    assert_eq!(steps[0]["key"], key.as_str());
    assert_eq!(steps[0]["reasons"], json!(["secret-changed"]));
    assert_eq!(
        steps[0]["changes"],
        json!([{ "path": "configuration.password", "secret": true }])
    );
    forget_requests(&sandbox);
    let _ = bench.apply_unverified();
    let sent = written(&sandbox);
    assert_eq!(sent.len(), 1, "{assumption:?}: {sent:?}");
    let (method, path, body) = &sent[0];
    assert_eq!(method, "PATCH");
    assert!(
        path.ends_with(&format!("/instances/{}", id(&bench, &key))),
        "{path}"
    );
    assert_eq!(
        *body,
        json!({ "configuration": { "password": "[redacted]" } })
    );
    let again = u64::from(assumption != Some("q9=ignore"));
    assert_eq!(
        sandbox.count("authentications"),
        signed_in + again,
        "{assumption:?}"
    );
    bench.plan_is_empty();
    let mut after = bench.lock();
    after["instances"][&key]["secrets"] = before["instances"][&key]["secrets"].clone();
    assert_eq!(after, before, "{assumption:?}: nothing else changes");
}

#[test]
fn of_fifty_connectors_one_is_sent_alone() {
    rotate_one(None, 50);
}

#[test]
fn under_the_opposite_answer_to_every_question() {
    for (question, _, answers) in Assumptions::QUESTIONS {
        for answer in &answers[1..] {
            rotate_one(Some(&format!("{question}={answer}")), 3);
        }
    }
}

#[test]
fn a_version_that_changes_is_a_rotation_too() {
    let sandbox = Sandbox::start(&[]);
    let bench = Bench::on(&sandbox)
        .with("PASSWORD", "invented-password")
        .with_manifest(
            "version: 1\ninventory: acme\ninstances:\n  a:\n    element: jira\n    configuration: { username: u, password: \"${env:PASSWORD}\" }\n    secretVersions: { password: \"1\" }\n",
        );
    let _ = bench.apply();
    bench.edit_manifest("password: \"1\"", "password: \"2\"");
    forget_requests(&sandbox);
    let _ = bench.apply();
    assert_eq!(written(&sandbox).len(), 1);
    bench.plan_is_empty();
}

/// The vendor rejects the new value: the run fails for that key, and the others are rotated.
#[test]
fn a_value_that_the_vendor_rejects_fails_for_its_key_only() {
    let sandbox = Sandbox::start(&[]);
    let mut bench = applied(&sandbox, 3);
    bench.set("PASSWORD_0", "another-invented-password");
    bench.set("PASSWORD_1", "invalid-password");
    let ran = bench
        .apply_with(&["--report", "report.json"])
        .expect_code(3);
    ran.stdout_has("the instance is valid with what the platform holds");
    assert!(!ran.all().contains("invalid-password"), "{}", ran.all());
    let report = bench.read_json("report.json");
    let outcome = |number: usize| report["outcomes"][number]["outcome"].clone();
    assert_eq!([outcome(0), outcome(1)], ["applied", "failed"], "{report}");
    // Nobody knows what the platform holds of it, so any value is sent.
    bench.set("PASSWORD_1", "invented-password-1");
    let plan = bench.plan_json(&[]);
    assert_eq!(plan["summary"]["update"], 1, "{plan}");
    let _ = bench.apply();
    bench.plan_is_empty();
}

/// The platform takes the new value, and says afterwards that the credentials do not work.
#[test]
fn a_value_that_makes_the_instance_invalid_fails_for_its_key_only() {
    let sandbox = Sandbox::start(&["--assume", "q9=ignore"]);
    let mut bench = applied(&sandbox, 2);
    let invalid = json!({ "valid": false });
    let path = format!("/instances/{}", id(&bench, "k1"));
    let _ = sandbox.admin("PATCH", &path, Some(&invalid)).expect(200);
    bench.set("PASSWORD_0", "another-invented-password");
    bench.set("PASSWORD_1", "invalid-password");
    let ran = bench.apply_with(&[]).expect_code(3);
    ran.stdout_has("the platform holds the new `password`");
    ran.stdout_has("1 applied, 1 failed");
    let plan = bench.plan_json(&[]);
    assert_eq!(
        plan["steps"],
        json!([]),
        "what was sent is not sent again: {plan}"
    );
    assert_eq!(plan["notes"][0]["code"], "invalid", "{plan}");
    // A good value makes the platform sign in, although its PATCH does not.
    bench.set("PASSWORD_1", "invented-password-1");
    let signed_in = sandbox.count("authentications");
    forget_requests(&sandbox);
    let _ = bench.apply();
    assert_eq!(sandbox.count("authentications"), signed_in + 1);
    let sent = written(&sandbox);
    assert_eq!(sent.len(), 2, "{sent:?}");
    assert_eq!(sent[1].0, "PUT");
    let members: Vec<&String> = sent[1].2.as_object().expect("an object").keys().collect();
    assert_eq!(
        members,
        ["name", "tags"],
        "no configuration, which a PUT may replace"
    );
    let seen = sandbox.call("GET", &path, None).expect(200);
    assert_eq!(seen["valid"], true);
    bench.plan_is_empty();
}
