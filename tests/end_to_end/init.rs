//! `init`: a first manifest that can be applied as it is, and never overwrites anything.

use connectorctl::catalog::Catalog;

use crate::support::Bench;

#[test]
fn a_manifest_of_every_connector_is_valid_and_can_be_applied() {
    let bench = Bench::new();
    let mut arguments = vec!["init", "--inventory", "acme"];
    for element in Catalog::embedded().elements() {
        arguments.extend(["--connector", &element.key]);
    }
    let _ = bench.run(&arguments).expect_code(0);
    let _ = bench.run(&["validate", "--strict"]).expect_code(0);
    let count = Catalog::embedded().elements().len();
    bench
        .run(&["apply", "--sandbox", "--yes"])
        .expect_code(0)
        .stdout_has(&format!("Apply: {count} applied.\n"));
    let plan = bench.run(&["plan", "--sandbox", "--detailed-exitcode"]);
    let _ = plan.expect_code(0);
}

#[test]
fn keys_variables_and_the_next_step_are_named() {
    let bench = Bench::new();
    let ran = bench
        .run(&[
            "init",
            "--connector",
            "eu=jira",
            "--connector",
            "jira",
            "--connector",
            "jira",
        ])
        .expect_code(0);
    ran.stderr_has("apply --sandbox\n");
    for key in ["EU", "JIRA", "JIRA_2"] {
        ran.stderr_has(&format!("  export {key}_PASSWORD=\n"));
    }
    let manifest = bench.read("instances.yaml");
    assert!(
        manifest.contains("\n  jira-2:\n    element: jira\n"),
        "{manifest}"
    );
    assert!(
        manifest.contains("password: ${env:EU_PASSWORD}\n"),
        "{manifest}"
    );
    // Nothing is sent before the references are there.
    let at = Bench::at("http://127.0.0.1:9").with_manifest(&manifest);
    at.run(&["apply", "--yes"])
        .expect_code(8)
        .stderr_has("EU_PASSWORD");
}

#[test]
fn nothing_is_overwritten_and_mistakes_are_named() {
    let bench = Bench::new().with_manifest("# mine\n");
    let again = bench.run(&["init", "--connector", "jira"]).expect_code(8);
    again.stderr_has("`instances.yaml` exists already");
    assert_eq!(bench.read("instances.yaml"), "# mine\n");
    for (arguments, what) in [
        (&["--connector", "jirra"][..], "did you mean `jira`?"),
        (&["--connector", "zzzzzz"], "your own element"),
        (
            &["--connector", "a b=jira"],
            "invalid key in `--connector a b=jira`",
        ),
        (
            &["--connector", "a=jira", "--connector", "a=box"],
            "the key `a`",
        ),
        (
            &["--connector", "jira", "--inventory", "a b"],
            "invalid `--inventory`",
        ),
        (&[], "pass `--connector`"),
        (
            &["--connector", "jira", "-f", "y.yaml"],
            "writes one manifest",
        ),
    ] {
        let ran = bench.run(&[&["init", "-f", "x.yaml"], arguments].concat());
        ran.expect_code(8).stderr_has(what);
        assert!(!bench.path("x.yaml").exists(), "{arguments:?}");
    }
    let printed = bench
        .run(&["init", "--connector", "jira", "-f", "-"])
        .expect_code(0);
    bench.write("x.yaml", &printed.stdout);
    let _ = bench
        .run(&["validate", "--strict", "-f", "x.yaml"])
        .expect_code(0);
}
