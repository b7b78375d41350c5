//! Fingerprints name their key: some secrets may be sent or accepted under a new one, and all are verified
//! with the previous one. A lock file of version 1 is read.

use std::fmt::Write as _;

use connectorctl::model::{InventoryName, Secret};
use connectorctl::secrets::FingerprintKey;
use serde_json::{Value, json};

use crate::support::{Bench, Sandbox};

const COUNT: usize = 50;
const ORGANIZATION: &str = "CONNECTORCTL_ORGANIZATION_SECRET";
const PREVIOUS: &str = "CONNECTORCTL_ORGANIZATION_SECRET_PREVIOUS";
const KEY: &str = "CONNECTORCTL_FINGERPRINT_KEY";
const LOCK: &str = "instances.lock.json";

/// So many instances with a masked password each, applied.
fn applied(sandbox: &Sandbox, count: usize) -> Bench {
    let mut text = "version: 1\ninventory: acme\ninstances:\n".to_owned();
    for number in 0..count {
        let _ = writeln!(
            text,
            "  k{number:02}: {{ element: jira, configuration: {{ username: u, password: '${{env:PASSWORD}}' }} }}"
        );
    }
    let bench = Bench::on(sandbox)
        .with("PASSWORD", "invented-password")
        .with_manifest(&text);
    let _ = bench.apply();
    bench
}

/// Gives the bench a new organization secret, and returns the old one.
fn rotate(sandbox: &Sandbox, bench: &mut Bench) -> String {
    let tenant = sandbox.call("GET", "/organizations/me", None).expect(200);
    let path = format!("/organizations/{}/secret", tenant["id"]);
    let rotated = sandbox.admin("POST", &path, None).expect(200);
    let secret = rotated["organizationSecret"].as_str().expect("a secret");
    bench.set(ORGANIZATION, secret);
    sandbox.organization.clone()
}

/// The fingerprint of the password of each key.
fn fingerprints(bench: &Bench) -> Vec<Value> {
    let lock = bench.lock();
    let instances = lock["instances"].as_object().expect("instances");
    let password = |entry: &Value| entry["secrets"]["password"].clone();
    instances.values().map(password).collect()
}

/// The code and the text of each note of a plan without a step.
fn notes(bench: &Bench) -> Vec<(String, String)> {
    let plan = bench.plan_json(&[]);
    assert_eq!(plan["steps"], json!([]));
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let notes = plan["notes"].as_array().expect("notes");
    notes
        .iter()
        .map(|note| (text(&note["code"]), text(&note["message"])))
        .collect()
}

fn assert_note(bench: &Bench, code: &str, start: &str) {
    let notes = notes(bench);
    let [(found, message)] = &notes[..] else {
        panic!("{notes:?}");
    };
    assert_eq!(found, code);
    assert!(message.starts_with(start), "{message}");
}

/// What came over the wire since the last call, without what only reads.
fn writes(sandbox: &Sandbox) -> Vec<String> {
    let log = sandbox.admin("GET", "/requests", None).body;
    let _ = sandbox.admin("DELETE", "/requests", None).expect(200);
    let requests = log.as_array().expect("a list");
    let line = |request: &Value| format!("{} {}", request["method"], request["path"]);
    let lines = requests.iter().map(line);
    lines.filter(|line| !line.contains("GET")).collect()
}

#[test]
fn after_a_rotation_some_secrets_are_sent_or_accepted_and_the_others_stay() {
    let sandbox = Sandbox::start(&[]);
    let mut bench = applied(&sandbox, COUNT);
    rotate(&sandbox, &mut bench);
    let before = fingerprints(&bench);
    let _ = writes(&sandbox);
    assert_note(
        &bench,
        "fingerprints-rotated",
        "50 secrets are not compared",
    );
    let _ = bench.apply();
    assert_eq!(writes(&sandbox), [""; 0]);
    assert_eq!(fingerprints(&bench), before);

    let _ = bench.apply_with(&["--resend-secrets=k00"]).expect_code(0);
    assert_eq!(writes(&sandbox).len(), 1);
    let sent = fingerprints(&bench);
    assert_ne!(sent[0]["key"], before[0]["key"]);
    assert_eq!(sent[1..], before[1..]);
    assert_note(
        &bench,
        "fingerprints-rotated",
        "49 secrets are not compared",
    );

    let accepted = bench.apply_with(&["--accept-secrets", "--target=k01"]);
    let _ = accepted.expect_code(0);
    assert_eq!(writes(&sandbox), [""; 0]);
    assert_eq!(fingerprints(&bench)[1]["key"], sent[0]["key"]);
    assert_eq!(fingerprints(&bench)[2..], before[2..]);
    assert_note(
        &bench,
        "fingerprints-rotated",
        "48 secrets are not compared",
    );
}

#[test]
fn after_a_rotation_the_previous_secret_verifies_all_and_nothing_is_sent() {
    let sandbox = Sandbox::start(&[]);
    let mut bench = applied(&sandbox, COUNT);
    let before = bench.read(LOCK);
    let old = rotate(&sandbox, &mut bench);
    bench.write("previous", &format!("{old}\n"));
    bench.set(&format!("{PREVIOUS}_FILE"), "previous");
    let _ = writes(&sandbox);
    assert_note(&bench, "fingerprints-verified", "50 secrets are unchanged");
    assert_eq!(bench.read(LOCK), before, "a plan writes nothing");
    let _ = bench.apply();
    assert_eq!(writes(&sandbox), [""; 0]);
    assert_ne!(bench.read(LOCK), before);
    assert_eq!(notes(&bench), []);

    // Done: an empty variable, as a pipeline passes it, is not set.
    bench.set(&format!("{PREVIOUS}_FILE"), "");
    bench.set(PREVIOUS, "");
    assert_eq!(notes(&bench), []);
    bench.set("PASSWORD", "another-invented-password");
    let plan = bench.plan_json(&["--target=k07"]);
    assert_eq!(plan["steps"][0]["reasons"], json!(["secret-changed"]));
}

#[test]
fn a_secret_that_changed_with_the_rotation_is_sent() {
    let sandbox = Sandbox::start(&[]);
    let mut bench = applied(&sandbox, 2);
    bench.edit_manifest(
        "k01: { element: jira, configuration: { username: u, password: '${env:PASSWORD}' } }",
        "k01: { element: jira, configuration: { username: u, password: '${env:OTHER}' } }",
    );
    bench.set("OTHER", "another-invented-password");
    let old = rotate(&sandbox, &mut bench);
    bench.set(PREVIOUS, &old);
    let plan = bench.plan_json(&[]);
    let steps = plan["steps"].as_array().expect("steps");
    assert_eq!(steps.len(), 1, "{plan}");
    assert_eq!(steps[0]["key"], "k01");
    assert_eq!(steps[0]["reasons"], json!(["secret-changed"]));
    let _ = bench.apply();
    assert_eq!(notes(&bench), []);
}

/// What the organization secret made until then is verified with it.
#[test]
fn a_fingerprint_key_takes_the_place_of_the_organization_secret() {
    let sandbox = Sandbox::start(&[]);
    let mut bench = applied(&sandbox, 2);
    bench.set(KEY, "invented-fingerprint-key");
    assert_note(&bench, "fingerprints-verified", "2 secrets are unchanged");
    let _ = bench.apply();
    let keyed = bench.read(LOCK);
    rotate(&sandbox, &mut bench);
    assert_eq!(notes(&bench), []);
    let _ = bench.apply();
    assert_eq!(
        bench.read(LOCK),
        keyed,
        "another organization secret is no matter"
    );

    bench.set(KEY, "");
    let ran = bench.run(&["plan"]).expect_code(8);
    ran.stderr_has("`CONNECTORCTL_FINGERPRINT_KEY` is empty");
    bench.unset(KEY);
    assert_note(&bench, "fingerprints-rotated", "2 secrets are not compared");
    bench.set(PREVIOUS, "invented-fingerprint-key");
    assert_note(&bench, "fingerprints-verified", "2 secrets are unchanged");
}

/// The lock file as version 1 wrote it.
fn as_version_1(bench: &Bench, organization: &str) {
    let inventory = InventoryName::new("acme").expect("a name");
    let key = FingerprintKey::derive(&Secret::new(organization), &inventory);
    let check = key.make("connectorctl").expect("random");
    let mut lock = bench.lock();
    let old = |fingerprint: &mut Value| {
        let members = fingerprint.as_object_mut().expect("a fingerprint");
        members.retain(|name, _| name != "alg" && name != "key");
    };
    old(&mut lock["api"]["user"]);
    let instances = lock["instances"].as_object_mut().expect("instances");
    for entry in instances.values_mut() {
        old(&mut entry["secrets"]["password"]);
    }
    let mut check = serde_json::to_value(check).expect("JSON");
    old(&mut check);
    lock["version"] = json!(1);
    lock["fingerprints"] = json!({ "check": check });
    let text = serde_json::to_string_pretty(&lock).expect("JSON");
    bench.write(LOCK, &text);
}

#[test]
fn version_1_is_read_and_lifted_by_the_next_apply() {
    let sandbox = Sandbox::start(&[]);
    let mut bench = applied(&sandbox, 2);
    let written = bench.read(LOCK);
    as_version_1(&bench, &sandbox.organization);
    let version_1 = bench.read(LOCK);
    assert_eq!(notes(&bench), []);
    assert_eq!(bench.read(LOCK), version_1, "a plan writes nothing");
    let _ = bench.apply();
    assert_eq!(bench.read(LOCK), written, "every fingerprint, with its key");

    bench.write(LOCK, &version_1);
    bench.set("PASSWORD", "another-invented-password");
    let plan = bench.plan_json(&[]);
    assert_eq!(plan["steps"][0]["reasons"], json!(["secret-changed"]));
    bench.set("PASSWORD", "invented-password");

    // Rotated before the upgrade, and applied without the previous secret.
    let old = rotate(&sandbox, &mut bench);
    assert_note(&bench, "fingerprints-rotated", "2 secrets are not compared");
    let _ = bench.apply();
    assert_eq!(fingerprints(&bench)[0]["key"], "unknown");
    assert_note(&bench, "fingerprints-rotated", "2 secrets are not compared");
    bench.set(PREVIOUS, &old);
    assert_note(&bench, "fingerprints-verified", "2 secrets are unchanged");
    let _ = bench.apply();
    assert_eq!(notes(&bench), []);
}

#[test]
fn a_newer_version_is_refused_with_both_numbers() {
    let sandbox = Sandbox::start(&[]);
    let bench = applied(&sandbox, 1);
    let newer = bench.read(LOCK).replace("\"version\": 2", "\"version\": 3");
    bench.write(LOCK, &newer);
    for command in [&["plan"][..], &["apply", "--yes"], &["lock", "verify"]] {
        let ran = bench.run(command).expect_code(9);
        ran.stderr_has(
            "has format version 3, but this version of connectorctl reads up to version 2",
        );
    }
}
