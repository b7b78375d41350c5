//! References inside strings: `${env:NAME}`, `${file:path}`, `${exec:command}`, each with an
//! optional `:-default` (not for `exec`), and `$${env:` for a literal `${env:`.
//!
//! Documented bodies contain `${gmtDate:…}`, `${epoch}` and the like for the platform itself, so
//! every other `${` is passed through as it is.

use std::path::Path;

use crate::model::{Part, Reference};

/// The prefixes that make a reference.
const PREFIXES: [&str; 3] = ["env:", "file:", "exec:"];

/// A string taken apart.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Split {
    pub(super) parts: Vec<Part>,
    /// Byte offsets into the string, each with what is wrong there.
    pub(super) errors: Vec<(usize, &'static str)>,
    /// Byte offsets of what looks like a mistyped reference.
    pub(super) suspicious: Vec<usize>,
}

impl Split {
    /// Whether there is any reference.
    pub(super) fn has_reference(&self) -> bool {
        self.parts
            .iter()
            .any(|part| matches!(part, Part::Reference(_)))
    }
}

/// Takes a string apart; `folder` is what files are relative to.
pub(super) fn split(text: &str, folder: &Path) -> Split {
    let mut split = Split::default();
    let mut literal = String::new();
    let mut at = 0;
    while let Some(found) = text[at..].find("${") {
        let start = at + found;
        let inside = &text[start + 2..];
        let escaped = text[at..start].ends_with('$');
        let is_ours = PREFIXES.iter().any(|prefix| inside.starts_with(prefix));
        if !is_ours {
            if looks_mistyped(inside) {
                split.suspicious.push(start);
            }
            literal.push_str(&text[at..start + 2]);
            at = start + 2;
            continue;
        }
        if escaped {
            literal.push_str(&text[at..start - 1]);
            literal.push_str("${");
            at = start + 2;
            continue;
        }
        literal.push_str(&text[at..start]);
        let Some(end) = inside.find('}') else {
            split.errors.push((start, "missing `}` at the end"));
            literal.push_str(&text[start..]);
            at = text.len();
            break;
        };
        match reference(&inside[..end], folder) {
            Ok(reference) => {
                if !literal.is_empty() {
                    split
                        .parts
                        .push(Part::Literal(std::mem::take(&mut literal)));
                }
                split.parts.push(Part::Reference(reference));
            }
            Err(what) => split.errors.push((start, what)),
        }
        at = start + 2 + end + 1;
    }
    literal.push_str(&text[at..]);
    if !literal.is_empty() || split.parts.is_empty() {
        split.parts.push(Part::Literal(literal));
    }
    split
}

fn reference(inside: &str, folder: &Path) -> Result<Reference, &'static str> {
    let (kind, rest) = inside.split_once(':').unwrap_or((inside, ""));
    let (name, default) = match rest.split_once(":-") {
        Some((name, default)) => (name, Some(default.to_owned())),
        None => (rest, None),
    };
    match kind {
        "env" if !is_variable(name) => Err(
            "invalid variable name: expected letters, digits and `_`, not starting with a digit",
        ),
        "env" => Ok(Reference::Env {
            name: name.to_owned(),
            default,
        }),
        "file" if name.is_empty() => Err("missing file name"),
        "file" => Ok(Reference::File {
            written: name.to_owned(),
            path: folder.join(name),
            default,
        }),
        _ if rest.trim().is_empty() => Err("missing command"),
        _ => Ok(Reference::Exec {
            command: rest.to_owned(),
        }),
    }
}

fn is_variable(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// `${ENV:X}`, `${env.X}`, `${envv:X}`, `${X_Y}` in capitals: a reference was probably meant.
fn looks_mistyped(inside: &str) -> bool {
    let Some(end) = inside.find('}') else {
        return false;
    };
    let inside = &inside[..end];
    let head = inside
        .split([':', '.', '-', ' '])
        .next()
        .unwrap_or_default();
    let near = ["env", "file", "exec"].iter().any(|kind| {
        head.len() < inside.len() && strsim::damerau_levenshtein(&head.to_lowercase(), kind) <= 1
    });
    let shouted = inside.len() > 2
        && inside
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    near || shouted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(name: &str, default: Option<&str>) -> Part {
        Part::Reference(Reference::Env {
            name: name.to_owned(),
            default: default.map(str::to_owned),
        })
    }

    fn literal(text: &str) -> Part {
        Part::Literal(text.to_owned())
    }

    fn parts(text: &str) -> Vec<Part> {
        split(text, Path::new("folder")).parts
    }

    #[test]
    fn references_are_found_anywhere_in_a_string() {
        assert_eq!(parts("${env:A}"), [env("A", None)]);
        assert_eq!(
            parts("x${env:A}y${env:B:-c:d}z"),
            [
                literal("x"),
                env("A", None),
                literal("y"),
                env("B", Some("c:d")),
                literal("z")
            ]
        );
        assert_eq!(parts("${env:A:-}"), [env("A", Some(""))]);
    }

    #[test]
    fn everything_else_is_passed_through() {
        for text in [
            "",
            "${gmtDate:yyyy}",
            "${epoch}",
            "${date:x}'${",
            "$",
            "a$b",
            "${}",
        ] {
            assert_eq!(parts(text), [literal(text)], "{text}");
            assert_eq!(split(text, Path::new("")).errors, []);
        }
    }

    #[test]
    fn an_escaped_reference_is_literal() {
        assert_eq!(parts("$${env:A}"), [literal("${env:A}")]);
        assert_eq!(parts("a$${file:b}c"), [literal("a${file:b}c")]);
    }

    #[test]
    fn typos_are_suspicious_and_broken_ones_are_errors() {
        for text in ["${ENV:A}", "${evn:A}", "${env.A}", "${JIRA_PASSWORD}"] {
            assert_eq!(split(text, Path::new("")).suspicious, [0], "{text}");
        }
        for text in ["${env:A", "${env:1A}", "${env:}", "${file:}", "${exec: }"] {
            assert_eq!(split(text, Path::new("")).errors.len(), 1, "{text}");
        }
    }
}
