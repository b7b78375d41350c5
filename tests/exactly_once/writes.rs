//! The death of the process before and after each request that changes or deletes something: a rotation, a
//! replace and a prune are finished by the next run.

use serde_json::Value;

use super::live;
use crate::support::{Bench, Sandbox};

const MANIFEST: &str = "\
version: 1
inventory: acme
instances:
  one:
    element: jira
    tags: [t]
    configuration: { username: u, password: \"${env:ONE}\" }
  two:
    element: jira
    tags: [t]
    configuration: { username: u, password: \"${env:TWO}\" }
";

fn applied(assumptions: &[&str]) -> (Sandbox, Bench) {
    let arguments: Vec<&str> = assumptions.iter().flat_map(|it| ["--assume", it]).collect();
    let sandbox = Sandbox::start(&arguments);
    let bench = Bench::on(&sandbox)
        .with("ONE", "invented-password-1")
        .with("TWO", "invented-password-2")
        .with_manifest(MANIFEST);
    let _ = bench.apply();
    (sandbox, bench)
}

/// The points around every request that writes, creates included.
const POINTS: [&str; 6] = [
    "before-write",
    "after-write",
    "after-intent",
    "response-received",
    "after-candidate",
    "after-result",
];

/// Applies a change, and dies at each point in turn; then recovers, and checks. Answers the deaths.
fn each_death(
    assumptions: &[&str],
    change: impl Fn(&mut Bench, &Sandbox),
    more: &[&str],
    check: impl Fn(&mut Bench, &Sandbox, &str),
) -> Vec<String> {
    let arguments = [&["--settle", "1s", "--parallelism", "1"], more].concat();
    let mut deaths = Vec::new();
    for point in POINTS {
        for nth in 1.. {
            let (sandbox, mut bench) = applied(assumptions);
            change(&mut bench, &sandbox);
            let death = format!("{point}:{nth}");
            let what = format!("{assumptions:?} {death}");
            bench.set("CONNECTORCTL_KILL_AT", &death);
            if bench.apply_with(&arguments).code != -1 {
                break;
            }
            bench.set("CONNECTORCTL_KILL_AT", "");
            check(&mut bench, &sandbox, &what);
            let ran = bench.apply_with(&arguments);
            assert_eq!(ran.code, 0, "{what}: {}", ran.all());
            let plan = bench.run(&["plan", "--detailed-exitcode"]);
            assert_eq!(plan.code, 0, "{what}: {}", plan.all());
            let _ = bench.run(&["lock", "verify"]).expect_code(0);
            deaths.push(death);
        }
    }
    deaths
}

fn id(bench: &Bench, key: &str) -> u64 {
    bench.lock()["instances"][key]["id"]
        .as_u64()
        .expect("an id")
}

/// The password that the platform keeps, where it shows that to the owner.
fn kept(sandbox: &Sandbox, id: u64) -> Value {
    let path = format!("/instances/{id}");
    let seen = sandbox.call("GET", &path, None).expect(200);
    seen["configuration"]["password"].clone()
}

#[test]
fn a_rotation_is_finished_or_taken_back() {
    let assumptions: [&[&str]; 3] = [&[], &["q9=ignore"], &["q19=owner", "q9=ignore"]];
    for assumptions in assumptions {
        let rotate = |bench: &mut Bench, _: &Sandbox| {
            bench.set("ONE", "another-invented-password");
        };
        let deaths = each_death(assumptions, rotate, &[], |_, _, _| ());
        assert_eq!(
            deaths,
            ["before-write:1", "after-write:1"],
            "{assumptions:?}"
        );
        // The old value is declared again: it is sent, for nobody knows what arrived.
        let back = |bench: &mut Bench, sandbox: &Sandbox, what: &str| {
            bench.set("ONE", "invented-password-1");
            let _ = bench.apply_with(&[]).expect_code(0);
            if assumptions.contains(&"q19=owner") {
                let kept = kept(sandbox, id(bench, "one"));
                assert_eq!(kept, "invented-password-1", "{what}");
            }
        };
        assert_eq!(each_death(assumptions, rotate, &[], back).len(), 2);
    }
}

/// The instance was not valid, and a `PATCH` alone does not sign in: two requests.
#[test]
fn a_rotation_that_has_to_sign_in_is_finished() {
    let rotate = |bench: &mut Bench, sandbox: &Sandbox| {
        let path = format!("/instances/{}", id(bench, "one"));
        let state = serde_json::json!({ "valid": false });
        let _ = sandbox.admin("PATCH", &path, Some(&state)).expect(200);
        bench.set("ONE", "another-invented-password");
    };
    let valid = |bench: &mut Bench, sandbox: &Sandbox, what: &str| {
        let _ = bench.apply_with(&[]).expect_code(0);
        let path = format!("/instances/{}", id(bench, "one"));
        let seen = sandbox.call("GET", &path, None).expect(200);
        assert_eq!(seen["valid"], true, "{what}");
    };
    let deaths = each_death(&["q9=ignore"], rotate, &[], valid);
    let expected = [
        "before-write:1",
        "before-write:2",
        "after-write:1",
        "after-write:2",
    ];
    assert_eq!(deaths, expected);
}

const REPORT: &str = "report.json";

#[test]
fn a_replace_is_finished_and_its_old_instance_is_in_a_report() {
    for assumptions in [
        &[][..],
        &["q15=invalid-instance"],
        &["q11=200"],
        &["q27=empty"],
    ] {
        let replace = |bench: &mut Bench, _: &Sandbox| {
            bench.edit_manifest("  one:\n    element: jira", "  one:\n    element: closeio");
        };
        let more = ["--report", REPORT, "--max-deletes", "100%"];
        let reported = |bench: &mut Bench, sandbox: &Sandbox, what: &str| {
            let old = id(bench, "one");
            let path = format!("/instances/{old}");
            let is_there = sandbox.call("GET", &path, None).status == 200;
            let before_delete = what.ends_with("before-write:2");
            if before_delete || !is_there {
                let report = bench.read_json(REPORT);
                assert_eq!(report["interrupted"], true, "{what}");
                let removed = &report["removed"][0];
                assert_eq!(removed["key"], "one", "{what}: {report}");
                assert_eq!(removed["element"], "jira", "{what}: {report}");
            }
        };
        let deaths = each_death(assumptions, replace, &more, reported);
        let writes = [
            "before-write:1",
            "before-write:2",
            "after-write:1",
            "after-write:2",
        ];
        assert_eq!(deaths[..4], writes, "{assumptions:?}");
        assert_eq!(deaths.len(), 8, "{assumptions:?}: {deaths:?}");
    }
}

#[test]
fn a_prune_is_finished_and_what_it_deletes_is_in_a_report() {
    let prune = |bench: &mut Bench, _: &Sandbox| {
        let text = bench.read("instances.yaml");
        let (kept, _) = text.split_once("  two:").expect("the second one");
        bench.write("instances.yaml", kept);
    };
    let more = ["--prune", "--report", REPORT];
    let reported = |bench: &mut Bench, _: &Sandbox, what: &str| {
        let removed = bench.read_json(REPORT)["removed"][0].clone();
        assert_eq!(removed["id"], id(bench, "two"), "{what}");
        assert_eq!(removed["tags"], serde_json::json!(["t"]), "{what}");
        std::fs::remove_file(bench.path(REPORT)).expect("removed");
    };
    let deaths = each_death(&[], prune, &more, reported);
    assert_eq!(deaths, ["before-write:1", "after-write:1"]);
}

/// What goes is known before it goes: where the report cannot be written, nothing is deleted.
#[test]
fn without_its_report_nothing_is_deleted() {
    let (sandbox, bench) = applied(&[]);
    let text = bench.read("instances.yaml");
    let (kept, _) = text.split_once("  two:").expect("the second one");
    bench.write("instances.yaml", kept);
    std::fs::create_dir(bench.path("out")).expect("a folder");
    sandbox.set_faults(&["GET * kind=delay for=1s skip=2 count=9"]);
    let sent = sandbox.count("requests");
    let command = ["apply", "--yes", "--prune", "--report", "out/report.json"];
    let mut child = bench.spawn(&command);
    while sandbox.count("requests") < sent + 3 {
        std::thread::yield_now();
    }
    std::fs::remove_dir(bench.path("out")).expect("removed");
    assert_ne!(child.wait().expect("its end").code(), Some(0));
    assert_eq!(live(&sandbox).len(), 2);
}
