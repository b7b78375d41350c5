//! What an import leaves alone, and what it refuses.

use super::{desk, jira, make, settles, tags};
use crate::support::{Bench, Sandbox};

const MANIFEST: &str = "version: 1\ninventory: acme\ninstances:\n  desk:\n    element: freshdeskv2\n    name: Desk\n    configuration: { subdomain: acme, username: \"${env:KEY}\" }\n";

#[test]
fn a_look_alike_and_what_others_own_are_named_and_left() {
    let sandbox = Sandbox::start(&[]);
    let bench = Bench::on(&sandbox)
        .with("KEY", "invented-freshdesk-key")
        .with_manifest(MANIFEST);
    let looks = make(&sandbox, &desk("Desk", &[]));
    let others = make(&sandbox, &desk("Theirs", &["connectorctl:else:theirs"]));
    let retired = make(&sandbox, &desk("Old", &["connectorctl-retired:acme:old"]));
    let before = sandbox.instances();
    let ran = bench.run(&["import", "--all", "--yes"]).expect_code(0);
    ran.stdout_has(&format!("! {looks} Desk: left alone; it looks like `desk`, which is declared and has no instance; if it is the same, run `import desk {looks}`\n"));
    ran.stdout_has(&format!("! {others} Theirs: left alone; another inventory owns it: it carries `connectorctl:else:theirs`\n"));
    ran.stdout_has(&format!(
        "! {retired} Old: left alone; it is being replaced"
    ));
    ran.stdout_has("Import: nothing to import, 3 left alone.\n");
    assert_eq!(sandbox.instances(), before);
    assert_eq!(bench.read("instances.yaml"), MANIFEST);

    let refused = bench
        .run(&["import", "mine", &others.to_string(), "--yes"])
        .expect_code(5);
    refused.stderr_has("mine: instance");
    refused.stderr_has("another inventory owns it: it carries `connectorctl:else:theirs`");
    let plan = bench.run(&["plan"]).expect_code(0);
    plan.stdout_has(&format!("run `connectorctl import desk {looks}`"));
    // Declared already, so that the manifest stays as it is.
    let ran = bench
        .run(&["import", "desk", &looks.to_string(), "--yes"])
        .expect_code(0);
    ran.stdout_has("Adds 0 instances to instances.yaml");
    assert_eq!(bench.read("instances.yaml"), MANIFEST);
    settles(&bench, &sandbox, "a look-alike");
    assert_eq!(sandbox.instances().len(), 3);
}

#[test]
fn keys_and_ids_that_are_taken_are_refused() {
    let sandbox = Sandbox::start(&[]);
    let bench = Bench::on(&sandbox)
        .with("KEY", "invented-freshdesk-key")
        .with_manifest(MANIFEST);
    let _ = bench.apply();
    let id = bench.lock()["instances"]["desk"]["id"].to_string();
    let other = make(&sandbox, &jira("Jira")).to_string();
    for (arguments, code, what) in [
        (
            &["import", "desk", &other][..],
            5,
            "the key has an instance already",
        ),
        (&["import", "else", &id], 5, "is managed as `desk`"),
        (
            &["import", "else", "99999999"],
            8,
            "no instance has the id 99999999",
        ),
        (&["import", "a b", &id], 8, "invalid value 'a b'"),
        (&["import", "else"], 8, "<ID>"),
        (&["import"], 8, "required"),
        (
            &["import", "--all", "else", &other],
            8,
            "cannot be used with",
        ),
        (
            &["import", "--all", "--into", "x.yaml"],
            8,
            "`--into x.yaml` is not among the manifests",
        ),
        (
            &["import", "--all", "-f", "instances.yaml", "-f", "b.json"],
            8,
            "pass `--into` with one of `instances.yaml`, `b.json`",
        ),
        (
            &["import", "--all", "--inventory", "x"],
            8,
            "`--inventory` is for a new manifest",
        ),
    ] {
        bench.write("b.json", "{\"version\": 1, \"inventory\": \"acme\"}");
        let ran = bench.run(&[arguments, &["--yes"]].concat());
        assert_eq!(ran.code, code, "{arguments:?}: {}", ran.all());
        ran.stderr_has(what);
    }
    let asked = bench.run(&["import", "--all"]).expect_code(8);
    asked.stderr_has("cannot ask for confirmation without a terminal");
    let into = [
        "import",
        "--all",
        "--yes",
        "-f",
        "instances.yaml",
        "-f",
        "b.json",
        "--into",
        "b.json",
    ];
    let _ = bench.run(&into).expect_code(0);
    assert_eq!(bench.read("instances.yaml"), MANIFEST);
    let added = bench.read_json("b.json");
    assert_eq!(
        added["instances"]["jira"]["configuration"]["password"],
        "${env:JIRA_PASSWORD}"
    );
}

#[test]
fn a_manifest_that_nothing_can_be_added_to_gets_the_stanza_on_paper() {
    let sandbox = Sandbox::start(&[]);
    let text = "version: 1\ninventory: acme\nx-all: &all {}\ninstances: *all\n";
    let bench = Bench::on(&sandbox).with_manifest(text);
    let id = make(&sandbox, &desk("Desk", &["a"]));
    let ran = bench.run(&["import", "--all", "--yes"]).expect_code(5);
    ran.stderr_has("cannot add the instances to `instances.yaml` without changing what is there; nothing was written or sent");
    ran.stderr_has("connectorctl import KEY ID");
    assert_eq!(bench.read("instances.yaml"), text);
    assert_eq!(tags(&sandbox, id), ["a"]);
    assert!(!bench.path("instances.lock.json").exists());
    // Pasted as it is printed, and imported before the next apply.
    bench.write(
        "instances.yaml",
        &format!("version: 1\ninventory: acme\ninstances:\n{}", ran.stdout),
    );
    let _ = bench
        .run(&["import", "desk", &id.to_string(), "--yes"])
        .expect_code(0);
    let bench = bench.with("DESK_USERNAME", "invented-freshdesk-key");
    settles(&bench, &sandbox, "pasted");
    assert_eq!(sandbox.instances().len(), 1);
}

#[test]
fn an_invalid_manifest_and_another_platform_are_refused_before_anything_is_sent() {
    let sandbox = Sandbox::start(&[]);
    let other = Sandbox::start(&[]);
    let mut bench = Bench::on(&sandbox)
        .with("KEY", "invented-freshdesk-key")
        .with_manifest(MANIFEST);
    let _ = bench.apply();
    let id = make(&other, &desk("Other", &["a"]));
    bench.point_at(&other);
    let _ = bench.run(&["import", "--all", "--yes"]).expect_code(7);
    assert_eq!(tags(&other, id), ["a"]);
    bench.point_at(&sandbox);
    bench.write(
        "instances.yaml",
        "version: 1\ninventory: acme\ninstances: 3\n",
    );
    let _ = bench.run(&["import", "--all", "--yes"]).expect_code(8);
    let renamed = MANIFEST.replace("acme\ninstances", "else\ninstances");
    bench.write("instances.yaml", &renamed);
    let _ = bench.run(&["import", "--all", "--yes"]).expect_code(5);
}
