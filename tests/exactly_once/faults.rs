//! Every kind of fault at every position, followed by recovery.

use super::{COUNT, bench, check, recover};
use crate::support::Sandbox;

pub(super) const KINDS: [&str; 15] = [
    "kind=status status=500",
    "kind=status status=503",
    "kind=status status=400",
    "kind=status status=403",
    "kind=status-after-commit status=500",
    "kind=status-after-commit status=503",
    "kind=vendor-400",
    "kind=vendor-409",
    "kind=vendor-429",
    "kind=invalid-after-commit",
    "kind=cut-before-commit",
    "kind=cut-after-commit",
    "kind=cut-mid-body",
    "kind=html",
    "kind=html-after-commit",
];

#[test]
fn every_fault_of_a_create_at_every_position() {
    for kind in KINDS {
        for skip in 0..COUNT {
            let fault = format!("POST /instances {kind} skip={skip} count=1");
            let sandbox = Sandbox::start(&["--fault", &fault]);
            let bench = bench(&sandbox);
            let ran = bench.run(&["apply", "--yes", "--settle", "1s", "--parallelism", "1"]);
            assert!(matches!(ran.code, 0 | 1 | 3 | 4), "{fault}: {}", ran.all());
            recover(&bench, &fault);
            check(&bench, &sandbox, &fault);
        }
    }
}

#[test]
fn a_list_that_lags_is_waited_for() {
    let sandbox = Sandbox::start(&[
        "--fault",
        "POST /instances kind=list-lag for=700ms",
        "--fault",
        "POST /instances kind=cut-after-commit count=2",
    ]);
    let bench = bench(&sandbox);
    let _ = bench
        .run(&["apply", "--yes", "--settle", "3s"])
        .expect_code(0);
    check(&bench, &sandbox, "a lagging list");
}

#[test]
fn storms_of_429_create_everything_once() {
    let requests = |sandbox: &Sandbox| {
        let state = sandbox.admin("GET", "/state", None).body;
        state["counters"]["requests"].as_u64().expect("a count")
    };
    let calm = Sandbox::start(&[]);
    let _ = bench(&calm).apply();
    let least = requests(&calm);
    for more in ["", "retry-after=2", "retry-after=date:2"] {
        let fault = format!("POST /instances kind=too-many count=5 {more}");
        let sandbox = Sandbox::start(&["--fault", &fault]);
        let bench = bench(&sandbox);
        let _ = bench
            .run(&["apply", "--yes", "--settle", "1s"])
            .expect_code(0);
        let sent = requests(&sandbox);
        assert!(
            sent <= least + 5,
            "{fault}: {sent} requests, at least {least}"
        );
        check(&bench, &sandbox, &fault);
        let state = sandbox.admin("GET", "/state", None).body;
        let posts = state["counters"]["posts"].as_u64().expect("a count");
        // Each of the five refusals costs one request, and nothing else is repeated.
        assert!(posts == 5 + COUNT as u64, "{fault}: {posts} posts");
    }
}

/// The vendor refused, and an instance is there all the same: its secrets are sent once more.
#[test]
fn an_instance_that_was_made_but_refused_is_taken_in_and_repaired() {
    let fault = "POST /instances kind=invalid-after-commit count=1";
    let sandbox = Sandbox::start(&["--fault", fault]);
    let bench = bench(&sandbox);
    let _ = bench.run(&["apply", "--yes", "--settle", "1s"]);
    recover(&bench, fault);
    let valid = |instance: &serde_json::Value| instance["valid"] == true;
    let instances = sandbox.instances();
    assert!(instances.iter().all(valid), "{instances:?}");
    check(&bench, &sandbox, fault);
}

#[test]
fn updates_deletes_and_switches_are_repeated_until_they_hold() {
    for fault in [
        "PATCH * kind=cut-after-commit count=2",
        "PATCH * kind=status status=503 count=2",
        "GET * kind=html count=2",
        "GET * kind=cut-mid-body count=2",
    ] {
        let sandbox = Sandbox::start(&[]);
        let bench = bench(&sandbox);
        let _ = bench.apply();
        let text = bench
            .read("instances.yaml")
            .replace("subdomain: acme", "subdomain: other");
        bench.write("instances.yaml", &text);
        let body = serde_json::json!([fault]);
        assert_eq!(sandbox.admin("PUT", "/faults", Some(&body)).status, 200);
        let _ = bench
            .run(&["apply", "--yes", "--settle", "1s"])
            .expect_code(0);
        check(&bench, &sandbox, fault);
    }
}
