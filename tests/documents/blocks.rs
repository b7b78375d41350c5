//! Every YAML, shell and console block of the documents runs, and so does an example.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

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

/// The blocks of one document run one after another in a folder with the example in it.
#[test]
fn every_shell_block_runs() {
    let sandbox = Sandbox::start(&[]);
    let shell = Shell::new(&[
        ("CONNECTORCTL_URL", &sandbox.url),
        ("CONNECTORCTL_USER_SECRET", &sandbox.user),
        ("CONNECTORCTL_ORGANIZATION_SECRET", &sandbox.organization),
    ]);
    let mut seen = 0;
    for path in documents() {
        let folder = tempfile::tempdir().expect("a folder");
        let example = read("instances.example.yaml");
        for name in ["instances.example.yaml", "instances.yaml"] {
            fs::write(folder.path().join(name), &example).expect("written");
        }
        for (line, block) in blocks(&path, "sh") {
            seen += 1;
            let output = shell.run(folder.path(), &block);
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

/// What stands after `$ ` is run, and prints what stands below it.
#[test]
fn the_session_of_the_readme_is_real() {
    let shell = Shell::new(&[]);
    let folder = tempfile::tempdir().expect("a folder");
    let (_, manifest) = &blocks("README.md", "yaml")[0];
    fs::write(folder.path().join("instances.yaml"), manifest).expect("written");
    let (_, session) = &blocks("README.md", "console")[0];
    for step in session.split("$ ").skip(1) {
        let (command, expected) = step.split_once('\n').expect("a line");
        let output = shell.run(folder.path(), command);
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            expected,
            "{command}"
        );
    }
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

/// A shell that finds the program, and a `cargo` that runs it: `cargo test` is what is running here.
struct Shell {
    programs: TempDir,
    variables: Vec<(String, String)>,
}

impl Shell {
    fn new(variables: &[(&str, &str)]) -> Self {
        let programs = tempfile::tempdir().expect("a folder");
        let program = env!("CARGO_BIN_EXE_connectorctl");
        for (name, text) in [
            ("connectorctl", format!("exec '{program}' \"$@\"")),
            (
                "cargo",
                format!("[ \"$1\" != run ] || {{ shift 2; exec '{program}' \"$@\"; }}"),
            ),
        ] {
            let path = programs.path().join(name);
            fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("a script");
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt as _;
                fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("executable");
            }
        }
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self {
            programs,
            variables: variables.chain(references()).collect(),
        }
    }

    fn run(&self, folder: &Path, script: &str) -> Output {
        let programs = self.programs.path().display();
        Command::new("sh")
            .args(["-eu", "-c", script])
            .current_dir(folder)
            .env_clear()
            .env("PATH", format!("{programs}:/usr/bin:/bin"))
            .envs(self.variables.iter().cloned())
            .output()
            .expect("a shell")
    }
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
