//! A secret with a line break was refused without saying which one, or sent with it; one that is not
//! UTF-8 was said to be not set.

use std::ffi::OsString;
use std::process::Command;

use super::with_username;
use crate::support::{Bench, Sandbox};

const USER: &str = "CONNECTORCTL_USER_SECRET";
const ORGANIZATION: &str = "CONNECTORCTL_ORGANIZATION_SECRET";

/// `plan` with this as the user's secret, and what it says.
fn plan(bench: &Bench, user: Option<OsString>, more: &[(&str, OsString)]) -> (i32, String) {
    let mut command: Command = bench.command(&["plan"]);
    command.env_remove(USER);
    if let Some(user) = user {
        command.env(USER, user);
    }
    for (name, value) in more {
        command.env(name, value);
    }
    let output = command.output().expect("the binary runs");
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    (output.status.code().unwrap_or(-1), said)
}

fn bench(sandbox: &Sandbox) -> Bench {
    Bench::on(sandbox).with_manifest("version: 1\ninventory: a\n")
}

#[test]
fn a_line_break_at_the_end_of_an_account_secret_is_removed() {
    let sandbox = Sandbox::start(&[]);
    let bench = bench(&sandbox);
    for end in ["\n", "\r\n"] {
        let (code, said) = plan(&bench, Some(format!("{}{end}", sandbox.user).into()), &[]);
        assert_eq!(code, 0, "{said}");
        assert!(
            said.contains("`CONNECTORCTL_USER_SECRET` ends with a line break, which was removed"),
            "{said}"
        );
        // In a file that is usual.
        bench.write("user", &format!("{}{end}", sandbox.user));
        let file = [("CONNECTORCTL_USER_SECRET_FILE", bench.path("user").into())];
        let (code, said) = plan(&bench, None, &file);
        assert_eq!((code, said.contains("line break")), (0, false), "{said}");
    }
}

#[test]
fn a_line_break_inside_names_the_secret_that_has_it() {
    let sandbox = Sandbox::start(&[]);
    let bench = bench(&sandbox);
    let (half, rest) = sandbox.user.split_at(4);
    for secret in [
        format!("{half}\n{rest}"),
        format!("\n{}", sandbox.user),
        format!("{}\n\n", sandbox.user),
    ] {
        let (code, said) = plan(&bench, Some(secret.clone().into()), &[]);
        assert_eq!(code, 8, "{said}");
        assert!(
            said.contains("`CONNECTORCTL_USER_SECRET` contains a line break"),
            "{said}"
        );
        assert!(said.contains("only one at the end is removed"), "{said}");
        assert!(!said.contains(rest), "{said}");
        bench.write("user", &secret);
        let file = [("CONNECTORCTL_USER_SECRET_FILE", bench.path("user").into())];
        let (code, said) = plan(&bench, None, &file);
        assert_eq!(code, 8, "{said}");
        assert!(
            said.contains("user` (from `CONNECTORCTL_USER_SECRET_FILE`) contains a line break"),
            "{said}"
        );
    }
    let (code, said) = plan(
        &bench,
        Some(sandbox.user.clone().into()),
        &[(ORGANIZATION, format!("a\n{}", sandbox.organization).into())],
    );
    assert_eq!(code, 8, "{said}");
    assert!(
        said.contains("`CONNECTORCTL_ORGANIZATION_SECRET` contains a line break"),
        "{said}"
    );
}

#[test]
fn an_account_secret_that_is_empty_is_not_said_to_be_not_set() {
    let sandbox = Sandbox::start(&[]);
    let bench = bench(&sandbox);
    for empty in ["", " ", "\n"] {
        let (code, said) = plan(&bench, Some(empty.into()), &[]);
        assert_eq!(code, 8, "{said}");
        assert!(
            said.contains("`CONNECTORCTL_USER_SECRET` is empty"),
            "{said}"
        );
        bench.write("user", empty);
        let file = [("CONNECTORCTL_USER_SECRET_FILE", bench.path("user").into())];
        let (code, said) = plan(&bench, None, &file);
        assert_eq!(code, 8, "{said}");
        assert!(
            said.contains("user` (from `CONNECTORCTL_USER_SECRET_FILE`) is empty"),
            "{said}"
        );
        // A pipeline that passes an empty variable and a file means the file.
        bench.write("user", &sandbox.user);
        let (code, said) = plan(&bench, Some("".into()), &file);
        assert_eq!(code, 0, "{said}");
    }
    let (code, said) = plan(&bench, None, &[]);
    assert_eq!(code, 8, "{said}");
    assert!(
        said.contains("`CONNECTORCTL_USER_SECRET` is not set"),
        "{said}"
    );
}

#[cfg(unix)]
#[test]
fn what_is_not_utf_8_is_not_said_to_be_not_set() {
    use std::os::unix::ffi::OsStringExt as _;

    let latin = || OsString::from_vec(b"caf\xe9".to_vec());
    let sandbox = Sandbox::start(&[]);
    let bench = bench(&sandbox);
    let (code, said) = plan(&bench, Some(latin()), &[]);
    assert_eq!(code, 8, "{said}");
    assert!(
        said.contains("`CONNECTORCTL_USER_SECRET` is not valid UTF-8"),
        "{said}"
    );
    std::fs::write(bench.path("user"), b"caf\xe9").expect("written");
    let file = [("CONNECTORCTL_USER_SECRET_FILE", bench.path("user").into())];
    let (code, said) = plan(&bench, None, &file);
    assert_eq!(code, 8, "{said}");
    assert!(said.contains("is not valid UTF-8"), "{said}");
    let (code, said) = plan(
        &bench,
        Some(sandbox.user.clone().into()),
        &[("CONNECTORCTL_URL", latin())],
    );
    assert_eq!(code, 8, "{said}");
    assert!(
        said.contains("`CONNECTORCTL_URL` is not valid UTF-8"),
        "{said}"
    );
    let mut apply = bench.command(&["apply", "--yes"]);
    let ran = apply
        .env("CONNECTORCTL_SETTLE", latin())
        .output()
        .expect("the binary runs");
    let said = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(8), "{said}");
    assert!(
        said.contains("`CONNECTORCTL_SETTLE` is not valid UTF-8"),
        "{said}"
    );
    // The same for what the manifest refers to.
    let bench = Bench::on(&sandbox).with_manifest(&with_username("${env:KEY:-fallback}"));
    let user = Some(sandbox.user.clone().into());
    let (code, said) = plan(&bench, user, &[("KEY", latin())]);
    assert_eq!(code, 8, "{said}");
    assert!(said.contains("variable `KEY` is not valid UTF-8"), "{said}");
}

#[test]
fn a_credential_that_no_text_can_be_searched_for_is_a_warning() {
    for (value, said) in [("abc", true), ("äöü", true), ("abcd", false)] {
        let bench = Bench::new()
            .with_manifest(&with_username("${env:KEY}"))
            .with("KEY", value);
        let ran = bench.run(&["plan", "--sandbox"]).expect_code(0);
        let warning = "warning[short-secret]: `k.configuration.username`";
        assert_eq!(ran.stderr.contains(warning), said, "{}", ran.stderr);
        assert!(!ran.all().contains(value), "{}", ran.all());
    }
    // What is no credential may be short.
    let manifest = with_username("${env:KEY}").replace("subdomain: acme", "subdomain: '${env:EU}'");
    let bench = Bench::new()
        .with_manifest(&manifest)
        .with("KEY", "long-enough")
        .with("EU", "eu");
    bench
        .run(&["plan", "--sandbox"])
        .expect_code(0)
        .stderr_lacks("short-secret");
}

#[test]
fn a_reference_with_a_line_break_at_the_end_is_a_warning() {
    let bench = Bench::new()
        .with_manifest(&with_username("${env:KEY}"))
        .with("KEY", "secret\n");
    let ran = bench.run(&["plan", "--sandbox"]).expect_code(0);
    assert!(
        ran.stderr.contains("warning[line-break]: `k.configuration.username`: variable `KEY` ends with a line break, which is sent"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("instances.yaml:8:17"), "{}", ran.stderr);
    let ran = bench.run(&["plan", "--sandbox", "--strict"]).expect_code(8);
    assert!(ran.stderr.contains("error[line-break]"), "{}", ran.stderr);
    ran.stderr_has("a value in the manifest has a warning, which `--strict` makes an error");
    ran.stderr_lacks("cannot resolve");
    let ran = bench.run(&["plan", "--sandbox", "--quiet"]).expect_code(0);
    assert_eq!(ran.stderr, "");
    // Of a file one is removed, and a text of several lines may end with one.
    for (value, said) in [
        ("secret\n", false),
        ("secret\n\n", true),
        ("-----BEGIN\nEND-----\n\n", false),
    ] {
        let bench = Bench::new().with_manifest(&with_username("${file:key}"));
        bench.write("key", value);
        let ran = bench.run(&["plan", "--sandbox"]).expect_code(0);
        assert_eq!(
            ran.stderr
                .contains("file `key` ends with a line break, which is sent"),
            said,
            "{}",
            ran.stderr
        );
    }
}
