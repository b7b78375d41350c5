//! The lock file is lost, rolled back or pulled, and the journal is there: a queued pipeline on an older
//! commit, a reset branch, a deleted file.

use std::fs;

use super::bench_of;
use crate::support::{Bench, Ran, Sandbox};

/// No list shows a new instance.
const LAG: [&str; 2] = ["--fault", "POST /instances kind=list-lag for=1h"];

const LOCK: &str = "instances.lock.json";

/// Another key at the end of the manifest.
fn add_key(bench: &Bench, key: &str) {
    let text = bench.read("instances.yaml");
    bench.write(
        "instances.yaml",
        &format!(
            "{text}  {key}:\n    element: freshdeskv2\n    configuration:\n      subdomain: acme\n      username: ${{env:KEY}}\n"
        ),
    );
}

/// Every key of a manifest with two keys has exactly the instance that the first applies created.
fn assert_found_again(sandbox: &Sandbox, bench: &Bench, before: &str, ran: &Ran) {
    assert_eq!(sandbox.count("posts"), 2, "{}", ran.all());
    assert_eq!(bench.read(LOCK), before, "ids, tokens and fingerprints");
    bench.plan_is_empty();
}

#[test]
fn a_lock_file_lost_right_after_a_create() {
    let sandbox = Sandbox::start(&LAG);
    let bench = bench_of(&sandbox, 2);
    let _ = bench.apply();
    let before = bench.read(LOCK);
    fs::remove_file(bench.path(LOCK)).expect("removed");
    let plan = bench.plan_json(&[]);
    assert_eq!(plan["summary"]["create"], 0, "{plan}");
    let ran = bench.apply();
    // The header has new salts.
    assert_eq!(sandbox.count("posts"), 2, "{}", ran.all());
    let (then, now): (serde_json::Value, _) =
        (serde_json::from_str(&before).expect("JSON"), bench.lock());
    assert_eq!(then["instances"], now["instances"]);
    bench.plan_is_empty();
    fs::remove_file(bench.path(LOCK)).expect("removed");
    let _ = bench.apply();
    assert_eq!(sandbox.count("posts"), 2, "as often as it is lost");
}

/// Two creates, and the lock file as it was before the second; also as it was after it.
fn rolled_back_over_a_create(sandbox: &Sandbox) -> (Bench, String) {
    let bench = bench_of(sandbox, 1);
    let _ = bench.apply();
    let older = bench.read(LOCK);
    add_key(&bench, "k1");
    let _ = bench.apply();
    let before = bench.read(LOCK);
    bench.write(LOCK, &older);
    (bench, before)
}

#[test]
fn a_lock_file_rolled_back_right_after_a_create() {
    let sandbox = Sandbox::start(&LAG);
    let (bench, before) = rolled_back_over_a_create(&sandbox);
    let ran = bench.apply();
    assert_found_again(&sandbox, &bench, &before, &ran);
}

/// A rule that only compares digests forgets here: the run wrote the lock file itself.
#[test]
fn a_lock_file_rolled_back_and_written_again_by_a_run_for_another_key() {
    let sandbox = Sandbox::start(&LAG);
    let (bench, before) = rolled_back_over_a_create(&sandbox);
    bench.edit_manifest("tags: [t]", "tags: [u]");
    let _ = bench.apply_with(&["--target", "k0"]).expect_code(0);
    bench.edit_manifest("tags: [u]", "tags: [t]");
    let ran = bench.apply();
    assert_found_again(&sandbox, &bench, &before, &ran);
}

#[test]
fn a_lock_file_rolled_back_over_a_replace() {
    let sandbox = Sandbox::start(&LAG);
    let bench = bench_of(&sandbox, 1);
    let _ = bench.apply();
    let older = bench.read(LOCK);
    let _ = bench.apply_with(&["--replace", "k0"]).expect_code(0);
    bench.write(LOCK, &older);
    let ran = bench.apply();
    assert_eq!(sandbox.count("posts"), 2, "{}", ran.all());
    assert_ne!(bench.read(LOCK), older);
    bench.plan_is_empty();
}

/// The lock file says that the platform has the old secret, and the manifest declares it again.
#[test]
fn a_lock_file_rolled_back_over_a_changed_secret() {
    let sandbox = Sandbox::start(&[]);
    let mut bench = Bench::on(&sandbox).with("KEY", "invented-freshdesk-key").with_manifest(
        "version: 1\ninventory: acme\ninstances:\n  k0:\n    element: jira\n    configuration:\n      username: u\n      password: ${env:KEY}\n",
    );
    let _ = bench.apply();
    let older = bench.read(LOCK);
    bench.set("KEY", "invented-other-key");
    let _ = bench.apply();
    bench.write(LOCK, &older);
    bench.set("KEY", "invented-freshdesk-key");
    let plan = bench.plan_json(&[]);
    assert_eq!(plan["summary"]["update"], 1, "{plan}");
    let _ = bench.apply();
    bench.plan_is_empty();
}

#[test]
fn an_ordinary_pull_prints_nothing() {
    let sandbox = Sandbox::start(&LAG);
    let bench = bench_of(&sandbox, 1);
    let _ = bench.apply();
    let quiet = bench.apply();
    let requests = sandbox.count("requests");
    let _ = bench.apply();
    let usual = sandbox.count("requests") - requests;
    // Somebody else's commit: a member that this run does not change.
    let text = bench.read(LOCK);
    assert!(text.contains(r#""tags""#), "{text}");
    let pulled = text.replace(r#""onRemove": "keep""#, r#""onRemove": "delete""#);
    assert_ne!(pulled, text);
    bench.write(LOCK, &pulled);
    bench.edit_manifest(
        "    tags: [t]\n",
        "    tags: [t]\n    lifecycle: { onRemove: delete }\n",
    );
    let requests = sandbox.count("requests");
    let ran = bench.apply();
    assert_eq!(ran.all(), quiet.all());
    assert_eq!(sandbox.count("requests") - requests, usual);
}
