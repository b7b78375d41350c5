//! SIGTERM drains, SIGKILL follows, and the next run knows what to do.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command};
use std::time::Duration;

use proptest::collection::vec;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngSeed, TestRunner};

use super::{bench, bench_of, check, check_of, matrix};
use crate::support::{Bench, Sandbox};

fn start(bench: &Bench) -> Child {
    bench.spawn(&[
        "apply",
        "--yes",
        "--parallelism",
        "1",
        "--report",
        "report.json",
    ])
}

/// Waits until a `POST` has reached the platform.
fn wait_for_a_post(sandbox: &Sandbox) {
    while sandbox.count("posts") == 0 {}
}

fn send(signal: &str, child: &Child) {
    let status = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status()
        .expect("kill runs");
    assert!(status.success());
}

#[test]
fn the_first_signal_finishes_and_records_what_is_in_flight() {
    for signal in ["-TERM", "-INT"] {
        let sandbox = Sandbox::start(&["--fault", "POST /instances kind=delay for=1s count=9"]);
        let bench = bench(&sandbox);
        let mut child = start(&bench);
        wait_for_a_post(&sandbox);
        send(signal, &child);
        let status = child.wait().expect("its end");
        assert_eq!(status.code(), Some(130), "{signal}");
        let lock = bench.lock();
        let recorded = lock["instances"].as_object().expect("instances").len();
        assert_eq!(
            recorded,
            sandbox.instances().len(),
            "every response is recorded"
        );
        assert_eq!(recorded, 1, "nothing new was started");
        let report = bench.read_json("report.json");
        assert_eq!(report["interrupted"], true);
        let outcomes = report["outcomes"].as_array().expect("outcomes");
        assert_eq!(
            outcomes
                .iter()
                .filter(|row| row["outcome"] == "skipped")
                .count(),
            2
        );
        let _ = sandbox.admin("DELETE", "/faults", None);
        let _ = bench.apply();
        check(&bench, &sandbox, signal);
    }
}

#[test]
fn the_second_signal_stops_at_once_and_the_next_run_settles() {
    let sandbox = Sandbox::start(&["--fault", "POST /instances kind=delay for=30s count=1"]);
    let bench = bench(&sandbox);
    let mut child = start(&bench);
    let mut lines = BufReader::new(child.stderr.take().expect("its stderr")).lines();
    wait_for_a_post(&sandbox);
    send("-TERM", &child);
    // The second signal counts only after the first was handled.
    while let Some(Ok(line)) = lines.next() {
        if line.starts_with("Stopping") {
            break;
        }
    }
    send("-TERM", &child);
    assert_eq!(child.wait().expect("its end").code(), Some(4));
    let report = bench.read_json("report.json");
    assert_eq!(report["interrupted"], true);
    assert_eq!(report["outcomes"][0]["outcome"], "unknown", "{report}");
    let ran = bench.apply_with(&["--settle", "3s"]).expect_code(0);
    ran.stderr_lacks("panicked");
    check(&bench, &sandbox, "stopped twice");
}

/// A signal ends a run that waits for a rate limit.
#[test]
fn a_signal_ends_the_wait_for_a_rate_limit() {
    let sandbox = Sandbox::start(&["--fault", "POST * kind=too-many retry-after=100 for=1h"]);
    let bench = bench(&sandbox);
    let mut child = start(&bench);
    wait_for_a_post(&sandbox);
    send("-TERM", &child);
    assert_eq!(child.wait().expect("its end").code(), Some(130));
    assert_eq!(
        sandbox.count("posts"),
        1,
        "nothing is sent during the pause"
    );
    let _ = sandbox.admin("DELETE", "/faults", None);
    // No outcome is unknown: a rate limited create has no effect.
    let ran = bench.apply();
    ran.stderr_lacks("checking whether");
    check(&bench, &sandbox, "stopped in a storm");
}

#[test]
fn a_rate_limit_past_the_deadline_ends_the_run() {
    let sandbox = Sandbox::start(&["--fault", "POST * kind=too-many retry-after=100 for=1h"]);
    let bench = bench(&sandbox);
    let ran = bench.apply_with(&["--deadline", "50s"]).expect_code(1);
    ran.stdout_has("Too many requests");
    ran.stdout_has("rate limited past the deadline");
    assert_eq!(
        sandbox.count("posts"),
        1,
        "nothing is sent during the pause"
    );
}

#[test]
fn a_signal_before_anything_is_sent_ends_with_nothing_changed() {
    let sandbox = Sandbox::start(&["--fault", "GET /instances kind=delay for=1h"]);
    let bench = bench(&sandbox);
    let mut child = start(&bench);
    let seen = || sandbox.admin("GET", "/faults", None).body[0]["matched"] == 1;
    while !seen() {}
    send("-TERM", &child);
    assert_eq!(child.wait().expect("its end").code(), Some(130));
    let report = bench.read_json("report.json");
    assert_eq!(report["interrupted"], true);
    assert_eq!(sandbox.instances().len(), 0);
    let _ = bench.apply();
    check(&bench, &sandbox, "stopped early");
}

#[test]
fn a_post_that_is_held_and_killed_ends_with_one_instance() {
    let sandbox = Sandbox::start(&["--fault", "POST /instances kind=cut-before-commit count=1"]);
    let bench = bench(&sandbox);
    // Nothing was committed, but the run cannot know that, so it waits.
    let mut child = start(&bench);
    wait_for_a_post(&sandbox);
    send("-TERM", &child);
    send("-KILL", &child);
    let _ = child.wait();
    let plan = bench.plan_json(&[]);
    assert!(plan["notes"].to_string().contains("unsettled"), "{plan}");
    let ran = bench.apply_with(&["--settle", "2s"]).expect_code(0);
    ran.stderr_has("an earlier run was interrupted");
    ran.stderr_has("Waiting up to");
    check(&bench, &sandbox, "held and killed");
}

/// As CI systems stop a job: SIGTERM, and SIGKILL some eight seconds later. The pause is the history
/// itself, and what the platform holds for 30 s is in no list when the next run begins.
#[test]
fn a_post_held_for_half_a_minute_and_stopped_as_ci_systems_do() {
    let sandbox = Sandbox::start(&[
        "--fault",
        "POST /instances kind=list-lag for=20s count=1",
        "--fault",
        "POST /instances kind=delay for=30s count=1",
    ]);
    let bench = bench(&sandbox);
    let mut child = start(&bench);
    wait_for_a_post(&sandbox);
    send("-TERM", &child);
    std::thread::sleep(Duration::from_secs(8));
    send("-KILL", &child);
    let _ = child.wait();
    let ran = bench.apply_with(&["--settle", "60s"]).expect_code(0);
    for words in [
        "an earlier run was interrupted",
        "Waiting up to",
        "stopping is safe",
    ] {
        assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr);
    }
    // The lists lag for what the second run created too.
    while sandbox.instances().len() < super::COUNT {}
    check(&bench, &sandbox, "held for 30 s");
}

#[test]
fn sigkill_at_any_moment() {
    for posts in 0..6_u64 {
        let sandbox = Sandbox::start(&["--latency", "20ms"]);
        let bench = bench(&sandbox);
        let mut child = start(&bench);
        // The moment is when the platform has seen so many requests.
        loop {
            if sandbox.count("requests") > posts || matches!(child.try_wait(), Ok(Some(_))) {
                break;
            }
        }
        let _ = child.kill();
        let _ = child.wait();
        super::recover(&bench, "killed");
        check(&bench, &sandbox, &format!("killed after {posts} requests"));
    }
}

/// Runs that die by SIGKILL, one after the other, at times drawn from a seed; the pauses are the history
/// itself.
#[test]
fn sigkill_at_random_times() {
    const SEEDS: u64 = 40;
    const MANY: usize = 12;
    let strategy = (0..40_u64, 1..=10_u16, vec(0..700_u64, 1..4));
    matrix::each(0..SEEDS, |seed| {
        let mut runner = TestRunner::new(Config {
            rng_seed: RngSeed::Fixed(seed),
            failure_persistence: None,
            ..Config::default()
        });
        let drawn = strategy.new_tree(&mut runner).expect("a history").current();
        let (latency_ms, parallelism, deaths_ms) = &drawn;
        let sandbox = Sandbox::start(&["--latency", &format!("{latency_ms}ms")]);
        let bench = bench_of(&sandbox, MANY);
        let parallelism = parallelism.to_string();
        for death_ms in deaths_ms {
            let arguments = [
                "apply",
                "--yes",
                "--settle",
                "1s",
                "--parallelism",
                &parallelism,
            ];
            let mut child = bench.spawn(&arguments);
            std::thread::sleep(Duration::from_millis(*death_ms));
            child.kill().expect("SIGKILL");
            let _ = child.wait();
        }
        let what = format!("seed {seed}: {drawn:?}");
        super::recover(&bench, &what);
        check_of(&bench, &sandbox, &what, MANY);
        assert_eq!(sandbox.instances().len(), MANY, "{what}");
    });
}
