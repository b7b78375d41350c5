//! `forget`: the marker and the entry go, the instance stays.

use serde_json::json;

use super::tags;
use crate::support::{Bench, Sandbox};

const HEAD: &str = "version: 1\ninventory: acme\ninstances:\n";
const STANZA: &str = "  one:\n    element: jira\n    tags: [a]\n    configuration: { username: bob, password: \"${env:PASSWORD}\" }\n";
const OTHER: &str = "  two:\n    element: jira\n    configuration: { username: bob, password: \"${env:PASSWORD}\" }\n";

fn applied(sandbox: &Sandbox) -> (Bench, u64) {
    let bench = Bench::on(sandbox)
        .with("PASSWORD", "invented-password")
        .with_manifest(&format!("{HEAD}{STANZA}{OTHER}"));
    let _ = bench.apply();
    let id = bench.lock()["instances"]["one"]["id"]
        .as_u64()
        .expect("an id");
    (bench, id)
}

#[test]
fn the_instance_stays_as_it_is_and_can_be_imported_again() {
    let sandbox = Sandbox::start(&[]);
    let (bench, id) = applied(&sandbox);
    bench.write("instances.yaml", &format!("{HEAD}{OTHER}"));
    let ran = bench.run(&["forget", "one", "--yes"]).expect_code(0);
    ran.stdout_has("- one: forget one (jira, id ");
    ran.stdout_has("    - tag connectorctl:acme:one\n    - lock entry, with its token\n");
    ran.stdout_has("Forget: 1 forgotten.\n");
    ran.stderr_has(&format!("run `connectorctl import one {id}`"));
    assert_eq!(tags(&sandbox, id), ["a"]);
    assert!(bench.lock()["instances"]["one"].is_null());
    bench.plan_is_empty();
    let unknown = bench.run(&["forget", "one", "--yes"]).expect_code(8);
    unknown.stderr_has("`KEY one` matches no instance");
    let _ = bench
        .run(&["import", "one", &id.to_string(), "--yes"])
        .expect_code(0);
    let bench = bench.with("ONE_PASSWORD", "invented-password");
    super::settles(&bench, &sandbox, "imported again");
    assert_eq!(sandbox.instances().len(), 2);
}

#[test]
fn what_must_not_be_forgotten_is_refused_with_the_way_out() {
    let sandbox = Sandbox::start(&[]);
    let (bench, id) = applied(&sandbox);
    let declared = bench.run(&["forget", "one", "--yes"]).expect_code(5);
    declared.stderr_has("one: the manifest declares it, so the next apply would create it again");
    declared.stderr_has("remove it from the manifest first");
    let _ = bench.run(&["forget", "one"]).expect_code(8);
    let nearest = bench.run(&["forget", "onee", "--yes"]).expect_code(8);
    nearest.stderr_has("did you mean `one`?");
    bench.write(
        "instances.yaml",
        &format!("{HEAD}{OTHER}    lifecycle: {{ movedFrom: one }}\n"),
    );
    let renamed = bench.run(&["forget", "one", "--yes"]).expect_code(5);
    renamed.stderr_has("`two` is renamed from it");
    bench.write(
        "instances.yaml",
        &format!("{HEAD}{STANZA}    lifecycle: {{ protect: true }}\n"),
    );
    let _ = bench.apply();
    bench.write("instances.yaml", HEAD);
    let protected = bench.run(&["forget", "one", "--yes"]).expect_code(5);
    protected.stderr_has("one: it is protected");
    protected.stderr_has("pass `--protected`");
    let retired = json!({ "tags": ["a", "connectorctl-retired:acme:one"] });
    sandbox.patch(id, &retired);
    let replaced = bench
        .run(&["forget", "one", "--yes", "--protected"])
        .expect_code(5);
    replaced.stderr_has("one: a replace of it has not ended");
    assert!(bench.lock()["instances"]["one"].is_object());
    sandbox.patch(id, &json!({ "tags": ["a", "connectorctl:acme:one"] }));
    let _ = bench
        .run(&["forget", "one", "--yes", "--protected"])
        .expect_code(0);
    assert_eq!(tags(&sandbox, id), ["a"]);
}

#[test]
fn what_is_gone_or_somebody_elses_only_leaves_the_lock_file() {
    let sandbox = Sandbox::start(&[]);
    let (bench, id) = applied(&sandbox);
    bench.write("instances.yaml", HEAD);
    let other = json!({ "tags": ["connectorctl:else:one"] });
    sandbox.patch(id, &other);
    let two = bench.lock()["instances"]["two"]["id"].clone();
    let _ = sandbox
        .call("DELETE", &format!("/instances/{two}"), None)
        .expect(200);
    let ran = bench
        .run(&[
            "forget", "one", "two", "--yes", "--report", "r.json", "-o", "json",
        ])
        .expect_code(0);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(report, bench.read_json("r.json"));
    assert_eq!(report["outcomes"][0]["action"], "forget");
    assert_eq!(tags(&sandbox, id), ["connectorctl:else:one"]);
    bench.plan_is_empty();
}

#[test]
fn a_forget_that_died_goes_on() {
    for death in [
        "before-write:1",
        "after-write:1",
        "after-write:2",
        "forget-unmarked:1",
        "before-rename:1",
        "during-fold:1",
        "during-fold:2",
    ] {
        let sandbox = Sandbox::start(&[]);
        let (mut bench, id) = applied(&sandbox);
        bench.write("instances.yaml", HEAD);
        bench.set("CONNECTORCTL_KILL_AT", death);
        let forget = ["forget", "one", "two", "--yes", "--parallelism", "1"];
        assert_eq!(bench.run(&forget).code, -1, "{death}");
        bench.set("CONNECTORCTL_KILL_AT", "");
        let again = bench.run(&forget);
        // Once both entries are removed, nothing is left to forget.
        let is_done = matches!(death, "before-rename:1" | "during-fold:2");
        let expected = if is_done { 8 } else { 0 };
        assert_eq!(again.code, expected, "{death}: {}", again.all());
        assert_eq!(tags(&sandbox, id), ["a"], "{death}");
        assert_eq!(bench.lock()["instances"], json!({}), "{death}");
        bench.plan_is_empty();
        assert_eq!(sandbox.instances().len(), 2, "{death}");
    }
}

#[test]
fn requests_that_are_cut_are_found_out() {
    for kind in ["cut-before-commit", "cut-after-commit", "html-after-commit"] {
        let fault = format!("PATCH /instances/* kind={kind} count=1");
        let sandbox = Sandbox::start(&[]);
        let (bench, id) = applied(&sandbox);
        bench.write("instances.yaml", HEAD);
        sandbox.set_faults(&[fault]);
        let first = bench.run(&["forget", "one", "--yes"]);
        if first.code != 0 {
            assert!(matches!(first.code, 1 | 3 | 4), "{kind}: {}", first.all());
            let _ = bench.run(&["forget", "one", "--yes"]).expect_code(0);
        }
        assert_eq!(tags(&sandbox, id), ["a"], "{kind}");
        assert!(bench.lock()["instances"]["one"].is_null(), "{kind}");
    }
}
