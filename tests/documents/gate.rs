//! README, gate and justfile say the same, and what is for tests stays in the tests' build.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{blocks, read, root};

#[test]
fn readme_and_gate_run_the_same_tests() {
    let test = "cargo test --locked";
    let readme: Vec<String> = blocks("README.md", "sh")
        .into_iter()
        .map(|(_, block)| block.trim().to_owned())
        .collect();
    assert_eq!(
        readme[..2],
        [
            "cargo run -- apply --sandbox --yes -f instances.example.yaml",
            test
        ]
    );
    let gate = read(".ci/run");
    assert_eq!(gate.lines().last(), Some(test), "and ends with its summary");
    assert!(read("CONTRIBUTING.md").contains(test));
}

#[test]
fn every_recipe_calls_the_gate_or_cargo() {
    let recipes = read("justfile");
    let mut lines = 0;
    for line in recipes.lines().filter_map(|line| line.strip_prefix("    ")) {
        let script = line.strip_prefix("bash ");
        assert!(
            script.is_some_and(|script| root().join(script).is_file())
                || line.starts_with("cargo ")
                || line == "@just --list",
            "{line}"
        );
        lines += 1;
    }
    assert!(lines > 5);
}

/// As much of the crate as the kill points need.
const AROUND_KILL_POINTS: &str = "
    mod model {
        macro_rules! codes {
            ($(#[$_doc:meta])* $name:ident { $($(#[$_of:meta])* $code:ident = $text:literal,)* }) => {
                #[derive(Clone, Copy)]
                pub enum $name { $($code,)* }
                impl $name {
                    pub fn as_str(self) -> &'static str { match self { $(Self::$code => $text,)* } }
                }
            };
        }
        pub(crate) use codes;
    }
";

/// A profile that turns debug assertions on would have them, and so would a module that forgot to ask.
#[test]
fn no_release_has_kill_points() {
    assert!(!read("Cargo.toml").contains("debug-assertions"));
    let folder = tempfile::tempdir().expect("a folder");
    let source = folder.path().join("lib.rs");
    let module = format!(
        "#[path = {:?}]\npub mod kill;",
        root().join("src/ports/kill.rs")
    );
    fs::write(&source, [AROUND_KILL_POINTS, &module].concat()).expect("written");
    let variable = "CONNECTORCTL_KILL_AT";
    let is_in_a_build_with = |assertions: &str| {
        let object = folder.path().join(assertions);
        let compiled = Command::new(Path::new(env!("CARGO")).with_file_name("rustc"))
            .args(["--edition", "2024", "--crate-type", "lib", "--emit", "obj"])
            .args(["-C", &format!("debug-assertions={assertions}"), "-o"])
            .args([&object, &source])
            .status();
        assert!(compiled.expect("a compiler").success());
        let bytes = fs::read(&object).expect("an object");
        bytes
            .windows(variable.len())
            .any(|window| window == variable.as_bytes())
    };
    assert!(is_in_a_build_with("yes"));
    assert!(!is_in_a_build_with("no"));
}
