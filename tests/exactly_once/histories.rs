//! Histories found by the model of the protocol (`tests/model`) and the random schedules (`tests/chaos`),
//! replayed with the real binary over HTTP: a reverted replace, `--settle-first` in a replace, a rename
//! that is killed while it settles.

use std::io::{BufRead as _, BufReader};

use crate::support::{Bench, Sandbox};

fn bench(sandbox: &Sandbox, stanza: &str) -> Bench {
    let bench = Bench::on(sandbox).with("KEY", "invented-freshdesk-key");
    manifest(&bench, stanza);
    bench
}

fn manifest(bench: &Bench, stanza: &str) {
    let text = format!(
        "version: 1\ninventory: acme\ninstances:\n{stanza}    tags: [t]\n    configuration:\n      subdomain: acme\n      username: ${{env:KEY}}\n"
    );
    bench.write("instances.yaml", &text);
}

/// The next create commits, its response is lost, and lists do not show it for five seconds.
fn lose_the_next_create(sandbox: &Sandbox) {
    sandbox.set_faults(&[
        "POST /instances kind=list-lag for=5s count=1",
        "POST /instances kind=cut-after-commit count=1",
    ]);
}

/// Starts an apply and kills it once it reports that it waits.
fn apply_and_die_waiting(bench: &Bench) {
    let mut child = bench.spawn(&["apply", "--yes", "--settle", "8s"]);
    let mut said = String::new();
    for line in BufReader::new(child.stderr.take().expect("its stderr")).lines() {
        let line = line.expect("text");
        said += &line;
        if line.contains("checking whether") {
            break;
        }
    }
    assert!(said.contains("checking whether"), "it did not wait: {said}");
    child.kill().expect("it dies");
    let _ = child.wait();
}

/// The first id of a sandbox, and how many are looked at.
const IDS: std::ops::Range<u64> = 12_345..12_355;

/// How many instances carry the live marker of one of these keys: read by id, which never lags.
fn live(sandbox: &Sandbox, keys: &[&str]) -> usize {
    let markers: Vec<String> = keys
        .iter()
        .map(|key| format!("connectorctl:acme:{key}"))
        .collect();
    let carries = |id: &u64| {
        let answer = sandbox.call("GET", &format!("/instances/{id}"), None);
        let tags = answer.body["tags"].as_array().cloned().unwrap_or_default();
        answer.status == 200
            && tags
                .iter()
                .filter_map(serde_json::Value::as_str)
                .any(|tag| markers.iter().any(|marker| marker == tag))
    };
    IDS.filter(carries).count()
}

const FRESHDESK: &str = "  k:\n    element: freshdeskv2\n";
const OTHER: &str = "  k:\n    element: closeio\n";

/// The old instance is retired, and the outcome of creating the new one is unknown.
fn a_replace_cut_off() -> (Sandbox, Bench) {
    let sandbox = Sandbox::start(&[]);
    let bench = bench(&sandbox, FRESHDESK);
    let _ = bench.apply();
    manifest(&bench, OTHER);
    lose_the_next_create(&sandbox);
    apply_and_die_waiting(&bench);
    (sandbox, bench)
}

#[test]
fn a_replace_taken_back_while_its_create_is_unknown() {
    let (sandbox, bench) = a_replace_cut_off();
    manifest(&bench, FRESHDESK);
    let ran = bench.apply_with(&["--settle", "8s"]);
    assert_eq!(live(&sandbox, &["k"]), 1, "{}", ran.all());
}

/// The instance that an earlier run made current again is the one that the lock file records: its secrets
/// are known, and none is sent again.
#[test]
fn a_replace_taken_back_without_a_response_keeps_what_was_sent() {
    const JIRA: &str = "  k:\n    element: jira\n";
    let sandbox = Sandbox::start(&[]);
    let bench = bench(&sandbox, JIRA);
    bench.edit_manifest("subdomain: acme", "password: ${env:KEY}");
    let original = bench.read("instances.yaml");
    let _ = bench.apply();
    let before = bench.lock();
    sandbox.set_faults(&["POST /instances kind=status status=403 count=1"]);
    manifest(&bench, OTHER);
    let _ = bench.apply_with(&[]).expect_code(3);
    sandbox.set_faults(&["PATCH * kind=cut-after-commit count=1"]);
    bench.write("instances.yaml", &original);
    let _ = bench.apply_with(&[]);
    let _ = sandbox.admin("DELETE", "/requests", None).expect(200);
    let _ = bench.apply();
    let log = sandbox.admin("GET", "/requests", None).body;
    let sent = log.as_array().expect("a list");
    let sent = sent.iter().filter(|request| request["method"] != "GET");
    assert_eq!(sent.count(), 0, "{log}");
    assert_eq!(bench.lock()["instances"], before["instances"]);
}

#[test]
fn settle_first_waits_before_it_finishes_a_replace() {
    let (sandbox, bench) = a_replace_cut_off();
    bench.fresh_clone();
    let ran = bench.apply_with(&["--settle", "8s", "--settle-first"]);
    assert_eq!(live(&sandbox, &["k"]), 1, "{}", ran.all());
}

#[test]
fn settle_first_waits_before_it_takes_a_replace_back() {
    let (sandbox, bench) = a_replace_cut_off();
    bench.fresh_clone();
    manifest(&bench, FRESHDESK);
    let ran = bench.apply_with(&["--settle", "8s", "--settle-first"]);
    assert_eq!(live(&sandbox, &["k"]), 1, "{}", ran.all());
}

#[test]
fn a_rename_killed_while_it_settles_still_looks_for_the_old_marker() {
    let sandbox = Sandbox::start(&[]);
    let bench = bench(&sandbox, "  old:\n    element: freshdeskv2\n");
    lose_the_next_create(&sandbox);
    apply_and_die_waiting(&bench);
    manifest(
        &bench,
        "  k:\n    element: freshdeskv2\n    lifecycle: { movedFrom: old }\n",
    );
    apply_and_die_waiting(&bench);
    let ran = bench.apply_with(&["--settle", "8s"]);
    assert_eq!(live(&sandbox, &["k", "old"]), 1, "{}", ran.all());
}

/// Nothing but the manifest says that the instance may carry the marker of the old key.
#[test]
fn a_rename_after_a_lost_journal_looks_for_the_old_marker_with_settle_first() {
    let sandbox = Sandbox::start(&[]);
    let bench = bench(&sandbox, "  old:\n    element: freshdeskv2\n");
    lose_the_next_create(&sandbox);
    apply_and_die_waiting(&bench);
    bench.fresh_clone();
    manifest(
        &bench,
        "  k:\n    element: freshdeskv2\n    lifecycle: { movedFrom: old }\n",
    );
    let ran = bench.apply_with(&["--settle", "8s", "--settle-first"]);
    assert_eq!(live(&sandbox, &["k", "old"]), 1, "{}", ran.all());
    bench.plan_is_empty();
}

/// The run dies when it knows what the platform answered and not yet whose that is, and no list shows the
/// instance before the window has passed.
#[test]
fn the_candidate_of_a_dead_run_is_read_by_id() {
    let sandbox = Sandbox::start(&["--fault", "POST /instances kind=list-lag for=1h"]);
    let mut bench = bench(&sandbox, FRESHDESK);
    bench.set("CONNECTORCTL_KILL_AT", "after-candidate:1");
    let ran = bench.apply_with(&["--settle", "0s"]);
    assert_eq!(ran.code, -1, "did not die: {}", ran.all());
    bench.set("CONNECTORCTL_KILL_AT", "");
    let ran = bench.apply_with(&["--settle", "0s"]).expect_code(0);
    ran.stderr_lacks("checking whether");
    assert_eq!(sandbox.count("posts"), 1);
    let read = sandbox.call("GET", "/instances/12345", None).expect(200);
    assert_eq!(bench.lock()["instances"]["k"]["token"], read["token"]);
}

/// Only the answer showed the token, and the run that read it is dead.
#[test]
fn the_token_of_a_candidate_is_not_lost() {
    let sandbox = Sandbox::start(&[]);
    let mut bench = bench(&sandbox, FRESHDESK);
    bench.set("CONNECTORCTL_KILL_AT", "after-candidate:1");
    let ran = bench.apply_with(&["--settle", "1s"]);
    assert_eq!(ran.code, -1, "did not die: {}", ran.all());
    bench.set("CONNECTORCTL_KILL_AT", "");
    let read = sandbox.call("GET", "/instances/12345", None).expect(200);
    for kind in ["no-token", "masked-token"] {
        sandbox.set_faults(&[format!("GET * kind={kind} count=99")]);
        let _ = bench.apply_with(&["--settle", "1s"]).expect_code(0);
        assert_eq!(bench.lock()["instances"]["k"]["token"], read["token"]);
    }
    bench.plan_is_empty();
}

/// It dies with the answer of somebody else's instance, which the next run leaves alone.
#[test]
fn the_wrong_candidate_of_a_dead_run_is_not_recorded() {
    let sandbox = Sandbox::start(&["--fault", "POST /instances kind=other-after-commit"]);
    let mut bench = bench(&sandbox, FRESHDESK);
    bench.set("CONNECTORCTL_KILL_AT", "after-candidate:1");
    let ran = bench.apply_with(&["--settle", "1s"]);
    assert_eq!(ran.code, -1, "did not die: {}", ran.all());
    bench.set("CONNECTORCTL_KILL_AT", "");
    let _ = bench.apply_with(&["--settle", "1s"]).expect_code(0);
    assert_eq!(sandbox.count("posts"), 1);
    assert_eq!(live(&sandbox, &["k"]), 1);
    assert_eq!(
        bench.lock()["instances"]["k"]["id"],
        sandbox.instances()[0]["id"]
    );
}

/// The lock file of before a rename comes back, and `movedFrom` is no longer in the manifest.
#[test]
fn a_rename_that_the_lock_file_does_not_know_deletes_nothing() {
    let sandbox = Sandbox::start(&[]);
    let bench = bench(
        &sandbox,
        "  old:\n    element: freshdeskv2\n    lifecycle: { onRemove: delete }\n",
    );
    let _ = bench.apply();
    let before = std::fs::read(bench.path("instances.lock.json")).expect("a lock file");
    let id = bench.lock()["instances"]["old"]["id"].clone();
    manifest(
        &bench,
        "  k:\n    element: freshdeskv2\n    lifecycle: { movedFrom: old }\n",
    );
    let _ = bench.apply();
    bench.fresh_clone();
    std::fs::write(bench.path("instances.lock.json"), before).expect("written");
    manifest(&bench, "  k:\n    element: freshdeskv2\n");
    let ran = bench.apply_with(&["--prune"]);
    assert_eq!(live(&sandbox, &["k"]), 1, "{}", ran.all());
    let lock = bench.lock();
    assert_eq!(lock["instances"]["k"]["id"], id, "{}", ran.all());
    assert!(lock["instances"].get("old").is_none(), "{}", ran.all());
    bench.plan_is_empty();
}

#[test]
fn a_replace_is_finished_by_the_apply_that_repairs_the_new_instance() {
    let sandbox = Sandbox::start(&[
        "--fault",
        "POST /instances kind=invalid-after-commit skip=1",
    ]);
    let bench = bench(&sandbox, FRESHDESK);
    let _ = bench.apply();
    manifest(&bench, OTHER);
    let ran = bench.apply_with(&[]).expect_code(3);
    assert!(ran.all().contains("the old one was kept"), "{}", ran.all());
    let ran = bench.apply();
    assert_eq!(sandbox.instances().len(), 1, "{}", ran.all());
    let _ = bench.run(&["plan", "--detailed-exitcode"]).expect_code(0);
}

/// The old instance is so new that no list shows it, and its delete is refused: the next run knows of it
/// from the journal.
#[test]
fn a_replace_is_finished_though_no_list_shows_the_old_instance() {
    let sandbox = Sandbox::start(&[
        "--fault",
        "POST /instances kind=list-lag for=1h",
        "--fault",
        "DELETE * kind=status status=403 count=2",
    ]);
    let bench = bench(&sandbox, FRESHDESK);
    let _ = bench.apply();
    manifest(&bench, OTHER);
    // There is a new instance, and then nothing more is changed.
    for code in [3, 1] {
        let ran = bench.apply_with(&[]).expect_code(code);
        ran.stdout_has("status 403");
    }
    let plan = bench.plan_json(&[]);
    assert_eq!(plan["summary"]["delete"], 1, "{plan}");
    let _ = bench.apply();
    assert_eq!(sandbox.call("GET", "/instances/12345", None).status, 404);
    let journal = bench.read(".connectorctl/instances.lock.json.journal");
    assert!(!journal.contains("12345"), "it is deleted: {journal}");
    assert!(!journal.contains("retired"), "nothing is open: {journal}");
    bench.plan_is_empty();
}
