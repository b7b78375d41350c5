//! What an import does, as a person sees it, under each reading of the platform.

use connectorctl::sandbox::Assumptions;
use serde_json::{Value, json};

use super::{desk, fill_in, jira, make, settles, tags};
use crate::support::{Bench, Sandbox};

/// Three instances: imported, filled in, applied, and imported again.
fn imported(assumptions: &[&str]) {
    let arguments: Vec<&str> = assumptions
        .iter()
        .flat_map(|it| ["--assume", *it])
        .collect();
    let sandbox = Sandbox::start(&arguments);
    let mut bench = Bench::on(&sandbox);
    let ids = [
        make(
            &sandbox,
            &desk("Freshdesk Support", &["support", "production"]),
        ),
        make(&sandbox, &jira("Jira: \"EU\"")),
        make(&sandbox, &jira("Jira: \"EU\"")),
    ];
    let before: Vec<Vec<String>> = ids.iter().map(|id| tags(&sandbox, *id)).collect();
    let ran = bench.run(&["import", "--all", "--yes", "--inventory", "acme"]);
    assert_eq!(ran.code, 0, "{assumptions:?}: {}", ran.all());
    // The marker is the only thing that is sent.
    for ((id, before), key) in
        ids.iter()
            .zip(before)
            .zip(["freshdesk-support", "jira-eu", "jira-eu-2"])
    {
        let mut expected = before;
        expected.push(format!("connectorctl:acme:{key}"));
        expected.sort();
        assert_eq!(tags(&sandbox, *id), expected, "{assumptions:?}");
    }
    // A secret is neither shown nor stored.
    let manifest = bench.read("instances.yaml");
    for text in [&manifest, &bench.read("instances.lock.json"), &ran.all()] {
        assert!(!text.contains("invented-"), "{text}");
    }
    let lock = bench.lock();
    assert!(lock["instances"]["jira-eu"]["secrets"]["password"].is_null());
    assert!(lock["instances"]["jira-eu"]["lifecycle"]["protect"].is_null());
    assert_eq!(
        fill_in(&mut bench, &ran.stderr),
        3,
        "{assumptions:?}: {}",
        ran.stderr
    );
    let plan = bench.plan_json(&["--accept-secrets"]);
    let steps = plan["steps"].as_array().expect("steps");
    assert!(
        steps
            .iter()
            .all(|step| step["reasons"] == json!(["lock-only"])),
        "{plan}"
    );
    settles(&bench, &sandbox, &format!("{assumptions:?}"));
    let state = sandbox.instances();
    let lock = bench.read("instances.lock.json");
    let again = bench.run(&["import", "--all", "--yes"]).expect_code(0);
    again.stdout_has("Import: nothing to import, 3 already managed.\n");
    assert_eq!(sandbox.instances(), state);
    assert_eq!(bench.read("instances.yaml"), manifest);
    assert_eq!(bench.read("instances.lock.json"), lock);
}

#[test]
fn the_marker_is_all_that_is_sent_and_the_plan_is_empty() {
    imported(&[]);
}

#[test]
fn under_the_opposite_answer_to_every_question() {
    for (question, _, answers) in Assumptions::QUESTIONS {
        for answer in &answers[1..] {
            imported(&[&format!("{question}={answer}")]);
        }
    }
}

#[test]
fn only_stanzas_are_added_to_a_manifest_with_comments_anchors_and_references() {
    let sandbox = Sandbox::start(&[]);
    let text = "# Acme.\nversion: 1\ninventory: acme # ours\nx-eu: &eu { base.url: \"https://eu.example.com\" }\ndefaults:\n  tags: [in-git]\n  configuration: { filter.response.nulls: false }\ninstances:\n\n  # The first.\n  old:   # here\n    element: jira\n    configuration:\n      <<: *eu\n      username: ${env:OLD_USER:-bob}\n      password: \"${env:OLD_PASSWORD}\"\n\n# The end.\n";
    let mut bench = Bench::on(&sandbox)
        .with("OLD_PASSWORD", "invented-password")
        .with_manifest(text);
    let _ = bench.apply();
    let _ = make(&sandbox, &desk("Desk", &["a"]));
    let _ = make(&sandbox, &jira("Jira"));
    let ran = bench.run(&["import", "--all", "--yes"]).expect_code(0);
    let edited = bench.read("instances.yaml");
    let head = text.find("\n# The end.").expect("the end");
    assert!(edited.starts_with(&text[..head]), "{edited}");
    assert!(edited.ends_with(&text[head..]), "{edited}");
    // What `defaults` would change is declared as it is.
    assert!(edited.contains("    tags: [a]\n"), "{edited}");
    assert!(edited.contains("    tags: [Jira]\n"), "{edited}");
    assert!(
        edited.contains("      filter.response.nulls: true\n"),
        "{edited}"
    );
    assert_eq!(fill_in(&mut bench, &ran.stderr), 2);
    settles(&bench, &sandbox, "defaults");
    let plan = bench.run(&["plan"]).expect_code(0);
    plan.stdout_has("3 unchanged");
}

#[test]
fn the_present_secrets_are_taken_as_right() {
    let sandbox = Sandbox::start(&[]);
    let bench = Bench::on(&sandbox);
    let id = make(&sandbox, &jira("Jira"));
    let arguments = [
        "import",
        "--all",
        "--yes",
        "--inventory",
        "acme",
        "--accept-secrets",
    ];
    let missing = bench.run(&arguments).expect_code(8);
    missing.stderr_has("JIRA_PASSWORD");
    assert!(!bench.path("instances.yaml").exists());
    assert_eq!(tags(&sandbox, id), ["Jira"]);
    let bench = bench.with("JIRA_PASSWORD", "invented-password");
    let ran = bench.run(&arguments).expect_code(0);
    ran.stderr_lacks("export");
    bench.plan_is_empty();
    assert!(bench.lock()["instances"]["jira"]["secrets"]["password"].is_object());
}

#[test]
fn some_are_selected_by_element_tag_and_name() {
    let sandbox = Sandbox::start(&[]);
    let bench = Bench::on(&sandbox);
    let _ = make(&sandbox, &desk("Desk EU", &["production"]));
    let _ = make(&sandbox, &desk("Desk US", &["test"]));
    let _ = make(&sandbox, &jira("Jira EU"));
    let keys = |select: &[&str]| -> Vec<String> {
        let mut arguments = vec!["import", "--yes", "--inventory", "acme", "-o", "json", "-f"];
        let file = format!("{}.yaml", select.join("-").replace(['=', '*', ' '], "_"));
        arguments.push(&file);
        let selected = select.iter().flat_map(|it| ["--select", *it]);
        arguments.extend(selected);
        let ran = bench.run(&arguments).expect_code(0);
        let result: Value = serde_json::from_str(&ran.stdout).expect("JSON");
        let imported = result["imported"].as_array().expect("rows");
        let keys = imported
            .iter()
            .map(|row| row["key"].as_str().expect("a key").to_owned());
        let keys: Vec<String> = keys.collect();
        let lock = file.replace(".yaml", ".lock.json");
        let mut forget = vec!["forget", "--yes", "-f", "none.yaml", "--lock", &lock];
        forget.extend(keys.iter().map(String::as_str));
        let _ = bench.run(&forget).expect_code(0);
        keys
    };
    assert_eq!(keys(&["element=freshdeskv2"]), ["desk-eu", "desk-us"]);
    assert_eq!(keys(&["name=*EU"]), ["desk-eu", "jira-eu"]);
    assert_eq!(keys(&["name=*EU", "element=freshdeskv2"]), ["desk-eu"]);
    assert_eq!(keys(&["tag=test", "tag=prod*"]), ["desk-eu", "desk-us"]);
    let unmatched = bench
        .run(&["import", "--yes", "--select", "element=freshdeskv3"])
        .expect_code(8);
    unmatched.stderr_has("`--select element=freshdeskv3` matches no instance");
    unmatched.stderr_has("use one of `freshdeskv2`, `jira`");
    let unmatched = bench
        .run(&["import", "--yes", "--select", "Desk"])
        .expect_code(8);
    unmatched.stderr_has("expected `element=KEY`");
}

#[test]
fn one_is_imported_under_a_chosen_key() {
    let sandbox = Sandbox::start(&[]);
    let bench = Bench::on(&sandbox).with_manifest("version: 1\ninventory: acme\n");
    let id = make(&sandbox, &desk("Desk", &["a"])).to_string();
    let _ = make(&sandbox, &jira("Jira"));
    let ran = bench
        .run(&["import", "support", &id, "--yes"])
        .expect_code(0);
    ran.stdout_has("Import: 1 imported.\n");
    ran.stderr_has("  export SUPPORT_USERNAME=\n");
    assert_eq!(
        bench.read("instances.yaml"),
        "version: 1\ninventory: acme\n\ninstances:\n  support:\n    element: freshdeskv2\n    name: Desk\n    tags: [a]\n    configuration:\n      subdomain: acme\n      username: ${env:SUPPORT_USERNAME}\n"
    );
    let bench = bench.with("SUPPORT_USERNAME", "invented-freshdesk-key");
    settles(&bench, &sandbox, "one");
    let again = bench
        .run(&["import", "support", &id, "--yes"])
        .expect_code(0);
    again.stdout_has("Import: nothing to import, 1 already managed.\n");
}

#[test]
fn what_has_no_token_is_imported_and_named() {
    let sandbox = Sandbox::start(&[]);
    let bench = Bench::on(&sandbox);
    let _ = make(&sandbox, &desk("Desk", &[]));
    sandbox.set_faults(&[
        "GET /instances* kind=no-token count=1000",
        "PATCH /instances* kind=no-token count=1000",
    ]);
    let ran = bench
        .run(&["import", "--all", "--yes", "--inventory", "acme"])
        .expect_code(0);
    ran.stderr_has("desk: the platform showed no token");
    assert!(bench.lock()["instances"]["desk"]["token"].is_null());
    sandbox.set_faults(&[] as &[&str]);
    let bench = bench.with("DESK_USERNAME", "invented-freshdesk-key");
    settles(&bench, &sandbox, "no token");
    assert!(bench.lock()["instances"]["desk"]["token"].is_string());
}
