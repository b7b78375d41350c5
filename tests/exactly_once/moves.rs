//! `lock move`: whatever dies, is lost or is pulled in the middle of it, every instance is there once in
//! the end, with its id and its token.

use serde_json::{Value, json};

use super::{COUNT, bench, live};
use crate::support::{Bench, Ran, Sandbox};

const LOCK: &str = "instances.lock.json";

/// Applied, with the new name in the manifest.
fn renamed(sandbox: &Sandbox) -> Bench {
    let bench = bench(sandbox);
    let _ = bench.apply();
    bench.edit_manifest("inventory: acme\n", "inventory: beta\n");
    bench
}

fn lock_move(bench: &Bench) -> Ran {
    bench.run(&["lock", "move", "--to", "beta", "--yes"])
}

/// A rename that dies at this point.
fn die(bench: &mut Bench, at: &str) {
    bench.set("CONNECTORCTL_KILL_AT", at);
    let ran = lock_move(bench);
    assert_eq!(ran.code, -1, "{at}: did not die: {}", ran.all());
    bench.set("CONNECTORCTL_KILL_AT", "");
}

/// Ids and tokens are as before, each instance has one marker, and the plan is empty.
fn check(bench: &Bench, sandbox: &Sandbox, before: &Value, name: &str, what: &str) {
    let lock = bench.lock();
    assert_eq!(lock["inventory"], name, "{what}");
    let instances = live(sandbox);
    assert_eq!(instances.len(), COUNT, "{what}");
    for number in 0..COUNT {
        let key = format!("k{number}");
        let entry = &lock["instances"][&key];
        for member in ["id", "token"] {
            assert_eq!(entry[member], before["instances"][&key][member], "{what}");
        }
        let mut seen = instances.iter().filter(|seen| seen["id"] == entry["id"]);
        let tags = json!([format!("connectorctl:{name}:{key}"), "t"]);
        assert_eq!(seen.next().expect("it")["tags"], tags, "{what}");
    }
    let ran = bench.run(&["plan", "--detailed-exitcode"]);
    assert_eq!(ran.code, 0, "{what}: the plan is not empty\n{}", ran.all());
    let _ = bench.run(&["lock", "verify"]).expect_code(0);
}

/// Every point of a rename at which something is written.
fn deaths() -> Vec<String> {
    let writes =
        (1..=COUNT).flat_map(|nth| [format!("before-write:{nth}"), format!("after-write:{nth}")]);
    writes
        .chain(["before-rename:1", "during-fold:1"].map(str::to_owned))
        .collect()
}

#[test]
fn death_before_and_after_each_write() {
    for death in deaths() {
        let sandbox = Sandbox::start(&[]);
        let mut bench = renamed(&sandbox);
        let before = bench.lock();
        die(&mut bench, &death);
        if !death.starts_with("during-fold") {
            // Nothing else may run in between, under either name.
            for (from, to) in [("beta", "acme"), ("acme", "beta")] {
                let ran = bench.apply_with(&[]).expect_code(5);
                ran.stderr_has("is being renamed to `beta`");
                ran.stderr_has("`connectorctl lock move --to beta`");
                let (from, to) = (format!("inventory: {from}\n"), format!("inventory: {to}\n"));
                bench.edit_manifest(&from, &to);
            }
            let _ = bench.run(&["lock", "rebuild", "--yes"]).expect_code(5);
        }
        let _ = lock_move(&bench).expect_code(0);
        check(&bench, &sandbox, &before, "beta", &death);
    }
}

#[test]
fn a_journal_that_is_lost_in_between() {
    for death in deaths() {
        let sandbox = Sandbox::start(&[]);
        let mut bench = renamed(&sandbox);
        let before = bench.lock();
        die(&mut bench, &death);
        std::fs::remove_dir_all(bench.path(".connectorctl")).expect("removed");
        let _ = lock_move(&bench).expect_code(0);
        check(&bench, &sandbox, &before, "beta", &death);
    }
}

#[test]
fn a_lock_file_that_is_lost_in_between() {
    for death in ["after-write:1", "after-write:3", "before-rename:1"] {
        let sandbox = Sandbox::start(&[]);
        let mut bench = renamed(&sandbox);
        let before = bench.lock();
        die(&mut bench, death);
        std::fs::remove_file(bench.path(LOCK)).expect("removed");
        let _ = bench.run(&["plan"]).expect_code(5);
        let _ = lock_move(&bench).expect_code(0);
        let _ = bench.apply_with(&["--accept-secrets"]).expect_code(0);
        check(&bench, &sandbox, &before, "beta", death);
    }
}

#[test]
fn a_rename_is_taken_back_in_the_middle() {
    let sandbox = Sandbox::start(&[]);
    let mut bench = renamed(&sandbox);
    let before = bench.lock();
    die(&mut bench, "after-write:2");
    bench.edit_manifest("inventory: beta\n", "inventory: gamma\n");
    let ran = bench.run(&["lock", "move", "--to", "gamma", "--yes"]);
    ran.expect_code(5).stderr_has("is being renamed to `beta`");
    bench.edit_manifest("inventory: gamma\n", "inventory: acme\n");
    let back = ["lock", "move", "--to", "acme", "--yes"];
    bench.run(&back).expect_code(0).stdout_has("2 applied");
    check(&bench, &sandbox, &before, "acme", "taken back");
    bench
        .run(&back)
        .expect_code(0)
        .stdout_has("belongs to `acme` already");
}

/// Another clone applied one more instance under the old name, and its lock file is pulled.
#[test]
fn a_pull_between_two_runs_brings_an_instance_of_the_old_name() {
    let sandbox = Sandbox::start(&[]);
    let mut bench = renamed(&sandbox);
    let elsewhere = super::bench(&sandbox);
    elsewhere.write(LOCK, &bench.read(LOCK));
    let manifest = elsewhere.read("instances.yaml");
    let last = manifest.rfind("  k2:").expect("the last one");
    let more = manifest[last..].replace("k2:", "k3:");
    elsewhere.write("instances.yaml", &(manifest + &more));
    die(&mut bench, "after-write:1");
    // What it recorded is not its own any more, so it can only add.
    let only = ["apply", "--yes", "--target", "k3"];
    let _ = elsewhere.run(&only).expect_code(0);
    let ran = elsewhere.apply_with(&[]).expect_code(5);
    ran.stderr_has("connectorctl:beta:k0");
    let pulled = elsewhere.lock();
    bench.write(LOCK, &elsewhere.read(LOCK));
    let text = elsewhere.read("instances.yaml");
    bench.write("instances.yaml", &text.replace("acme\nin", "beta\nin"));
    lock_move(&bench).expect_code(0).stdout_has("3 applied");
    bench.plan_is_empty();
    let (lock, id) = (bench.lock(), &pulled["instances"]["k3"]["id"]);
    assert_eq!(lock["instances"]["k3"]["id"], *id);
    // The other clone pulls the result.
    elsewhere.write(LOCK, &bench.read(LOCK));
    elsewhere.write("instances.yaml", &bench.read("instances.yaml"));
    elsewhere.plan_is_empty();
}

#[test]
fn a_pull_during_a_rename_is_a_conflict_and_the_next_run_continues() {
    let sandbox = Sandbox::start(&[]);
    let bench = renamed(&sandbox);
    let before = bench.lock();
    sandbox.set_faults(&["PATCH * kind=delay for=2s count=1"]);
    let sent = sandbox.count("requests");
    let child = bench
        .command(&["lock", "move", "--to", "beta", "--yes"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the binary runs");
    while sandbox.count("requests") < sent + 4 {
        std::thread::yield_now();
    }
    let mut pulled = bench.lock();
    pulled["instances"]["k0"]["lifecycle"]["protect"] = json!(true);
    let pulled = serde_json::to_string_pretty(&pulled).expect("JSON") + "\n";
    bench.write(LOCK, &pulled);
    let ran = Ran::from(child.wait_with_output().expect("its end")).expect_code(6);
    ran.stderr_has("`connectorctl lock move` again");
    assert_eq!(bench.read(LOCK), pulled);
    let _ = lock_move(&bench).expect_code(0);
    let _ = bench.apply();
    check(&bench, &sandbox, &before, "beta", "pulled");
}

#[test]
fn a_signal_or_a_rejected_request_leaves_the_rest_to_the_next_run() {
    let sandbox = Sandbox::start(&[]);
    let bench = renamed(&sandbox);
    let before = bench.lock();
    sandbox.set_faults(&["PATCH * kind=status status=403 skip=1 count=1"]);
    let ran = lock_move(&bench).expect_code(3);
    ran.stdout_has("2 applied, 1 failed");
    ran.stderr_has("run `connectorctl lock move` again");
    sandbox.set_faults(&["PATCH * kind=cut-after-commit count=9"]);
    let ran = lock_move(&bench);
    assert!(matches!(ran.code, 0 | 4), "{}", ran.all());
    sandbox.set_faults(&[] as &[&str]);
    let _ = bench.run(&["lock", "move", "--to", "beta", "--yes", "--deadline", "0s"]);
    let _ = lock_move(&bench).expect_code(0);
    check(&bench, &sandbox, &before, "beta", "faults");
}
