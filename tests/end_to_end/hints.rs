//! Every hint of a refusal is followed, and the refusal is gone.

use serde_json::{Value, json};

use super::lists::{HEAD, MANIFEST_LINE, MARKER, other, page};
use crate::support::scripted::{Scripted, not_found};
use crate::support::{Bench, Sandbox};

const TWO: &str = "version: 1
inventory: acme
instances:
  a: { element: jira, configuration: { username: u, password: '${env:PASSWORD}' } }
  b: { element: jira, configuration: { username: u, password: '${env:PASSWORD}' } }
";
const LOCK: &str = "instances.lock.json";

fn applied(sandbox: &Sandbox) -> Bench {
    let bench = Bench::on(sandbox)
        .with("PASSWORD", "invented-password")
        .with_manifest(TWO);
    let _ = bench.apply();
    bench
}

fn id(bench: &Bench, key: &str) -> u64 {
    let lock = bench.lock();
    lock["instances"][key]["id"].as_u64().expect("an id")
}

fn edit_lock(bench: &Bench, edit: impl Fn(&mut Value)) {
    let mut lock = bench.lock();
    edit(&mut lock["instances"]);
    let text = serde_json::to_string_pretty(&lock).expect("JSON");
    bench.write(LOCK, &text);
    // What it recorded a short time ago would be merged in.
    std::fs::remove_dir_all(bench.path(".connectorctl")).expect("a journal");
}

fn tags(sandbox: &Sandbox, id: u64) -> Vec<Value> {
    let seen = sandbox.call("GET", &format!("/instances/{id}"), None).body;
    seen["tags"].as_array().expect("tags").clone()
}

/// The plan is refused with this hint.
fn refused(bench: &Bench, hint: &str) {
    let ran = bench.run(&["plan"]).expect_code(5);
    ran.stderr_has(&format!("hint: {hint}"));
}

fn not_refused(bench: &Bench) {
    let _ = bench.run(&["plan"]).expect_code(0);
}

/// The entries of two keys were swapped, or one was copied.
#[test]
fn a_rebuild_puts_right_what_the_lock_file_confuses() {
    let sandbox = Sandbox::start(&[]);
    let bench = applied(&sandbox);
    let (a, b) = (id(&bench, "a"), id(&bench, "b"));
    let swap = |instances: &mut Value| {
        let (one, two) = (instances["a"].clone(), instances["b"].clone());
        *instances = json!({ "a": two, "b": one });
    };
    let copy = |instances: &mut Value| instances["b"] = instances["a"].clone();
    let confused: [&dyn Fn(&mut Value); 2] = [&swap, &copy];
    let hints = [
        "remove the marker `connectorctl:acme:b` from it on the platform, or, if it is right, run `connectorctl lock rebuild`",
        "run `connectorctl lock rebuild`",
    ];
    for (edit, hint) in confused.iter().zip(hints) {
        edit_lock(&bench, edit);
        refused(&bench, hint);
        let _ = bench.run(&["lock", "rebuild", "--yes"]).expect_code(0);
        assert_eq!((id(&bench, "a"), id(&bench, "b")), (a, b));
        not_refused(&bench);
    }
}

/// The other way: the lock file is right, and a person edited the tags.
#[test]
fn without_the_wrong_marker_a_recorded_instance_gets_its_own_back() {
    let sandbox = Sandbox::start(&[]);
    let bench = applied(&sandbox);
    let a = id(&bench, "a");
    let own = tags(&sandbox, a);
    for wrong in ["connectorctl:acme:b", "connectorctl:other:x"] {
        sandbox.patch(a, &json!({ "tags": [wrong] }));
        refused(
            &bench,
            &format!("remove the marker `{wrong}` from it on the platform, or"),
        );
        sandbox.patch(a, &json!({ "tags": ["mine"] }));
        let _ = bench.apply();
        assert!(tags(&sandbox, a).contains(&own[0]));

        sandbox.patch(a, &json!({ "tags": [own[0], wrong] }));
        refused(
            &bench,
            &format!("remove the marker `{wrong}` from it on the platform\n"),
        );
        sandbox.patch(a, &json!({ "tags": [own[0]] }));
        not_refused(&bench);
    }
}

/// The instance went to another inventory.
#[test]
fn a_rebuild_drops_the_entry_of_an_instance_that_was_given_away() {
    let sandbox = Sandbox::start(&[]);
    let bench = applied(&sandbox);
    let a = id(&bench, "a");
    sandbox.patch(a, &json!({ "tags": ["connectorctl:other:x"] }));
    refused(
        &bench,
        "remove the marker `connectorctl:other:x` from it on the platform, or, if it is right, run `connectorctl lock rebuild`, which drops the entry",
    );
    let _ = bench.run(&["lock", "rebuild", "--yes"]).expect_code(0);
    let plan = bench.plan_json(&[]);
    assert_eq!(plan["summary"]["create"], 1, "{plan}");
}

/// The key before a rename is recorded and protected, while the new key has an instance of its own.
#[test]
fn a_protected_leftover_of_a_rename_is_given_up_as_the_hint_says() {
    let sandbox = Sandbox::start(&[]);
    let bench = Bench::on(&sandbox)
        .with("PASSWORD", "invented-password")
        .with_manifest(&TWO.replace(
            "  a: { element: jira,",
            "  a: { element: jira, lifecycle: { protect: true },",
        ));
    let _ = bench.apply();
    let whole = bench.read("instances.yaml");
    let without_a = "version: 1
inventory: acme
instances:
  b: { element: jira, lifecycle: { movedFrom: a }, configuration: { username: u, password: '${env:PASSWORD}' } }
";
    bench.write("instances.yaml", without_a);
    let plan = bench.run(&["plan"]).expect_code(0);
    plan.stdout_has("it is protected");
    let ran = bench.run(&["plan", "--prune=duplicates"]).expect_code(5);
    ran.stderr_has(
        "hint: remove `movedFrom` from `b`, declare `a` again with `protect: false`, apply, and then remove it",
    );
    bench.write(
        "instances.yaml",
        &whole.replace("protect: true", "protect: false"),
    );
    let _ = bench.apply();
    bench.write(
        "instances.yaml",
        &without_a.replace("lifecycle: { movedFrom: a }, ", ""),
    );
    let plan = bench.plan_json(&["--prune"]);
    assert_eq!(plan["summary"]["delete"], 1, "{plan}");
}

/// A rebuild has no `--assume-absent`: a key that is not in the manifest needs no proof.
#[test]
fn a_rebuild_whose_list_proves_nothing_names_what_helps() {
    let server = Scripted::start(|asked| match asked.path {
        "/instances" if asked.query.contains("tags") => Some(not_found("No instances found", &[])),
        "/instances" => Some(page(
            &[other(1), other(asked.nth as u64 + 20)],
            Some("9"),
            None,
        )),
        _ => None,
    });
    let manifest = format!("{HEAD}{}", MANIFEST_LINE.replace("KEY", "k1"));
    let bench = Bench::at(&server.url).with_manifest(&manifest);
    let ran = bench.run(&["lock", "rebuild", "--yes"]).expect_code(1);
    ran.stderr_has("the lock file was not changed");
    ran.stderr_has(&format!("an instance with the tag `{MARKER}`"));
    ran.stderr_lacks("--assume-absent");
    bench.write(
        "instances.yaml",
        "version: 1\ninventory: acme\ninstances: {}\n",
    );
    let _ = bench.run(&["lock", "rebuild", "--yes"]).expect_code(0);
}

#[test]
fn a_hint_names_what_the_option_takes() {
    let sandbox = Sandbox::start(&[]);
    let bench = applied(&sandbox);
    let ran = bench
        .run(&["plan", "--replace=nowhere-near"])
        .expect_code(8);
    ran.stderr_lacks("`*`");
    let ran = bench.run(&["plan", "--target=nowhere-near"]).expect_code(8);
    ran.stderr_has("`*` matches any text");
    let ran = bench.run(&["token", "nowhere-near"]).expect_code(8);
    ran.stderr_has("`connectorctl list`");
}
