//! The documents say what the program does: tables against code, every manifest validated, every
//! shell block run, and one test command everywhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use connectorctl::error::Exit;
use connectorctl::model::{NoteCode, Reason, RefusalCode};
use connectorctl::sandbox::{Assumptions, Fault};

use crate::support::{Bench, Sandbox};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn documents() -> Vec<PathBuf> {
    let mut found = vec![root().join("README.md")];
    for entry in fs::read_dir(root().join("docs")).expect("docs") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The blocks of one language in a document, with the line each begins on.
fn blocks(path: &Path, language: &str) -> Vec<(usize, String)> {
    let text = fs::read_to_string(path).expect("a document");
    let mut found = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (number, line) in text.lines().enumerate() {
        match &mut open {
            Some(_) if line.trim_end() == "```" => found.extend(open.take()),
            Some((_, block)) => {
                block.push_str(line);
                block.push('\n');
            }
            None if line == format!("```{language}") => open = Some((number + 1, String::new())),
            None => {}
        }
    }
    found
}

#[test]
fn the_exit_codes_are_documented() {
    let text = read("docs/exit-codes.md");
    let documented: Vec<(String, String)> = text
        .lines()
        .filter_map(|line| line.strip_prefix("| "))
        .filter_map(|line| line.split_once(" | "))
        .filter(|(code, _)| code.parse::<u8>().is_ok())
        .map(|(code, meaning)| (code.to_owned(), meaning.trim_end_matches(" |").to_owned()))
        .collect();
    let coded: Vec<(String, String)> = Exit::TABLE
        .iter()
        .map(|(exit, meaning)| (exit.code().to_string(), (*meaning).to_owned()))
        .collect();
    assert_eq!(documented, coded);
}

#[test]
fn every_dependency_has_its_line() {
    let manifest = read("Cargo.toml");
    let mut used = BTreeSet::new();
    let mut inside = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = matches!(line, "[dependencies]" | "[dev-dependencies]");
        } else if inside && let Some((name, _)) = line.split_once(" = ") {
            used.insert(name.trim_start_matches("# ").to_owned());
        }
    }
    let text = read("docs/dependencies.md");
    let documented: BTreeSet<String> = text
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .filter_map(|line| line.split('`').next().map(str::to_owned))
        .collect();
    assert_eq!(documented, used);
}

#[test]
fn every_word_of_a_plan_is_documented() {
    let text = read("docs/reference.md");
    let words = Reason::ALL
        .iter()
        .map(|reason| reason.as_str())
        .chain(NoteCode::ALL.iter().map(|code| code.as_str()))
        .chain(RefusalCode::ALL.iter().map(|code| code.as_str()));
    for word in words {
        assert!(
            text.contains(&format!("| `{word}` |")),
            "{word} is not in docs/reference.md"
        );
    }
}

#[test]
fn every_assumption_and_every_fault_is_documented() {
    let text = read("docs/sandbox.md");
    for (question, what, answers) in Assumptions::QUESTIONS {
        let row = text
            .lines()
            .find(|line| line.starts_with(&format!("| {question} |")))
            .unwrap_or_else(|| panic!("{question} is not in docs/sandbox.md"));
        assert!(row.contains(what), "{question}: {row}");
        for answer in *answers {
            assert!(
                row.contains(&format!("`{answer}`")),
                "{question}={answer}: {row}"
            );
        }
    }
    for (kind, what) in Fault::KINDS {
        assert!(text.contains(&format!("| `{kind}` | {what} |")), "{kind}");
    }
}

#[test]
fn readme_and_gate_run_the_same_tests() {
    let gate = read(".ci/run");
    let readme = read("README.md");
    assert!(
        blocks(&root().join("README.md"), "sh")
            .iter()
            .any(|(_, block)| block.trim() == "cargo test")
    );
    let last = gate
        .lines()
        .rfind(|line| line.starts_with("cargo "))
        .expect("a command");
    assert_eq!(
        last, "cargo test --locked",
        "the gate ends with the README's command"
    );
    assert!(readme.contains("cargo run -- apply --sandbox --yes -f instances.example.yaml"));
}

#[test]
fn every_yaml_block_is_a_valid_manifest_or_workflow() {
    let bench = Bench::new();
    let mut seen = 0;
    for path in documents() {
        for (line, block) in blocks(&path, "yaml") {
            seen += 1;
            let place = format!("{}:{line}", path.display());
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
                "{}:{line}\n{block}\n{}{}",
                path.display(),
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
