//! Every YAML and shell block of the documents runs, and so does an example.

use std::fs;
use std::process::Command;

use super::{blocks, documents, read, root};
use crate::support::{Bench, Sandbox};

#[test]
fn every_yaml_block_is_a_valid_manifest_or_workflow() {
    let bench = Bench::new();
    let mut seen = 0;
    for path in documents() {
        for (line, block) in blocks(&path, "yaml") {
            seen += 1;
            let place = format!("{path}:{line}");
            if block.starts_with("version: 1") {
                bench.write("instances.yaml", &block);
                let ran = bench.run(&["validate", "--strict"]);
                assert_eq!(ran.code, 0, "{place}\n{}", ran.stderr);
            } else {
                // A pipeline: that it is YAML is all that can be said here.
                let parsed = serde_yaml::from_str::<serde_json::Value>(&block);
                assert!(parsed.is_ok_and(|value| value.is_object()), "{place}");
            }
        }
    }
    assert!(seen >= 5, "{seen} blocks");
}

/// Runs every shell block in a folder with the example in it, against a sandbox. `cargo run --`
/// stands for the program, and `cargo test` is what is running here.
#[test]
fn every_shell_block_runs() {
    let sandbox = Sandbox::start(&[]);
    let bin = tempfile::tempdir().expect("a folder");
    let program = env!("CARGO_BIN_EXE_connectorctl");
    let script = format!(
        "#!/bin/sh\ncase \"$1\" in\n  run) shift; shift; exec '{program}' \"$@\";;\n  test|install) exit 0;;\nesac\nexit 1\n"
    );
    for (name, text) in [
        ("cargo", script),
        (
            "connectorctl",
            format!("#!/bin/sh\nexec '{program}' \"$@\"\n"),
        ),
    ] {
        let path = bin.path().join(name);
        fs::write(&path, text).expect("a script");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("executable");
        }
    }
    let mut seen = 0;
    for path in documents() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["instances.example.yaml", "instances.yaml"] {
            fs::copy(
                root().join("instances.example.yaml"),
                folder.path().join(name),
            )
            .expect("copied");
        }
        for (line, block) in blocks(&path, "sh") {
            seen += 1;
            let output = Command::new("sh")
                .args(["-eu", "-c", &block])
                .current_dir(folder.path())
                .env_clear()
                .env("PATH", format!("{}:/usr/bin:/bin", bin.path().display()))
                .env("CONNECTORCTL_URL", &sandbox.url)
                .env("CONNECTORCTL_USER_SECRET", &sandbox.user)
                .env("CONNECTORCTL_ORGANIZATION_SECRET", &sandbox.organization)
                .envs(references())
                .output()
                .expect("a shell");
            assert!(
                output.status.success(),
                "{path}:{line}\n{block}\n{}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
        }
    }
    assert!(seen >= 5, "{seen} blocks");
}

/// An invented value for every variable the example refers to.
fn references() -> Vec<(String, String)> {
    let text = read("instances.example.yaml");
    text.match_indices("${env:")
        .filter_map(|(at, _)| text[at + 6..].split(['}', ':']).next())
        .filter(|name| {
            name.bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'_' || byte.is_ascii_digit())
        })
        .filter(|name| !name.is_empty())
        .map(|name| (name.to_owned(), format!("invented-{}", name.to_lowercase())))
        .collect()
}

#[test]
fn an_example_plans_on_the_sandbox() {
    let ran = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--locked", "--offline"])
        .args(["--example", "plan_on_sandbox"])
        .current_dir(root())
        .output()
        .expect("cargo");
    let printed = String::from_utf8_lossy(&ran.stdout);
    assert!(
        printed.contains("create freshdesk-support (freshdeskv2)\n"),
        "{printed}{}",
        String::from_utf8_lossy(&ran.stderr)
    );
}
