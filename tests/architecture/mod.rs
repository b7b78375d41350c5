//! The architecture: which module may name which, no circles of files, how long a file may be, and that
//! the documentation has the same table.

mod circles;
mod files;
mod graph;
mod table;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use table::MODULES;

use crate::support::source::{module_path, root, rust_files};

const MAX_LINES: usize = 600;
const MAX_LINES_OF_MAIN: usize = 25;
/// A command is flags in, bytes out; what takes longer belongs in `session`.
const MAX_LINES_OF_A_COMMAND: usize = 169;
const MAX_MEDIAN_LINES: usize = 150;

/// Code without line comments; strings may hold anything, but no string of this project holds a
/// `crate::` path.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).expect("a readable file");
    text.lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n")
}

/// Every module named right after `crate::`, including the heads of a `crate::{a::…, b::…}` list.
fn named_modules(code: &str) -> Vec<String> {
    let mut named = Vec::new();
    for (start, _) in code.match_indices("crate::") {
        let rest = &code[start + "crate::".len()..];
        if let Some(list) = rest.strip_prefix('{') {
            let mut depth = 0_usize;
            let mut head = String::new();
            for character in list.chars() {
                match character {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => named.push(std::mem::take(&mut head)),
                    _ if depth == 0 => head.push(character),
                    _ => {}
                }
            }
            named.push(head);
        } else {
            named.push(rest.to_owned());
        }
    }
    named
        .iter()
        .map(|path| {
            path.trim()
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect()
        })
        .filter(|name: &String| !name.is_empty())
        .collect()
}

/// The longest run of `super::` in a row.
fn longest_climb(code: &str) -> usize {
    let mut longest = 0;
    for (start, _) in code.match_indices("super::") {
        let mut rest = &code[start..];
        let mut climb = 0;
        while let Some(next) = rest.strip_prefix("super::") {
            climb += 1;
            rest = next;
        }
        longest = longest.max(climb);
    }
    longest
}

#[test]
fn no_module_names_one_it_may_not_know() {
    let mut broken = Vec::new();
    for file in rust_files("src") {
        let below = file
            .strip_prefix(root().join("src"))
            .expect("a file of src");
        let path = module_path(&below.to_string_lossy());
        let Some(module) = path.first() else { continue };
        if matches!(module.as_str(), "lib" | "main") {
            continue;
        }
        let Some(entry) = MODULES.iter().find(|entry| entry.name == module) else {
            broken.push(format!(
                "{}: module `{module}` is not in the table",
                file.display()
            ));
            continue;
        };
        let code = code(&file);
        for named in named_modules(&code) {
            if named != *module && !entry.may_use.contains(&named.as_str()) {
                broken.push(format!("{}: names `crate::{named}`", file.display()));
            }
        }
        // A nested `mod tests { … }` adds one level of its own.
        let nested = usize::from(code.contains("mod tests {"));
        if longest_climb(&code) >= path.len() + nested {
            broken.push(format!(
                "{}: climbs past its module by `super::`",
                file.display()
            ));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_walls_can_be_seen_to_break() {
    assert_eq!(named_modules("use crate::remote::Client;"), ["remote"]);
    assert_eq!(
        named_modules("use crate::{model::{Plan, Step}, lockfile::Store};"),
        ["model", "lockfile"]
    );
    assert_eq!(longest_climb("use super::super::remote;"), 2);
}

#[test]
fn every_file_says_what_it_is_for_and_stays_small() {
    let mut broken = Vec::new();
    let mut lengths = Vec::new();
    for file in rust_files("src").into_iter().chain(rust_files("tests")) {
        let text = fs::read_to_string(&file).expect("a readable file");
        let lines = text.lines().count();
        lengths.push(lines);
        let most = if file.ends_with("src/main.rs") {
            MAX_LINES_OF_MAIN
        } else if file.starts_with(root().join("src/commands")) {
            MAX_LINES_OF_A_COMMAND
        } else {
            MAX_LINES
        };
        if lines > most {
            broken.push(format!("{}: {lines} lines", file.display()));
        }
        if !text.starts_with("//!") {
            broken.push(format!("{}: does not open with `//!`", file.display()));
        }
        if file.ends_with("mod.rs")
            && file.parent().and_then(Path::parent) == Some(&root().join("src"))
        {
            let head: Vec<&str> = text
                .lines()
                .take_while(|line| line.starts_with("//!"))
                .collect();
            let says = head
                .iter()
                .any(|line| line.contains("Must not:") || line.contains("must not"));
            if !says {
                broken.push(format!(
                    "{}: does not say what it must not do",
                    file.display()
                ));
            }
        }
    }
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    assert!(
        median <= MAX_MEDIAN_LINES,
        "the median file has {median} lines"
    );
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Every text that leaves the process by stdout or stderr passes the escaping of `ui::stream`, and
/// every JSON that of `render::json`.
#[test]
fn every_sink_escapes() {
    let sinks: [(&str, &str, &[&str]); 2] = [
        (
            "src",
            "src/ui/stream.rs",
            &[
                "io::stdout()",
                "io::stderr()",
                "io::stdout)",
                "io::stderr)",
                "::{stdout",
                "::{stderr",
                "print!(",
                "println!(",
                "dbg!(",
            ],
        ),
        ("src/render", "src/render/json.rs", &["serde_json::to_"]),
    ];
    for (below, owner, ways) in sinks {
        let names = |file: &Path, way: &str| code(file).contains(way);
        let owner = root().join(owner);
        assert!(ways.iter().any(|way| names(&owner, way)), "{owner:?}");
        for file in rust_files(below) {
            let is_test = file.to_string_lossy().contains("tests");
            for way in ways.iter().filter(|_| !is_test && file != owner) {
                assert!(!names(&file, way), "{}: {way}", file.display());
            }
        }
    }
}

#[test]
fn the_documentation_has_the_same_table() {
    let text = fs::read_to_string(root().join("docs/architecture.md")).expect("the document");
    let mut documented: BTreeMap<&str, (&str, Vec<&str>)> = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [name, _what, layer, may_use] = cells[..] else {
            panic!("not a row of four: {line}");
        };
        let mut uses: Vec<&str> = may_use
            .split(", ")
            .map(|word| word.trim_matches('`'))
            .collect();
        uses.retain(|word| !matches!(*word, "nothing" | ""));
        uses.sort_unstable();
        documented.insert(name.trim_matches('`'), (layer, uses));
    }
    let coded: BTreeMap<&str, (&str, Vec<&str>)> = MODULES
        .iter()
        .map(|module| {
            let mut uses: Vec<&str> = if module.name == "commands" {
                vec!["everything"]
            } else {
                module.may_use.to_vec()
            };
            uses.sort_unstable();
            (module.name, (module.layer, uses))
        })
        .collect();
    assert_eq!(documented, coded);
}
