//! Inputs are read and outputs opened only by `src/files`, where their limits are.

use super::code;
use crate::support::source::{root, rust_files};

/// What opens, reads or writes a file by itself.
const BANNED: [&str; 9] = [
    "fs::read(",
    "fs::read_to_string(",
    "fs::write(",
    "fs::copy(",
    "File::open(",
    "File::create",
    "File::options(",
    "OpenOptions::new(",
    "stdin()",
];

/// Files that do, how often, and why.
const EXCEPTIONS: [(&str, usize, &str); 6] = [
    ("src/commands/clock.rs", 2, "two lines of the kernel"),
    ("src/lockfile/file.rs", 1, "the journal, which is held open"),
    (
        "src/lockfile/usable.rs",
        1,
        "whether a mount can be written",
    ),
    ("src/sandbox/state_file.rs", 1, "the lock of the sandbox"),
    ("src/ui/hidden.rs", 1, "a passphrase of a person"),
    (
        "src/ui/terminal.rs",
        2,
        "whether there is a person, and their answer",
    ),
];

fn uses(code: &str) -> usize {
    BANNED
        .iter()
        .map(|banned| code.matches(banned).count())
        .sum()
}

#[test]
fn only_one_room_opens_inputs_and_outputs() {
    let mut broken = Vec::new();
    for file in rust_files("src") {
        let below = file.strip_prefix(root()).expect("a file of the package");
        let name = below.to_string_lossy();
        let is_test = name.contains("/tests/") || name.ends_with("/tests.rs");
        if is_test || name.starts_with("src/files/") {
            continue;
        }
        let text = code(&file);
        let product = text.split("mod tests {").next().unwrap_or_default();
        let found = uses(product);
        let exception = EXCEPTIONS.iter().find(|(path, ..)| *path == name);
        let allowed = exception.map_or(0, |(_, allowed, _)| *allowed);
        if found != allowed {
            broken.push(format!(
                "{name}: opens {found} files, and {allowed} are known"
            ));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn a_file_that_is_opened_is_seen() {
    assert_eq!(uses("let a = std::fs::read(path)?; File::open(b)"), 2);
    assert_eq!(uses("fs::read_dir(path); files::read(path, limits)"), 0);
}
