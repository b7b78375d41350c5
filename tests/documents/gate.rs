//! One test command everywhere.

use super::{blocks, read};

#[test]
fn readme_and_gate_run_the_same_tests() {
    let gate = read(".ci/run");
    let readme = read("README.md");
    assert!(
        blocks("README.md", "sh")
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
