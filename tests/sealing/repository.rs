//! The lock file in a repository, with the real git: what a new user does, and what a plain one warns of.

use std::path::Path;
use std::process::Command;

use super::{Person, manifest, opened};
use crate::support::{Bench, Sandbox};

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
        .args(["-c", "init.defaultBranch=main"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .expect("git is installed");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "git {arguments:?}: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn clone(sandbox: &Sandbox, origin: &Path) -> Bench {
    let bench = Bench::on(sandbox)
        .with("JIRA", "invented-jira-password")
        .with("PATH", &std::env::var("PATH").unwrap_or_default());
    git(
        &bench.path(""),
        &["clone", "--quiet", &origin.display().to_string(), "."],
    );
    bench
}

fn commit_and_push(bench: &Bench) {
    git(&bench.path(""), &["add", "--all"]);
    git(
        &bench.path(""),
        &["commit", "--quiet", "--message", "apply"],
    );
    git(&bench.path(""), &["push", "--quiet", "origin", "HEAD:main"]);
}

#[test]
fn two_clones_share_an_inventory_and_one_of_them_has_no_identity() {
    let sandbox = Sandbox::start(&[]);
    let origin = tempfile::tempdir().expect("a folder");
    git(
        origin.path(),
        &["init", "--quiet", "--bare", "--initial-branch=main"],
    );
    let home = tempfile::tempdir().expect("a folder");
    let first = clone(&sandbox, origin.path())
        .with("XDG_CONFIG_HOME", &home.path().display().to_string())
        .with("ONE_URL", "https://one.example.com")
        .with("ONE_USERNAME", "bot")
        .with("ONE_PASSWORD", "invented-jira-password")
        .with("ONE_BASE_URL", "https://one.example.com");
    let init = [
        "init",
        "--inventory",
        "acme",
        "--connector",
        "one=jira",
        "--identity",
    ];
    let _ = first.run(&init).expect_code(0);
    // Nothing is said of plain tokens.
    first.apply().stderr_lacks("git work tree");
    commit_and_push(&first);

    let second = clone(&sandbox, origin.path())
        .with("ONE_USERNAME", "bot")
        .with("ONE_PASSWORD", "invented-jira-password")
        .with("ONE_BASE_URL", "https://one.example.com")
        .with("TWO_PASSWORD", "another-jira-password");
    second.plan_is_empty();
    let text = second.read("instances.yaml")
        + "  two:\n    element: jira\n    configuration: { base.url: https://two.example.com, username: bot, \
           password: \"${env:TWO_PASSWORD}\" }\n";
    second.write("instances.yaml", &text);
    let _ = second.apply();
    let ran = second.run(&["token", "two"]).expect_code(9);
    ran.stderr_has("no age identity is set");
    commit_and_push(&second);
    let tokens = sandbox.instances();
    for instance in &tokens {
        let token = instance["token"].as_str().expect("a token");
        let found = git(
            &second.path(""),
            &["log", "--all", "--format=%h", "-S", token],
        );
        assert_eq!(found, "", "a token is in the history");
    }

    git(&first.path(""), &["pull", "--quiet", "origin", "main"]);
    for key in ["one", "two"] {
        let ran = first.run(&["token", key]).expect_code(0);
        let is_it = tokens.iter().any(|it| it["token"] == ran.stdout.trim_end());
        assert!(is_it, "{key}");
    }
}

#[test]
fn a_plain_lock_file_in_a_work_tree_is_a_warning_and_strict_an_error() {
    let sandbox = Sandbox::start(&[]);
    let mut bench = super::bench(&sandbox, &manifest(&[], &["a"]))
        .with("PATH", &std::env::var("PATH").unwrap_or_default());
    bench.apply().stderr_lacks("git work tree");
    git(&bench.path(""), &["init", "--quiet"]);
    for _ in 0..2 {
        let ran = bench.apply();
        ran.stderr_has(
            "warning: `instances.lock.json` records tokens as plain text and is in a git work tree",
        );
    }
    let ran = bench.apply_with(&["--strict"]).expect_code(8);
    ran.stderr_has("lock.recipients");
    bench.write(".gitignore", "*.lock.json\n");
    bench
        .apply_with(&["--strict"])
        .expect_code(0)
        .stderr_lacks("git work tree");
    std::fs::remove_file(bench.path(".gitignore")).expect("removed");
    // What a sandbox hands out opens nothing.
    let _ = bench
        .run(&["apply", "--sandbox", "--yes", "--strict"])
        .expect_code(0);

    // The history keeps what was plain, which whoever seals it has to know.
    git(&bench.path(""), &["add", "--all"]);
    git(
        &bench.path(""),
        &["commit", "--quiet", "--message", "plain"],
    );
    let me = Person::new();
    bench.write("instances.yaml", &manifest(&[&me], &["a"]));
    let plain = bench.read("instances.lock.json");
    for command in [&["lock", "encrypt"][..], &["apply", "--yes"]] {
        bench.write("instances.lock.json", &plain);
        let ran = bench.run(command).expect_code(0);
        ran.stderr_has("the git history has plaintext tokens");
        ran.stderr_has("connectorctl apply --replace KEY");
    }
    bench
        .apply_with(&["--strict"])
        .expect_code(0)
        .stderr_lacks("git work tree");
    let token = super::token(&sandbox, &bench, "a");
    assert_eq!(opened(&mut bench, &me, "a"), token);
}
