//! References inside strings: `${env:NAME}`, `${file:path}` and `${exec:command}`, each with an
//! optional `:-default`. Braces balance inside, a default may contain references, and `$${env:` is a
//! literal `${env:`.
//!
//! Must not: touch any other `${`. Documented bodies contain `${gmtDate:…}`, `${epoch}` and the like
//! for the platform itself.

use std::ops::Range;
use std::path::Path;

use crate::model::{Part, Reference, SecretSource};

/// The prefixes that make a reference.
const PREFIXES: [&str; 3] = ["env:", "file:", "exec:"];

const UNCLOSED: &str = "missing `}` at the end";

#[derive(Debug, Default, PartialEq)]
pub(super) struct Split {
    pub(super) parts: Vec<Part>,
    pub(super) errors: Vec<ReferenceError>,
    /// Whether something looks like a mistyped reference.
    pub(super) is_suspicious: bool,
}

#[derive(Debug, PartialEq)]
pub(super) struct ReferenceError {
    /// Byte offsets into the string.
    pub(super) at: Range<usize>,
    pub(super) what: &'static str,
}

impl Split {
    /// Whether there is a reference, valid or not.
    pub(super) fn has_reference(&self) -> bool {
        let reference = |part: &Part| matches!(part, Part::Reference(_));
        !self.errors.is_empty() || self.parts.iter().any(reference)
    }
}

/// Whether a string is one reference and nothing else, so that it is safe to show. The words of a command
/// after the first may be secret.
pub(super) fn is_bare(text: &str) -> bool {
    let split = split(text, Path::new(""));
    let is_bare = |part: &Part| match part {
        Part::Reference(Reference {
            source: SecretSource::Exec(command),
            default: None,
        }) => !command.trim().contains(char::is_whitespace),
        Part::Reference(reference) => reference.default.is_none(),
        Part::Literal(_) => false,
    };
    split.errors.is_empty() && split.parts.len() == 1 && split.parts.iter().all(is_bare)
}

/// The text between references.
pub(super) fn literal_text(parts: &[Part]) -> String {
    parts
        .iter()
        .map(|part| match part {
            Part::Literal(text) => text.as_str(),
            Part::Reference(_) => "",
        })
        .collect()
}

pub(super) fn split(text: &str, folder: &Path) -> Split {
    let parse = |quotes| {
        let mut parser = Parser {
            text,
            folder,
            quotes,
            at: 0,
            found: Split::default(),
        };
        let mut parts = parser.parts(false);
        if parts.is_empty() {
            parts.push(Part::Literal(String::new()));
        }
        Split {
            parts,
            ..parser.found
        }
    };
    let unclosed = |split: &Split| split.errors.iter().any(|error| error.what == UNCLOSED);
    let split = parse(true);
    if !unclosed(&split) {
        return split;
    }
    // A quote that is never closed is not one of JSON.
    Some(parse(false))
        .filter(|other| !unclosed(other))
        .unwrap_or(split)
}

struct Parser<'t> {
    text: &'t str,
    folder: &'t Path,
    /// Whether braces inside JSON strings do not count.
    quotes: bool,
    at: usize,
    found: Split,
}

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    /// Text and references in turn, up to the end of the string; or inside a reference up to its `}`.
    fn parts(&mut self, inside: bool) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let is_array = self.rest().starts_with('[');
        let (mut depth, mut quoted) = (0_usize, false);
        while let Some(character) = self.rest().chars().next() {
            if self.rest().strip_prefix("$${").is_some_and(is_ours) {
                literal.push_str("${");
                self.at += "$${".len();
                depth += usize::from(!quoted);
                continue;
            }
            if let Some(inner) = self.rest().strip_prefix("${") {
                if is_ours(inner) {
                    if !literal.is_empty() {
                        parts.push(Part::Literal(std::mem::take(&mut literal)));
                    }
                    parts.extend(self.reference().map(Part::Reference));
                    continue;
                }
                self.found.is_suspicious |= looks_mistyped(inner);
            }
            match character {
                '"' if self.quotes && (depth > 0 || is_array) => quoted = !quoted,
                '\\' if quoted => {
                    literal.push(character);
                    self.at += 1;
                    let Some(escaped) = self.rest().chars().next() else {
                        break;
                    };
                    literal.push(escaped);
                    self.at += escaped.len_utf8();
                    continue;
                }
                '{' if !quoted => depth += 1,
                '}' if !quoted && depth > 0 => depth -= 1,
                '}' if !quoted && inside => break,
                _ => {}
            }
            literal.push(character);
            self.at += character.len_utf8();
        }
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        parts
    }

    /// A reference, from its `${` to its `}`.
    fn reference(&mut self) -> Option<Reference> {
        let start = self.at;
        self.at += "${".len();
        let (kind, _) = self.rest().split_once(':')?;
        self.at += kind.len() + 1;
        let (name, is_nested) = self.name();
        let default = self.rest().starts_with(":-").then(|| {
            self.at += ":-".len();
            self.parts(true)
        });
        let closed = self.rest().starts_with('}');
        self.at += usize::from(closed);
        let what = if !closed {
            UNCLOSED
        } else if is_nested {
            "the name cannot contain a reference"
        } else {
            match source(kind, name, self.folder) {
                Ok(source) => return Some(Reference { source, default }),
                Err(what) => what,
            }
        };
        let at = start..self.at;
        self.found.errors.push(ReferenceError { at, what });
        None
    }

    /// What follows the prefix, up to a default or the end; and whether it contains a reference.
    fn name(&mut self) -> (&'t str, bool) {
        let start = self.at;
        let (mut depth, mut is_nested) = (0_usize, false);
        while let Some(character) = self.rest().chars().next() {
            match character {
                ':' if depth == 0 && self.rest().starts_with(":-") => break,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                '{' => depth += 1,
                '$' => {
                    is_nested |= self.rest().strip_prefix("${").is_some_and(is_ours);
                }
                _ => {}
            }
            self.at += character.len_utf8();
        }
        (&self.text[start..self.at], is_nested)
    }
}

fn is_ours(inner: &str) -> bool {
    PREFIXES.iter().any(|prefix| inner.starts_with(prefix))
}

fn source(kind: &str, name: &str, folder: &Path) -> Result<SecretSource, &'static str> {
    match kind {
        "env" if !is_variable(name) => Err(
            "invalid variable name: expected letters, digits and `_`, not starting with a digit; a default starts with `:-`",
        ),
        "env" => Ok(SecretSource::Env(name.to_owned())),
        "file" if name.is_empty() => Err("missing file name"),
        "file" => Ok(SecretSource::File {
            written: name.to_owned(),
            path: folder.join(name),
        }),
        _ if name.trim().is_empty() => Err("missing command"),
        _ => Ok(SecretSource::Exec(name.to_owned())),
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
    let Some((inside, _)) = inside.split_once('}') else {
        return false;
    };
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
mod tests;
