//! Two runs at once, and runs that share nothing.

use std::process::Stdio;

use super::{COUNT, bench, check, recover};
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

#[test]
fn separate_checkouts_leave_no_duplicate_unreported() {
    let sandbox = Sandbox::start(&["--fault", "POST /instances kind=list-lag for=400ms"]);
    let (one, two) = (bench(&sandbox), bench(&sandbox));
    let children: Vec<_> = [&one, &two]
        .map(|bench| {
            bench
                .command(&["apply", "--yes", "--settle", "1s"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("the binary runs")
        })
        .into_iter()
        .collect();
    for mut child in children {
        let _ = child.wait();
    }
    // Whatever the race made of it, no search begins before the lists have caught up.
    let state = || sandbox.admin("GET", "/state", None).body["instances"].clone();
    let made = state().as_array().expect("instances").len();
    recover(&one, "separate checkouts");
    while sandbox.instances().len() < made {}
    let plan = one.plan_json(&[]);
    let notes = plan["notes"].as_array().expect("notes");
    let reported = notes
        .iter()
        .filter(|note| note["code"] == "duplicate")
        .count();
    let duplicated = made - COUNT;
    assert!(
        reported * 2 >= duplicated,
        "{duplicated} duplicates: {plan}"
    );
    let _ = one
        .run(&[
            "apply",
            "--yes",
            "--prune=duplicates",
            "--max-deletes",
            "100%",
        ])
        .expect_code(0);
    check(&one, &sandbox, "pruned");
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
    assert_eq!(
        sandbox
            .call("PATCH", &format!("/instances/{id}"), Some(&renamed))
            .status,
        200
    );
    let ran = bench.run(&["lock", "verify"]).expect_code(2);
    assert!(ran.stdout.contains("k0: the name is"), "{}", ran.stdout);
}
