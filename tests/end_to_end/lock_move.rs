//! `lock move`: an inventory gets another name, and nothing else changes.

use connectorctl::sandbox::Assumptions;
use serde_json::{Value, json};

use crate::support::{Bench, Sandbox};

const MANIFEST: &str = "\
version: 1
inventory: acme
instances:
  desk:
    element: freshdeskv2
    tags: [support]
    configuration: { subdomain: acme, username: \"${env:KEY}\" }
  tracker:
    element: jira
    configuration: { username: u, password: \"${env:KEY}\" }
  a-key-that-is-so-long-that-its-marker-is-shortened-to-64-characters:
    element: freshdeskv2
    name: Long
    configuration: { subdomain: acme, username: \"${env:KEY}\" }
";

fn applied(sandbox: &Sandbox) -> Bench {
    let bench = Bench::on(sandbox)
        .with("KEY", "invented-freshdesk-key")
        .with_manifest(MANIFEST);
    let _ = bench.apply();
    bench
}

fn lock_move(bench: &Bench, to: &str) -> crate::support::Ran {
    bench.run(&["lock", "move", "--to", to, "--yes"])
}

fn rename(bench: &Bench) {
    bench.edit_manifest("inventory: acme\n", "inventory: beta\n");
}

/// The bodies of all requests that wrote.
fn written(sandbox: &Sandbox) -> Vec<Value> {
    let log = sandbox.admin("GET", "/requests", None).body;
    let log = log.as_array().expect("a list");
    let writes = log.iter().filter(|request| request["method"] != "GET");
    writes.map(|request| request["body"].clone()).collect()
}

/// An instance with this marker that neither manifest nor lock file knows.
fn orphan(sandbox: &Sandbox, marker: &str) -> u64 {
    let body = json!({
        "element": { "key": "freshdeskv2" },
        "name": "Orphan",
        "tags": [marker, "mine"],
        "configuration": { "subdomain": "acme", "username": "invented-key" },
    });
    let made = sandbox.call("POST", "/instances", Some(&body)).expect(200);
    made["id"].as_u64().expect("an id")
}

fn tags(sandbox: &Sandbox, id: u64) -> Value {
    let path = format!("/instances/{id}");
    sandbox.call("GET", &path, None).expect(200)["tags"].clone()
}

#[test]
fn markers_and_lock_file_change_and_no_secret_is_sent() {
    let sandbox = Sandbox::start(&[]);
    let mut bench = applied(&sandbox);
    let before = bench.lock();
    let kept = orphan(&sandbox, "connectorctl:acme:gone");
    let retired = orphan(&sandbox, "connectorctl-retired:acme:desk");
    let other = orphan(&sandbox, "connectorctl:acme-2:desk");
    rename(&bench);
    for command in [&["plan"][..], &["apply", "--yes"]] {
        let ran = bench.run(command).expect_code(5);
        ran.stderr_has("`connectorctl lock move --to beta`");
    }
    let _ = sandbox.admin("DELETE", "/requests", None).expect(200);
    let ran = lock_move(&bench, "beta").expect_code(0);
    ran.stdout_has("Rename `acme` to `beta`: 5 markers to change.");
    ran.stdout_has("    - marker: connectorctl:acme:desk\n    + marker: connectorctl:beta:desk\n");
    assert_eq!(
        tags(&sandbox, kept),
        json!(["connectorctl:beta:gone", "mine"])
    );
    assert_eq!(
        tags(&sandbox, retired),
        json!(["connectorctl-retired:beta:desk", "mine"])
    );
    assert_eq!(
        tags(&sandbox, other),
        json!(["connectorctl:acme-2:desk", "mine"])
    );
    let bodies = written(&sandbox);
    assert_eq!(bodies.len(), 5, "{bodies:?}");
    for body in &bodies {
        let members: Vec<&String> = body.as_object().expect("an object").keys().collect();
        assert_eq!(members, ["tags"]);
    }
    let after = bench.lock();
    assert_eq!(after["inventory"], "beta");
    for key in ["desk", "tracker"] {
        for member in ["id", "token", "name", "tags", "configuration"] {
            assert_eq!(
                after["instances"][key][member],
                before["instances"][key][member]
            );
        }
    }
    // The secrets are known under the new name, too: unchanged ones, and one that changes.
    let plan = bench.plan_json(&[]);
    let steps: Vec<_> = plan["steps"].as_array().expect("steps").iter().collect();
    assert_eq!(
        steps.len(),
        1,
        "the retired instance is still to be deleted: {plan}"
    );
    assert_eq!(steps[0]["action"], "delete", "{plan}");
    let _ = bench.apply_with(&[]).expect_code(0);
    bench.plan_is_empty();
    bench.set("KEY", "another-invented-key");
    let plan = bench.plan_json(&[]);
    assert_eq!(plan["summary"]["update"], 3, "{plan}");
    assert_eq!(
        plan["steps"][0]["reasons"],
        json!(["secret-changed"]),
        "{plan}"
    );
    // And back.
    bench.set("KEY", "invented-freshdesk-key");
    bench.edit_manifest("inventory: beta\n", "inventory: acme\n");
    let _ = lock_move(&bench, "acme").expect_code(0);
    bench.plan_is_empty();
    assert_eq!(bench.lock()["instances"], before["instances"]);
}

#[test]
fn under_the_opposite_answer_to_every_question() {
    for (question, _, answers) in Assumptions::QUESTIONS {
        for answer in &answers[1..] {
            let assumption = format!("{question}={answer}");
            let sandbox = Sandbox::start(&["--assume", &assumption]);
            let bench = applied(&sandbox);
            rename(&bench);
            let ran = lock_move(&bench, "beta");
            assert_eq!(ran.code, 0, "{assumption}: {}", ran.all());
            let ran = bench.run(&["plan", "--detailed-exitcode"]);
            assert_eq!(ran.code, 0, "{assumption}: {}", ran.all());
        }
    }
}

#[test]
fn what_has_the_new_name_already_refuses_it() {
    let sandbox = Sandbox::start(&[]);
    let bench = applied(&sandbox);
    let id = orphan(&sandbox, "connectorctl:beta:theirs");
    let lock = bench.read("instances.lock.json");
    bench.write("prod.lock.json", &lock.replace("\"acme\"", "\"beta\""));
    bench.write("package.lock.json", "{}");
    rename(&bench);
    let ran = lock_move(&bench, "beta").expect_code(5);
    ran.stderr_has(&format!(
        "instance {id} carries the marker `connectorctl:beta:theirs`"
    ));
    ran.stderr_has("prod.lock.json` belongs to inventory `beta`");
    ran.stderr_has("hint: choose another name");
    ran.stderr_lacks("package.lock.json");
    assert_eq!(bench.read("instances.lock.json"), lock);
    assert_eq!(sandbox.count("posts"), 4);
    bench.edit_manifest("inventory: beta\n", "inventory: acme\n");
    bench.plan_is_empty();
}

#[test]
fn what_is_not_settled_or_not_known_refuses_it() {
    let sandbox = Sandbox::start(&[]);
    let bench = applied(&sandbox);
    // The outcome of a create is unknown.
    let text = bench.read("instances.yaml");
    let more = "  new:\n    element: freshdeskv2\n    configuration: { subdomain: acme, username: \"${env:KEY}\" }\n";
    bench.write("instances.yaml", &format!("{text}{more}"));
    sandbox.set_faults(&["POST /instances kind=cut-before-commit count=9"]);
    let _ = bench
        .apply_with(&["--settle", "1s", "--deadline", "1s"])
        .expect_code(4);
    sandbox.set_faults(&[] as &[&str]);
    rename(&bench);
    let ran = lock_move(&bench, "beta").expect_code(5);
    ran.stderr_has("new: outcome of a create is unknown");
    ran.stderr_has("set `inventory: acme` again");
    bench.edit_manifest("inventory: beta\n", "inventory: acme\n");
    let _ = bench.apply_with(&["--settle", "1s"]).expect_code(0);
    // One is gone, one has a marker of somebody else, one a marker that does not show its key.
    let id = |key: &str| {
        bench.lock()["instances"][key]["id"]
            .as_u64()
            .expect("an id")
    };
    let (desk, tracker) = (id("desk"), id("tracker"));
    let _ = sandbox
        .call("DELETE", &format!("/instances/{desk}"), None)
        .expect(200);
    sandbox.patch(tracker, &json!({ "tags": ["connectorctl:other:tracker"] }));
    let long = format!("connectorctl:acme:{}-0123456789abcdef", "x".repeat(29));
    let unknown = orphan(&sandbox, &long);
    rename(&bench);
    let ran = lock_move(&bench, "beta").expect_code(5);
    ran.stderr_has(&format!(
        "desk: recorded instance {desk} is missing on the platform"
    ));
    ran.stderr_has(&format!(
        "tracker: instance {tracker} carries the marker `connectorctl:other:tracker`"
    ));
    ran.stderr_has(&format!(
        "instance {unknown} carries the shortened marker `{long}`"
    ));
    assert_eq!(ran.stderr.matches("hint: ").count(), 3, "{}", ran.stderr);
}

#[test]
fn usage_that_does_not_fit_is_named() {
    let sandbox = Sandbox::start(&[]);
    let bench = applied(&sandbox);
    let ran = lock_move(&bench, "beta").expect_code(8);
    ran.stderr_has("the manifest declares inventory `acme`, not `beta`");
    ran.stderr_has("set `inventory: beta` in the manifest");
    lock_move(&bench, "acme")
        .expect_code(0)
        .stdout_has("belongs to `acme` already");
    rename(&bench);
    let asked = bench.run(&["lock", "move", "--to", "beta"]).expect_code(8);
    asked.stderr_has("--yes");
    bench.fresh_clone();
    lock_move(&bench, "beta")
        .expect_code(1)
        .stderr_has("no lock file");
}

/// The embedded sandbox keeps its state by the name of the inventory.
#[test]
fn the_state_of_the_embedded_sandbox_gets_the_new_name() {
    let bench = Bench::new().with_manifest(MANIFEST);
    let _ = bench.run(&["apply", "--sandbox", "--yes"]).expect_code(0);
    rename(&bench);
    let command = ["lock", "move", "--sandbox", "--to", "beta", "--yes"];
    let _ = bench.run(&command).expect_code(0);
    let plan = ["plan", "--sandbox", "--detailed-exitcode"];
    let _ = bench.run(&plan).expect_code(0);
    // A state with that name already.
    bench.write(".connectorctl/acme.sandbox.json", "{}");
    bench.edit_manifest("inventory: beta\n", "inventory: acme\n");
    let command = ["lock", "move", "--sandbox", "--to", "acme", "--yes"];
    let ran = bench.run(&command).expect_code(5);
    ran.stderr_has("acme.sandbox.json` belongs to inventory `acme`");
}
