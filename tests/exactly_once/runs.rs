//! Two runs at once, and runs that share nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;

use serde_json::Value;

use super::{COUNT, bench, by_marker, check};
use crate::support::Sandbox;

#[test]
fn of_two_applies_one_waits_or_is_told_who_holds_the_lock() {
    let sandbox = Sandbox::start(&["--latency", "100ms"]);
    let bench = bench(&sandbox);
    let start = |more: &[&str]| {
        bench
            .command(&[&["apply", "--yes"], more].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs")
    };
    let children = [start(&[]), start(&[]), start(&["--lock-timeout", "60s"])];
    let mut codes = Vec::new();
    for child in children {
        let output = child.wait_with_output().expect("its end");
        let code = output.status.code().unwrap_or(-1);
        if code == 6 {
            let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(
                stderr.contains("process") && stderr.contains("--lock-timeout"),
                "{stderr}"
            );
        }
        codes.push(code);
    }
    assert!(codes.iter().all(|code| matches!(code, 0 | 6)), "{codes:?}");
    assert_eq!(codes[2], 0, "the one that waits gets its turn");
    check(&bench, &sandbox, "two at once");
}

/// The ids of live instances by the marker they carry.
fn ids_by_marker(sandbox: &Sandbox) -> BTreeMap<String, BTreeSet<u64>> {
    let ids = |instances: Vec<Value>| {
        let ids = instances
            .iter()
            .map(|instance| instance["id"].as_u64().expect("an id"));
        ids.collect()
    };
    let by_marker = by_marker(sandbox.instances()).into_iter();
    by_marker
        .map(|(marker, found)| (marker, ids(found)))
        .collect()
}

#[test]
fn separate_checkouts_leave_no_duplicate_unreported() {
    // Neither sees what the other makes.
    let sandbox = Sandbox::start(&["--fault", "POST /instances kind=list-lag for=4s"]);
    let checkouts = [bench(&sandbox), bench(&sandbox)];
    let children = [0, 1].map(|number| checkouts[number].spawn(&["apply", "--yes"]));
    for mut child in children {
        assert_eq!(child.wait().expect("its end").code(), Some(0));
    }
    assert_eq!(sandbox.count("posts"), 2 * COUNT as u64, "a race");
    // The next plan of either, once the lists have caught up.
    while sandbox.instances().len() < 2 * COUNT {}
    let all = ids_by_marker(&sandbox);
    assert_eq!(all.len(), COUNT);
    for checkout in &checkouts {
        let lock = checkout.lock();
        let plan = checkout.plan_json(&[]);
        assert_eq!(plan["steps"].as_array().map(Vec::len), Some(0), "{plan}");
        let notes = plan["notes"].as_array().expect("notes");
        let duplicates: Vec<_> = notes
            .iter()
            .filter(|note| note["code"] == "duplicate")
            .collect();
        assert_eq!(duplicates.len(), COUNT, "{plan}");
        for (number, ids) in all.values().enumerate() {
            let key = format!("k{number}");
            let kept = lock["instances"][&key]["id"].as_u64().expect("an id");
            let other = ids.iter().find(|id| **id != kept).expect("another one");
            let note = duplicates.iter().find(|note| note["key"] == *key);
            let message = note.expect("its note")["message"].to_string();
            assert!(message.contains(&other.to_string()), "{other}: {message}");
            assert!(message.contains("--prune=duplicates"), "{message}");
        }
    }
    // Duplicates are deleted only on request, and only those that the lock file does not record.
    let [one, two] = &checkouts;
    let _ = one.apply_unverified();
    assert_eq!(ids_by_marker(&sandbox), all);
    let prune = [
        "apply",
        "--yes",
        "--prune=duplicates",
        "--max-deletes",
        "100%",
    ];
    let _ = one.run(&prune).expect_code(0);
    check(one, &sandbox, "pruned");
    // The instances that the other checkout recorded are gone. Their successors carry our markers, so it
    // adopts them, and no guard takes them for missing.
    two.apply().stdout_has("Apply: 3 applied.\n");
    check(two, &sandbox, "the other checkout");
}

#[test]
fn a_fresh_clone_adopts_everything_with_its_token() {
    let sandbox = Sandbox::start(&[]);
    let first = bench(&sandbox);
    let _ = first.apply();
    let second = bench(&sandbox);
    let _ = second.apply();
    check(&second, &sandbox, "a fresh clone");
    assert_eq!(sandbox.instances().len(), COUNT);
}

#[test]
fn rebuild_and_verify_agree_with_the_platform() {
    let sandbox = Sandbox::start(&[]);
    let bench = bench(&sandbox);
    let _ = bench.apply();
    let _ = bench.run(&["lock", "verify"]).expect_code(0);
    let before = bench.lock();
    std::fs::remove_file(bench.path("instances.lock.json")).expect("removed");
    let _ = bench.run(&["lock", "verify"]).expect_code(1);
    let _ = bench.run(&["lock", "rebuild"]).expect_code(8);
    let _ = bench.run(&["lock", "rebuild", "--yes"]).expect_code(0);
    let _ = bench.run(&["lock", "verify"]).expect_code(0);
    let after = bench.lock();
    for number in 0..COUNT {
        let key = format!("k{number}");
        for part in ["id", "token", "name", "configuration", "tags"] {
            assert_eq!(
                before["instances"][&key][part],
                after["instances"][&key][part]
            );
        }
        assert!(after["instances"][&key]["secrets"]["username"].is_null());
    }
    let id = after["instances"]["k0"]["id"].as_u64().expect("an id");
    let renamed = serde_json::json!({"name": "elsewhere"});
    sandbox.patch(id, &renamed);
    let ran = bench.run(&["lock", "verify"]).expect_code(2);
    ran.stdout_has("k0: name differs");
}
