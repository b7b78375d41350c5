//! The documents say what the program does: tables against code, every manifest validated, every
//! shell block run, every citation followed, and one test command everywhere.

mod blocks;
mod citations;
mod gate;
mod generated;
mod tables;
mod tutorial;

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The files below a folder of the repository, sorted, as paths from its root.
fn files(below: &str) -> Vec<String> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if !path.is_dir() {
                found.push(path);
            } else if !path.ends_with("target") {
                walk(&path, found);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(below), &mut found);
    let from_root = |path: PathBuf| {
        let path = path.strip_prefix(root()).expect("below the root");
        path.to_str().expect("UTF-8").to_owned()
    };
    let mut found: Vec<String> = found.into_iter().map(from_root).collect();
    found.sort();
    found
}

/// Every document for people, as a path from the root.
fn documents() -> Vec<String> {
    let at_root = fs::read_dir(root()).expect("the root");
    let at_root = at_root.map(|entry| entry.expect("an entry").file_name());
    let at_root = at_root.filter_map(|name| name.into_string().ok());
    let mut found: Vec<String> = at_root.chain(files("docs")).collect();
    found.retain(|path| path.ends_with(".md"));
    found.sort();
    found
}

/// The blocks of one language in a document, with the line each begins on.
fn blocks(path: &str, language: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (number, line) in read(path).lines().enumerate() {
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
