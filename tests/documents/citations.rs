//! What the code and the documents cite exists: the file, and the heading in it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::{files, read, root};

/// Folders whose files are read, and of whose files citations are checked.
const FOLDERS: [&str; 8] = [
    "src", "tests", "docs", "benches", "examples", "fuzz", ".ci", ".github",
];

/// A file that a text names, on a line counted from 1, and the heading in it.
#[derive(Debug, PartialEq, Eq)]
struct Citation {
    line: usize,
    path: String,
    heading: Option<String>,
}

fn is_path(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-' | '/')
}

fn is_heading(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-')
}

/// Every document, and every path that begins with one of [`FOLDERS`].
fn citations(text: &str) -> Vec<Citation> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let mut rest = line;
        while let Some(start) = rest.find(is_path) {
            rest = &rest[start..];
            let end = rest.find(|letter| !is_path(letter)).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            rest = after;
            // A pattern such as `docs/*.md` names no file.
            if after.starts_with(['*', '{', '<', '$']) {
                continue;
            }
            let path = word.trim_end_matches(['.', '/']);
            let stem = path.strip_suffix(".md").unwrap_or_default();
            let is_document = !stem.is_empty() && !stem.ends_with('/');
            let is_below = |folder: &&str| {
                let below = path.strip_prefix(*folder);
                below.is_some_and(|below| below.starts_with('/'))
            };
            if word.starts_with('/') || !(is_document || FOLDERS.iter().any(is_below)) {
                continue;
            }
            let heading = after.strip_prefix('#').map(|after| {
                let end = after.find(|letter| !is_heading(letter));
                after[..end.unwrap_or(after.len())].to_owned()
            });
            found.push(Citation {
                line: number + 1,
                path: path.to_owned(),
                heading: heading.filter(|heading| !heading.is_empty()),
            });
        }
    }
    found
}

/// The targets of links such as `[text](target)`, but for those elsewhere on the web.
fn links(text: &str) -> Vec<Citation> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for (at, _) in line.match_indices("](") {
            let target = &line[at + 2..];
            let Some(end) = target.find(')') else {
                continue;
            };
            let target = &target[..end];
            if target.contains("://") {
                continue;
            }
            let (path, heading) = target.split_once('#').unwrap_or((target, ""));
            found.push(Citation {
                line: number + 1,
                path: path.to_owned(),
                heading: (!heading.is_empty()).then(|| heading.to_owned()),
            });
        }
    }
    found
}

/// The headings of a document, spelled as GitHub spells them in a link.
fn headings(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut is_code = false;
    for line in text.lines() {
        is_code ^= line.starts_with("```");
        let title = line.trim_start_matches('#');
        if is_code || title.len() == line.len() || !title.starts_with(' ') {
            continue;
        }
        let letters = title.trim().chars().filter_map(|letter| match letter {
            ' ' => Some('-'),
            '-' | '_' => Some(letter),
            letter if letter.is_alphanumeric() => letter.to_lowercase().next(),
            _ => None,
        });
        let slug: String = letters.collect();
        // The second heading of one name has a number.
        let numbered = (1..).map(|number| format!("{slug}-{number}"));
        let mut free = std::iter::once(slug.clone())
            .chain(numbered)
            .filter(|slug| !found.contains(slug));
        let slug = free.next().expect("numbers do not end");
        drop(free);
        found.insert(slug);
    }
    found
}

/// What the text of one file cites and is not there. A path in a string of the code may be an example of a
/// test, so that only comments and documents cite other files than documents.
fn broken(file: &str, text: &str) -> Vec<String> {
    let folder = Path::new(file).parent().unwrap_or(Path::new(""));
    let is_document = file.ends_with(".md");
    let is_string = |citation: &Citation| {
        let line = text.lines().nth(citation.line - 1).unwrap_or_default();
        let is_comment = line.contains("//");
        file.ends_with(".rs") && !is_comment && !citation.path.ends_with(".md")
    };
    let resolve = |path: &str| {
        let from_here = root().join(folder).join(path);
        let mut places = [from_here, root().join(path)].into_iter();
        places.find(|place| place.exists())
    };
    let mut all = citations(text);
    all.retain(|citation| !is_string(citation));
    if is_document {
        all.extend(links(text));
    }
    let mut problems = Vec::new();
    for citation in all {
        let Citation {
            line,
            path,
            heading,
        } = citation;
        let target = if path.is_empty() {
            Some(text.to_owned())
        } else {
            match resolve(&path) {
                None => {
                    problems.push(format!("{file}:{line}: {path} does not exist"));
                    None
                }
                Some(place) => heading.as_ref().map(|_| {
                    fs::read_to_string(&place).unwrap_or_else(|error| panic!("{path}: {error}"))
                }),
            }
        };
        if let (Some(target), Some(heading)) = (target, heading)
            && !headings(&target).contains(&heading)
        {
            problems.push(format!("{file}:{line}: {path} has no heading #{heading}"));
        }
    }
    problems
}

#[test]
fn what_is_cited_exists() {
    let at_root = fs::read_dir(root()).expect("the root");
    let at_root = at_root
        .map(|entry| entry.expect("an entry"))
        .filter(|entry| entry.path().is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| !matches!(name.as_str(), "Cargo.lock" | ".git"));
    let below = FOLDERS.iter().flat_map(|folder| files(folder));
    let mut problems = Vec::new();
    let mut cited = 0;
    for file in at_root.chain(below) {
        // Corpora of the fuzzer are not text.
        let Ok(text) = fs::read_to_string(root().join(&file)) else {
            continue;
        };
        cited += citations(&text).len();
        problems.extend(broken(&file, &text));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(cited > 100, "{cited} citations");
}

/// Spelled in pieces: this file is checked, too.
#[test]
fn a_citation_of_nothing_is_found() {
    let no_file = format!("//! See docs/{}.md#create.", "nowhere");
    let no_heading = format!("(docs/{}.md#nothing).", "lifecycle");
    let outside = format!("As {}.md says", "API");
    let no_code = format!("// `tests/{}.rs` holds it", "nothing");
    for text in [&no_file, &no_heading, &outside, &no_code] {
        assert_eq!(broken("src/lib.rs", text).len(), 1, "{text}");
    }
    let link = format!("[x]({}.md#create) and [y](#no)", "lifecycle");
    assert_eq!(broken("docs/lockfile.md", &link).len(), 1, "{link}");
    assert_eq!(
        broken("docs/lockfile.md", &format!("{link}\n# No")),
        [] as [String; 0]
    );
    let link = format!("[x](../{})", "nothing");
    assert_eq!(broken("docs/lockfile.md", &link).len(), 1, "{link}");
}

#[test]
fn what_is_there_is_found() {
    let text = "docs/platform.md#q5, `docs/lifecycle.md#create`, tests/chaos/ and src/lib.rs.";
    assert_eq!(citations(text).len(), 4);
    assert_eq!(broken("src/lib.rs", text), [] as [String; 0]);
    for no_citation in ["docs/*.md", "a .md file", "https://example.com/x.md", "src"] {
        assert_eq!(citations(no_citation), [], "{no_citation}");
    }
    assert_eq!(
        headings("# A\n## `plan -o json`, and more\n```\n# no\n```\n## A\n"),
        ["a", "a-1", "plan--o-json-and-more"]
            .map(str::to_owned)
            .into()
    );
    assert!(headings(&read("docs/platform.md")).contains("q24"));
}
