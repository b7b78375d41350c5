//! An import dies, or its requests are cut, at each moment: whoever runs next creates nothing, deletes
//! nothing, and the same import finishes.

use super::{desk, fill_in, jira, make, settles, tags};
use crate::support::{Bench, Sandbox};

const IMPORT: [&str; 7] = [
    "import",
    "--all",
    "--yes",
    "--inventory",
    "acme",
    "--parallelism",
    "1",
];
const KEYS: [&str; 3] = ["desk", "jira", "jira-2"];

fn three(sandbox: &Sandbox) -> [u64; 3] {
    [
        make(sandbox, &desk("Desk", &["a"])),
        make(sandbox, &jira("Jira")),
        make(sandbox, &jira("Jira")),
    ]
}

/// With a manifest, so that `apply` can run in between.
fn bench(sandbox: &Sandbox) -> Bench {
    let bench = Bench::on(sandbox).with_manifest("version: 1\ninventory: acme\n");
    let names = ["DESK_USERNAME", "JIRA_PASSWORD", "JIRA_2_PASSWORD"];
    let values = [
        "invented-freshdesk-key",
        "invented-password",
        "invented-password",
    ];
    names
        .iter()
        .zip(values)
        .fold(bench, |bench, (name, value)| bench.with(name, value))
}

fn import(bench: &Bench) -> crate::support::Ran {
    bench.run(&["import", "--all", "--yes", "--parallelism", "1"])
}

/// One instance for each key, marked and recorded; then the laws of every scenario.
fn check(bench: &Bench, sandbox: &Sandbox, ids: &[u64; 3], what: &str) {
    let lock = bench.lock();
    for (key, id) in KEYS.iter().zip(ids) {
        assert_eq!(lock["instances"][key]["id"], *id, "{what}: {lock}");
        let marker = format!("connectorctl:acme:{key}");
        assert!(tags(sandbox, *id).contains(&marker), "{what}: {key}");
        assert!(
            lock["instances"][key]["lifecycle"]["protect"].is_null(),
            "{what}: {lock}"
        );
    }
    settles(bench, sandbox, what);
    assert_eq!(sandbox.instances().len(), 3, "{what}");
}

/// What others do after the death: nothing may be lost or made.
fn others(bench: &Bench, sandbox: &Sandbox, ids: &[u64; 3], what: &str) {
    for arguments in [
        &["apply", "--yes", "--accept-secrets"][..],
        &[
            "apply",
            "--yes",
            "--accept-secrets",
            "--prune",
            "--max-deletes",
            "100%",
        ],
    ] {
        let ran = bench.run(arguments);
        // Protected instances that left the manifest are not pruned.
        assert!(matches!(ran.code, 0 | 5), "{what}: {}", ran.all());
        assert_eq!(
            sandbox.instances().len(),
            ids.len(),
            "{what}: {}",
            ran.all()
        );
    }
    // Another checkout has neither the lock file nor the journal.
    let clone = self::bench(sandbox);
    clone.write("instances.yaml", &bench.read("instances.yaml"));
    let ran = clone.run(&["apply", "--yes", "--accept-secrets"]);
    assert_eq!(ran.code, 0, "{what}: {}", ran.all());
    assert_eq!(
        sandbox.instances().len(),
        ids.len(),
        "{what}: {}",
        ran.all()
    );
}

#[test]
fn death_at_every_moment() {
    let mut deaths = vec![
        "import-recorded:1".to_owned(),
        "import-marked:1".to_owned(),
        "manifest-written:1".to_owned(),
        "before-rename:1".to_owned(),
        "during-fold:1".to_owned(),
    ];
    for turn in 1..=3 {
        deaths.push(format!("before-write:{turn}"));
        deaths.push(format!("after-write:{turn}"));
    }
    for death in deaths {
        for with_others in [false, true] {
            let what = format!("{death}, others: {with_others}");
            let sandbox = Sandbox::start(&[]);
            let ids = three(&sandbox);
            let mut bench = bench(&sandbox);
            bench.set("CONNECTORCTL_KILL_AT", &death);
            let ran = import(&bench);
            assert_eq!(ran.code, -1, "{what}: did not die: {}", ran.all());
            bench.set("CONNECTORCTL_KILL_AT", "");
            if with_others {
                others(&bench, &sandbox, &ids, &what);
            }
            let again = import(&bench);
            assert_eq!(again.code, 0, "{what}: {}", again.all());
            check(&bench, &sandbox, &ids, &what);
        }
    }
}

#[test]
fn a_request_that_is_cut_or_rejected_at_each_turn() {
    for kind in [
        "status",
        "cut-before-commit",
        "cut-after-commit",
        "cut-mid-body",
        "html-after-commit",
    ] {
        for skip in 0..3 {
            let what = format!("{kind} at {skip}");
            let status = if kind == "status" { " status=400" } else { "" };
            let fault = format!("PATCH /instances/* kind={kind}{status} skip={skip} count=1");
            let sandbox = Sandbox::start(&["--fault", &fault]);
            let ids = three(&sandbox);
            let bench = bench(&sandbox);
            let first = import(&bench);
            assert!(matches!(first.code, 0 | 3 | 4), "{what}: {}", first.all());
            // What failed is as if it had never been chosen, and what did not is finished.
            let lock = bench.lock();
            let entries = lock["instances"].as_object().expect("entries");
            assert!(
                entries
                    .values()
                    .all(|it| it["lifecycle"]["protect"].is_null()),
                "{what}: {lock}"
            );
            settles(&bench, &sandbox, &what);
            let again = import(&bench);
            assert_eq!(again.code, 0, "{what}: {}", again.all());
            check(&bench, &sandbox, &ids, &what);
        }
    }
}

#[test]
fn a_new_manifest_is_made_once_the_markers_are_there() {
    let sandbox = Sandbox::start(&[]);
    let ids = three(&sandbox);
    let mut bench = Bench::on(&sandbox);
    bench.set("CONNECTORCTL_KILL_AT", "import-marked:1");
    assert_eq!(bench.run(&IMPORT).code, -1);
    assert!(!bench.path("instances.yaml").exists());
    bench.set("CONNECTORCTL_KILL_AT", "");
    let ran = bench.run(&IMPORT).expect_code(0);
    ran.stdout_has("Import: 3 imported.\n");
    assert_eq!(fill_in(&mut bench, &ran.stderr), 3);
    check(&bench, &sandbox, &ids, "a new manifest");
}

#[test]
fn a_manifest_that_is_edited_meanwhile_is_left_alone() {
    let sandbox = Sandbox::start(&["--latency", "50ms"]);
    let ids = three(&sandbox);
    let bench = bench(&sandbox);
    let mut child = bench.spawn(&["import", "--all", "--yes", "--parallelism", "1"]);
    // Once the first marker is there, the manifest was read long ago.
    while !tags(&sandbox, ids[0])
        .iter()
        .any(|tag| tag.starts_with("connectorctl:"))
    {}
    let edited = "version: 1\ninventory: acme\n# edited\n";
    bench.write("instances.yaml", edited);
    assert_eq!(child.wait().expect("its end").code(), Some(3));
    assert_eq!(bench.read("instances.yaml"), edited);
    let prune = ["apply", "--yes", "--prune", "--max-deletes", "100%"];
    bench.run(&prune).expect_code(5).stderr_has("is protected");
    let again = import(&bench);
    assert_eq!(again.code, 0, "{}", again.all());
    check(&bench, &sandbox, &ids, "edited meanwhile");
}
