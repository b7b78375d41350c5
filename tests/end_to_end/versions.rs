//! `secretVersions`: a source that yields another value on each read is read only when its value is sent.

use serde_json::{Value, json};

use crate::support::{Bench, Ran, Sandbox};

const MANIFEST: &str = "\
version: 1
inventory: acme
instances:
  k:
    element: jira
    name: K
    secretVersions: { password: one }
    configuration:
      username: u
      password: ${exec:sh read.sh}
";

/// Another value on each read, and one more line for each.
const SOURCE: &str = "echo read >> reads\necho canary-$(wc -l < reads | tr -d ' ')\n";

fn bench(sandbox: &Sandbox, manifest: &str) -> Bench {
    let bench = Bench::on(sandbox).with_manifest(manifest);
    bench.write("read.sh", SOURCE);
    bench.write("reads", "");
    bench
}

/// Without a version, as version 0.
fn unversioned() -> String {
    MANIFEST.replace("    secretVersions: { password: one }\n", "")
}

fn reads(bench: &Bench) -> usize {
    bench.read("reads").lines().count()
}

fn apply(bench: &Bench, more: &[&str]) -> Ran {
    bench.apply_with(&[&["--allow-exec"], more].concat())
}

fn plan(bench: &Bench) -> Value {
    bench.plan_json(&["--allow-exec"])
}

fn recorded(bench: &Bench) -> Value {
    bench.lock()["instances"]["k"]["secrets"]["password"].clone()
}

/// How often the instance was changed.
fn updates(sandbox: &Sandbox) -> usize {
    let log = sandbox.admin("GET", "/requests", None).body;
    let requests = log.as_array().expect("a list");
    let is_update = |request: &&Value| request["method"] == "PATCH";
    requests.iter().filter(is_update).count()
}

#[test]
fn the_source_is_read_only_when_the_value_is_sent() {
    let sandbox = Sandbox::start(&[]);
    let bench = bench(&sandbox, MANIFEST);
    // Neither a plan nor a run that sends nothing needs the permission to run the command.
    assert_eq!(bench.plan_json(&[])["steps"][0]["action"], "create");
    assert_eq!(reads(&bench), 0);
    let _ = apply(&bench, &[]).expect_code(0);
    assert_eq!(reads(&bench), 1);
    assert_eq!(recorded(&bench)["version"], "one");

    let before = bench.read("instances.lock.json");
    assert_eq!(bench.plan_json(&[])["steps"], json!([]));
    let _ = bench.apply();
    // Another change of the instance sends no secret.
    bench.edit_manifest("name: K", "name: Other");
    let _ = bench.apply();
    assert_eq!(reads(&bench), 1);
    let after = bench.read("instances.lock.json");
    assert_eq!(
        after,
        before.replace("\"name\": \"K\"", "\"name\": \"Other\"")
    );

    bench.edit_manifest("password: one", "password: two");
    let step = bench.plan_json(&[])["steps"][0].clone();
    assert_eq!(step["reasons"], json!(["secret-changed"]));
    let changes = json!([{"path": "configuration.password", "secret": true}]);
    assert_eq!(step["changes"], changes);
    assert_eq!(reads(&bench), 1);
    let offline = bench.plan_json(&["--offline"]);
    assert_eq!(offline["steps"][0]["reasons"], json!(["secret-changed"]));
    let updated = updates(&sandbox);
    let ran = apply(&bench, &[]).expect_code(0);
    assert!(!ran.all().contains("canary"), "{}", ran.all());
    assert_eq!((reads(&bench), updates(&sandbox)), (2, updated + 1));
    assert_eq!(recorded(&bench)["version"], "two");
    assert_eq!(bench.plan_json(&[])["steps"], json!([]));

    let _ = apply(&bench, &["--resend-secrets"]).expect_code(0);
    assert_eq!((reads(&bench), updates(&sandbox)), (3, updated + 2));
    assert_eq!(bench.plan_json(&[])["steps"], json!([]));
    let _ = bench.run(&["lock", "verify"]).expect_code(0);
}

#[test]
fn a_source_that_fails_is_8_and_nothing_was_changed() {
    let sandbox = Sandbox::start(&[]);
    let bench = bench(&sandbox, MANIFEST);
    let ran = bench.apply_with(&[]).expect_code(8);
    ran.stderr_has("`k.configuration.password`: `${exec:…}` is disabled");
    bench.write("read.sh", "exit 1\n");
    let ran = apply(&bench, &[]).expect_code(8);
    ran.stderr_has("nothing was sent");
    assert_eq!(sandbox.instances(), [Value::Null; 0]);
    bench.write("read.sh", SOURCE);
    let _ = apply(&bench, &[]).expect_code(0);

    bench.edit_manifest("password: one", "password: two");
    bench.edit_manifest("name: K", "name: Other");
    bench.write("read.sh", "exit 1\n");
    let _ = apply(&bench, &[]).expect_code(8);
    assert_eq!(updates(&sandbox), 0);
    assert_eq!(recorded(&bench)["version"], "one");
}

#[test]
fn adding_a_version_sends_once_unless_it_is_accepted_and_removing_it_compares_the_value() {
    for accepts in [false, true] {
        let sandbox = Sandbox::start(&[]);
        let bench = bench(&sandbox, &unversioned());
        let _ = apply(&bench, &[]).expect_code(0);
        assert_eq!(reads(&bench), 1);
        let before = recorded(&bench);

        bench.write("instances.yaml", MANIFEST);
        let step = plan(&bench)["steps"][0].clone();
        assert_eq!(step["reasons"], json!(["secret-changed"]));
        if accepts {
            let _ = apply(&bench, &["--accept-secrets"]).expect_code(0);
            assert_eq!((reads(&bench), updates(&sandbox)), (1, 0));
            let mut versioned = before.clone();
            versioned["version"] = "one".into();
            assert_eq!(recorded(&bench), versioned, "the value is the one before");
        } else {
            let _ = apply(&bench, &[]).expect_code(0);
            assert_eq!((reads(&bench), updates(&sandbox)), (2, 1));
            assert_ne!(recorded(&bench)["salt"], before["salt"]);
        }
        assert_eq!(plan(&bench)["steps"], json!([]));

        // The value that was sent last is still known.
        let sent = reads(&bench);
        bench.write("instances.yaml", &unversioned());
        bench.write("read.sh", &format!("echo canary-{sent}\n"));
        assert_eq!(plan(&bench)["steps"], json!([]));
        bench.write("read.sh", "echo canary-other\n");
        let step = plan(&bench)["steps"][0].clone();
        assert_eq!(step["reasons"], json!(["secret-changed"]));
        let _ = apply(&bench, &[]).expect_code(0);
        assert_eq!(recorded(&bench)["version"], Value::Null);
    }
}

#[test]
fn a_value_that_was_never_sent_can_be_accepted_without_reading_it() {
    let sandbox = Sandbox::start(&[]);
    let bench = bench(&sandbox, MANIFEST);
    let _ = apply(&bench, &[]).expect_code(0);
    // Lock file and journal are lost, so that the value is unverified.
    bench.fresh_clone();
    let adopted = apply(&bench, &["--accept-secrets"]);
    let _ = adopted.expect_code(0);
    assert_eq!((reads(&bench), updates(&sandbox)), (1, 0));
    assert_eq!(recorded(&bench)["version"], "one");
    assert_eq!(bench.plan_json(&[])["steps"], json!([]));
    // Nobody knows its value, so that without the version it is sent.
    bench.write("instances.yaml", &unversioned());
    bench.write("read.sh", "echo canary-1\n");
    assert_eq!(
        plan(&bench)["steps"][0]["reasons"],
        json!(["secret-changed"])
    );
}

#[test]
fn a_value_that_the_platform_shows_is_compared_with_the_one_that_was_sent() {
    let sandbox = Sandbox::start(&[]);
    let manifest = MANIFEST
        .replace(
            "username: u",
            "username: u\n      base.url: ${exec:sh read.sh}",
        )
        .replace("password: one", "base.url: one")
        .replace("password: ${exec:sh read.sh}", "password: p");
    let bench = bench(&sandbox, &manifest);
    let _ = apply(&bench, &[]).expect_code(0);
    assert_eq!(plan(&bench)["steps"], json!([]));
    let id = sandbox.instances()[0]["id"].as_u64().expect("an id");
    sandbox.patch(id, &json!({"configuration": {"base.url": "theirs"}}));
    assert_eq!(plan(&bench)["steps"][0]["reasons"], json!(["drifted"]));
    assert_eq!(reads(&bench), 1);

    // With a new version, what is there is accepted.
    bench.edit_manifest("base.url: one", "base.url: two");
    let updated = updates(&sandbox);
    let _ = apply(&bench, &["--accept-secrets"]).expect_code(0);
    assert_eq!(plan(&bench)["steps"], json!([]));
    assert_eq!((reads(&bench), updates(&sandbox)), (1, updated));
    bench.edit_manifest("base.url: two", "base.url: three");
    let _ = apply(&bench, &[]).expect_code(0);
    assert_eq!((reads(&bench), updates(&sandbox)), (2, updated + 1));
    assert_eq!(plan(&bench)["steps"], json!([]));
}

#[test]
fn a_create_whose_answer_was_lost_knows_the_version_it_sent() {
    let sandbox = Sandbox::start(&[]);
    let bench = bench(&sandbox, MANIFEST);
    sandbox.set_faults(&["POST /instances kind=cut-after-commit"]);
    let _ = apply(&bench, &["--settle=1s"]);
    sandbox.set_faults(&[""; 0]);
    let _ = apply(&bench, &["--settle=1s"]).expect_code(0);
    assert_eq!(sandbox.instances().len(), 1);
    assert_eq!((reads(&bench), updates(&sandbox)), (1, 0));
    assert_eq!(recorded(&bench)["version"], "one");
    assert_eq!(bench.plan_json(&[])["steps"], json!([]));
}

/// The intent names what was sent: another process knows it, and does not read the source.
#[test]
fn after_a_death_in_a_create_the_next_run_knows_the_version() {
    for death in ["response-received:1", "after-candidate:1", "after-result:1"] {
        let sandbox = Sandbox::start(&[]);
        let mut bench = bench(&sandbox, MANIFEST);
        bench.set("CONNECTORCTL_KILL_AT", death);
        assert_ne!(apply(&bench, &[]).code, 0, "{death}");
        bench.unset("CONNECTORCTL_KILL_AT");
        let _ = apply(&bench, &["--settle=1s"]).expect_code(0);
        assert_eq!(sandbox.instances().len(), 1, "{death}");
        assert_eq!((reads(&bench), updates(&sandbox)), (1, 0), "{death}");
        assert_eq!(recorded(&bench)["version"], "one", "{death}");
        assert_eq!(bench.plan_json(&[])["steps"], json!([]), "{death}");
    }
}

/// Nobody knows whether it took effect, so the next run sends it once more.
#[test]
fn a_change_whose_answer_was_lost_is_sent_once_more_with_its_version() {
    let sandbox = Sandbox::start(&[]);
    let bench = bench(&sandbox, MANIFEST);
    let _ = apply(&bench, &[]).expect_code(0);
    bench.edit_manifest("password: one", "password: two");
    sandbox.set_faults(&["PATCH * kind=cut-after-commit count=1000"]);
    assert_ne!(apply(&bench, &["--deadline=1s"]).code, 0);
    sandbox.set_faults(&[""; 0]);
    let again = &plan(&bench)["steps"][0];
    assert_eq!(again["reasons"], json!(["secret-unverified"]));
    let _ = apply(&bench, &[]).expect_code(0);
    assert_eq!(recorded(&bench)["version"], "two");
    assert_eq!(plan(&bench)["steps"], json!([]));
    // Back to the first version is a change, too.
    bench.edit_manifest("password: two", "password: one");
    let back = &plan(&bench)["steps"][0];
    assert_eq!(back["reasons"], json!(["secret-changed"]));
}

#[test]
fn defaults_have_versions_and_a_version_of_nothing_is_an_error() {
    let sandbox = Sandbox::start(&[]);
    let bench = bench(&sandbox, &unversioned());
    let defaults = "inventory: acme\ndefaults: { secretVersions: { password: 2026.10 } }\n";
    bench.edit_manifest("inventory: acme\n", defaults);
    let _ = apply(&bench, &[]).expect_code(0);
    assert_eq!(recorded(&bench)["version"], "2026.10");

    for (version, message) in [
        ("passwort: one", "`passwort`, which `k` does not declare"),
        ("username: one", "`username`, which is not secret"),
        ("password: ''", "the version of `password` is empty"),
        (
            "password: '${env:X}'",
            "a version cannot contain a reference",
        ),
        (
            "password: [a]",
            "expected a string for a version, found a list",
        ),
    ] {
        bench.write(
            "instances.yaml",
            &MANIFEST.replace("password: one", version),
        );
        let ran = bench.run(&["validate"]).expect_code(8);
        ran.stderr_has(message);
        ran.stderr_has("instances.yaml:7:");
        ran.stderr_has("hint");
    }
}
