//! Every declared instance counts in the summary, and every selector selects something.

use serde_json::json;

use crate::support::{Bench, Sandbox};

/// Two of three wait for a person to sign in.
const MANIFEST: &str = "\
version: 1
inventory: acme
instances:
  jira:
    element: jira
    configuration:
      base.url: https://jira.example.com
      username: automation
      password: ${env:JIRA_PASSWORD}
  sales: &oauth
    element: sfdc
    configuration:
      oauth.api.key: ${env:KEY}
      oauth.api.secret: ${env:SECRET}
      oauth.callback.url: https://example.com/callback
  service: *oauth
";

fn bench(sandbox: &Sandbox) -> Bench {
    Bench::on(sandbox)
        .with_manifest(MANIFEST)
        .with("JIRA_PASSWORD", "invented-password")
        .with("KEY", "invented-key")
        .with("SECRET", "invented-secret")
}

#[test]
fn what_waits_for_a_person_is_counted_and_only_strict_is_a_change() {
    let sandbox = Sandbox::start(&[]);
    let bench = bench(&sandbox);
    let applied = bench.apply_with(&["--report", "report.json"]);
    applied.stdout_has("3 declared: 0 unchanged, 2 need a sign-in");
    let summary = &bench.read_json("report.json")["summary"];
    assert_eq!(summary["needsSignIn"], 2, "{summary}");
    bench
        .run(&["plan", "--detailed-exitcode"])
        .expect_code(0)
        .stdout_has("No changes. 3 declared: 1 unchanged, 2 need a sign-in.");
    let _ = bench
        .run(&["plan", "--detailed-exitcode", "--strict"])
        .expect_code(2);
    let summary = &bench.plan_json(&["--exclude", "s*"])["summary"];
    let counts = [
        "declared",
        "unchanged",
        "needsSignIn",
        "contested",
        "excluded",
    ];
    let counts = counts.map(|name| summary[name].clone());
    assert_eq!(counts, [json!(3), json!(1), json!(0), json!(0), json!(2)]);
}

#[test]
fn a_selector_that_matches_nothing_is_a_usage_error() {
    let sandbox = Sandbox::start(&[]);
    let bench = bench(&sandbox);
    let _ = bench.apply();
    for (arguments, hint) in [
        (["plan", "--target=jria"], "did you mean `jira`?"),
        (["plan", "--exclude=jria"], "did you mean `jira`?"),
        (["plan", "--resend-secrets=jria"], "did you mean `jira`?"),
        (["plan", "--replace=jria"], "did you mean `jira`?"),
        (["drift", "--exclude=jria"], "did you mean `jira`?"),
        (["plan", "--exclude=nothing*"], "`*` matches any text"),
    ] {
        let ran = bench.run(&arguments).expect_code(8);
        ran.stderr_has("matches no instance");
        ran.stderr_has(hint);
    }
    bench
        .run(&["plan", "--target", "jira", "--exclude", "j*"])
        .expect_code(8)
        .stderr_has("`--target` and `--exclude` leave no instance");
    let _ = bench.run(&["plan", "--resend-secrets"]).expect_code(0);
}
