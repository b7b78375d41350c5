//! The example at the top of the repository, as the README's first command runs it.

use std::path::Path;

use crate::support::Bench;

#[test]
fn the_example_applies_on_the_sandbox_with_no_variable_set_and_then_changes_nothing() {
    let bench = Bench::new();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("instances.example.yaml");
    let text = std::fs::read_to_string(example).expect("the example");
    bench.write("instances.example.yaml", &text);
    let file = ["-f", "instances.example.yaml", "--sandbox"];
    let run = |verb: &[&str]| bench.run(&[verb, &file[..]].concat());

    let first = run(&["apply", "--yes"]).expect_code(0);
    first.stdout_has("freshdesk-support");
    let lock = bench.read("instances.example.sandbox.lock.json");
    let second = run(&["apply", "--yes"]).expect_code(0);
    second.stdout_has("No changes");
    assert_eq!(bench.read("instances.example.sandbox.lock.json"), lock);
    let _ = run(&["plan", "--detailed-exitcode"]).expect_code(0);
    let offline = bench.run(&[
        "plan",
        "--offline",
        "--lock",
        "instances.example.sandbox.lock.json",
        "-f",
        "instances.example.yaml",
        "--detailed-exitcode",
    ]);
    assert_eq!(offline.code, 0, "{}", offline.all());
    let _ = run(&["validate", "--strict"]).expect_code(0);
}

#[test]
fn a_full_plan_shows_what_is_unchanged_too() {
    let bench = Bench::new().with_manifest(
        "version: 1\ninventory: acme\ninstances:\n  k:\n    element: jira\n    tags: [t]\n    configuration: { username: a, password: '${env:P}' }\n",
    );
    let _ = bench.run(&["apply", "--sandbox", "--yes"]).expect_code(0);
    let ran = bench.run(&["plan", "--sandbox", "--full"]).expect_code(0);
    insta::assert_snapshot!(ran.stdout);
}
