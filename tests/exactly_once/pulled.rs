//! The lock file changes while an apply is running: `git pull` in the same checkout.

use std::process::{Child, Stdio};

use serde_json::{Value, json};

use super::{bench, check};
use crate::support::{Bench, Ran, Sandbox};

const LOCK: &str = "instances.lock.json";

/// An apply with a recorded instance, that adds a tag and is answered slowly; it has read the lock file.
fn running(sandbox: &Sandbox, bench: &Bench) -> Child {
    let _ = bench.apply();
    bench.edit_manifest("tags: [t]", "tags: [t, u]");
    sandbox.set_faults(&["PATCH * kind=delay for=3s count=1"]);
    let before = sandbox.count("requests");
    let child = bench
        .command(&["apply", "--yes"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    // It reads its files before it sends anything.
    while sandbox.count("requests") < before + 2 {
        std::thread::yield_now();
    }
    child
}

fn ended(child: Child) -> Ran {
    Ran::from(child.wait_with_output().expect("its end"))
}

fn with(mut lock: Value, key: &str, entry: Value) -> String {
    lock["instances"][key] = entry;
    serde_json::to_string_pretty(&lock).expect("JSON") + "\n"
}

#[test]
fn what_was_pulled_during_an_apply_stays() {
    let sandbox = Sandbox::start(&[]);
    let bench = bench(&sandbox);
    let child = running(&sandbox, &bench);
    let mut pulled = bench.lock()["instances"]["k0"].clone();
    pulled["id"] = json!(99_999);
    bench.write(LOCK, &with(bench.lock(), "pulled", pulled.clone()));
    let _ = ended(child).expect_code(0);
    let lock = bench.lock();
    assert_eq!(lock["instances"]["pulled"], pulled);
    assert_eq!(lock["instances"]["k0"]["tags"], json!(["t", "u"]));
    // Nothing declares it, and the platform does not have it.
    let _ = bench.apply();
    check(&bench, &sandbox, "after the pull");
}

#[test]
fn a_conflict_is_left_alone_and_the_next_run_says_what_it_found() {
    let sandbox = Sandbox::start(&[]);
    let bench = bench(&sandbox);
    let child = running(&sandbox, &bench);
    let right = bench.read(LOCK);
    let marks = format!("<<<<<<< ours\n{right}");
    bench.write(LOCK, &marks);
    let ran = ended(child).expect_code(6);
    ran.stderr_has("was changed during the run");
    ran.stderr_has("unresolved merge conflict");
    ran.stderr_has("hint: ");
    assert_eq!(bench.read(LOCK), marks);
    let _ = bench.apply_with(&[]).expect_code(9);
    bench.write(LOCK, &right);
    let ran = bench.apply();
    ran.stderr_has("the last run did not write the lock file");
    ran.stderr_has("unresolved merge conflict");
    check(&bench, &sandbox, "after the conflict");
    let quiet = bench.apply();
    quiet.stderr_lacks("the last run");
}
