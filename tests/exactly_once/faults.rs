//! Every kind of fault at every position, followed by recovery.

use super::matrix::{self, KINDS};
use super::{COUNT, bench, bench_of, check, check_of, recover};
use crate::support::{Bench, Sandbox};

#[test]
fn every_fault_of_a_create_at_every_position() {
    let cases = KINDS
        .into_iter()
        .flat_map(|kind| (0..COUNT).map(move |skip| (kind, skip)));
    matrix::each(cases, |(kind, skip)| {
        let sandbox = matrix::sandbox(kind, skip);
        let bench = bench(&sandbox);
        let what = format!("{kind} at create {skip}");
        let ran = bench.apply_with(&["--settle", "1s", "--parallelism", "1"]);
        assert!(matches!(ran.code, 0 | 1 | 3 | 4), "{what}: {}", ran.all());
        assert!(matrix::is_met(&sandbox, skip), "{what}: {}", ran.all());
        recover(&bench, &what);
        check(&bench, &sandbox, &what);
    });
}

/// Once a whole window has shown that nothing was created, the same run creates it.
#[test]
fn what_a_window_proved_absent_is_created_by_the_same_run() {
    for kind in [
        "kind=status status=500",
        "kind=cut-before-commit",
        "kind=html",
    ] {
        let sandbox = matrix::sandbox(kind, 1);
        let bench = bench(&sandbox);
        let ran = bench.apply_with(&["--settle", "1s"]);
        assert_eq!(ran.code, 0, "{kind}: {}", ran.all());
        ran.stderr_has("checking whether");
        check(&bench, &sandbox, kind);
    }
}

#[test]
fn a_create_that_keeps_failing_says_why_and_how_often_it_was_sent() {
    let fault = "POST /instances kind=status status=500 count=99";
    let sandbox = Sandbox::start(&["--fault", fault]);
    let bench = bench(&sandbox);
    let ran = bench.apply_with(&["--settle", "0s"]).expect_code(1);
    ran.stdout_has("injected fault");
    ran.stdout_has("nothing was created after 2 attempts");
    assert_eq!(sandbox.count("posts"), 2 * COUNT as u64);
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
    let _ = bench.apply_with(&["--settle", "3s"]).expect_code(0);
    check(&bench, &sandbox, "a lagging list");
}

/// A platform that rate limits every request for a while, in the middle of thirty creates.
#[test]
fn storms_of_429_create_everything_once() {
    const MANY: usize = 30;
    /// `--parallelism`: how many requests can be rejected when the storm begins.
    const AT_ONCE: u64 = 10;
    let apply = |storm: &[&str]| {
        let sandbox = Sandbox::start(storm);
        let bench = bench_of(&sandbox, MANY);
        let ran = bench.apply();
        // No outcome was unknown, so there was nothing to search for.
        ran.stderr_lacks("checking whether");
        let counts = (sandbox.count("requests"), sandbox.count("posts"));
        check_of(&bench, &sandbox, &storm.concat(), MANY);
        counts
    };
    let (least, _) = apply(&[]);
    for (retry_after, more) in [
        // A `Retry-After` holds for all: one request follows each pause, for three seconds. Dates have
        // no fractions of a second.
        ("retry-after=2", 2),
        ("retry-after=date:2", 3),
        // All requests share one pause: 0.25 s, 0.5 s, 1 s and 2 s take more than three seconds.
        ("", 4),
    ] {
        let storm = format!("* * kind=too-many skip=12 for=3s {retry_after}");
        let (sent, posts) = apply(&["--fault", &storm]);
        let most = least + AT_ONCE + more;
        println!(
            "{storm}: {sent} requests, {posts} of them creates; {least} without a storm, at most {most}"
        );
        assert!(sent > least, "{storm}: there was no storm");
        assert!(sent <= most, "{storm}: {sent} requests, at most {most}");
    }
}

/// The disk fills up during a run: nothing is sent that cannot be recorded, what was sent is reported, and
/// the next run continues.
#[cfg(unix)]
#[test]
fn a_full_disk_ends_the_run_and_loses_nothing() {
    const MANY: usize = 30;
    let sandbox = Sandbox::start(&[]);
    let bench = bench_of(&sandbox, MANY);
    let ran = bench.run_with_small_files(&["apply", "--yes", "-o", "json"]);
    assert!(matches!(ran.code, 3 | 4), "{}", ran.all());
    ran.stderr_has("in the journal beside the lock file");
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).expect("a report");
    let outcomes = report["outcomes"].as_array().expect("outcomes");
    let exist = outcomes.iter().filter(|outcome| outcome["id"].is_u64());
    assert_eq!(exist.count(), sandbox.instances().len(), "{report}");
    let _ = bench.apply();
    assert_eq!(sandbox.count("posts"), MANY as u64);
    check_of(&bench, &sandbox, "a full disk", MANY);
}

/// The vendor rejected the create but an instance exists; its secrets are sent again.
#[test]
fn an_instance_created_despite_a_rejection_is_adopted_and_repaired() {
    let fault = "POST /instances kind=invalid-after-commit count=1";
    let sandbox = Sandbox::start(&["--fault", fault]);
    let bench = bench(&sandbox);
    let _ = bench.apply_with(&["--settle", "1s"]);
    recover(&bench, fault);
    let valid = |instance: &serde_json::Value| instance["valid"] == true;
    let instances = sandbox.instances();
    assert!(instances.iter().all(valid), "{instances:?}");
    check(&bench, &sandbox, fault);
}

/// Three instances and a manifest that updates one, replaces one and disables one.
fn before_three_changes(sandbox: &Sandbox) -> Bench {
    let bench = bench(sandbox);
    let _ = bench.apply();
    let text = bench.read("instances.yaml");
    let text = text
        .replacen("subdomain: acme", "subdomain: other", 1)
        .replace(
            "  k1:\n    element: freshdeskv2",
            "  k1:\n    element: closeio",
        )
        .replace("  k2:\n", "  k2:\n    enabled: false\n");
    bench.write("instances.yaml", &text);
    bench
}

/// How many requests of each method an apply of those changes sends when nothing is wrong.
fn requests_of_three_changes() -> Vec<(&'static str, usize)> {
    let methods = ["GET *", "PATCH *", "POST *", "DELETE *"];
    let sandbox = Sandbox::start(&[]);
    let bench = before_three_changes(&sandbox);
    let counting = methods.map(|method| format!("{method} kind=delay count=0"));
    sandbox.set_faults(&counting);
    // The requests of the apply alone are counted.
    let _ = bench.apply_unverified();
    let counts = matrix::met(&sandbox);
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
    methods.into_iter().zip(counts).collect()
}

/// Each request of an update, a replace and a disable meets each fault.
#[test]
fn every_fault_at_every_request_of_an_update_a_replace_and_a_disable() {
    let requests = requests_of_three_changes();
    let cases = KINDS.into_iter().flat_map(|kind| {
        let requests = requests.iter();
        requests.flat_map(move |(request, many)| (0..*many).map(move |skip| (*request, kind, skip)))
    });
    matrix::each(cases, |(request, kind, skip)| {
        let sandbox = Sandbox::start(&[]);
        let bench = before_three_changes(&sandbox);
        let faults = matrix::faults(request, kind, skip);
        sandbox.set_faults(&faults);
        let what = faults.join(", ");
        let ran = bench.apply_with(&["--settle", "1s", "--parallelism", "1"]);
        assert!((0..=4).contains(&ran.code), "{what}: {}", ran.all());
        assert!(matrix::is_met(&sandbox, skip), "{what}: {}", ran.all());
        recover(&bench, &what);
        check(&bench, &sandbox, &what);
    });
}

/// Requests that are safe to repeat are repeated within one run until they succeed.
#[test]
fn updates_and_reads_are_repeated_until_they_succeed() {
    for fault in [
        "PATCH * kind=cut-after-commit count=2",
        "PATCH * kind=status status=503 count=2",
        "GET * kind=html count=2",
        "GET * kind=cut-mid-body count=2",
    ] {
        let sandbox = Sandbox::start(&[]);
        let bench = bench(&sandbox);
        let _ = bench.apply();
        bench.edit_manifest("subdomain: acme", "subdomain: other");
        sandbox.set_faults(&[fault]);
        let _ = bench.apply_with(&["--settle", "1s"]).expect_code(0);
        check(&bench, &sandbox, fault);
    }
}
