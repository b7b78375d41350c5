//! YAML text to a tree of our own, with a place for every key and value. The only file that knows
//! the YAML library, so that another could take its role.

use std::borrow::Cow;
use std::{fmt, iter};

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Number;
use serde_yaml::options::{DuplicateKeyPolicy, NonFiniteFloatPolicy};
use serde_yaml::{Location, Spanned};

use super::pasted;
use super::syntax;
use super::text::{FileText, floor};
use crate::diagnostic::Diagnostic;

/// Deeper nesting is no manifest; documented bodies are six deep.
const MAX_DEPTH: usize = 64;
/// 100,000 instances of 20 values are 8 million nodes.
const MAX_NODES: usize = 20_000_000;
/// All scalars together; larger than the largest file, smaller than what an alias bomb wants.
const MAX_SCALAR_BYTES: usize = 256 * 1024 * 1024;
const MAX_ANCHORS: usize = 10_000;
/// Enough for [`MAX_DEPTH`] levels in a build without optimization.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// Byte offsets into the text of the file.
pub(super) type Span = std::ops::Range<usize>;

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) span: Span,
}

#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) text: String,
    pub(super) span: Span,
}

/// What a value is, after YAML 1.2 typing.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    /// A number, and how it was written.
    Number(Number, String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

impl Kind {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Null => "no value",
            Self::Bool(_) => "a boolean",
            Self::Number(..) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
        }
    }
}

enum Raw {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any YAML value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Number::from_f64(value).map_or_else(|| Raw::Text(value.to_string()), Raw::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let items = iter::from_fn(|| items.next_element().transpose());
        items.collect::<Result<_, _>>().map(Raw::List)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Raw, A::Error> {
        let members = iter::from_fn(|| members.next_entry().transpose());
        members.collect::<Result<_, _>>().map(Raw::Map)
    }
}

/// Parses a file; `None` if it has no document but empty ones.
///
/// # Errors
/// A syntax error, an exceeded limit, or a second document.
pub(super) fn parse(file: &FileText) -> Result<Option<Node>, Box<Diagnostic>> {
    if let Some(at) = file.text.find('\0') {
        let hint = "remove it, or save the file as UTF-8";
        return Err(problem(file, at, "NUL character", hint));
    }
    let mut text = Cow::Borrowed(file.text.as_str());
    let documents = loop {
        let (at, message) = match with_stack(|| documents(&text)) {
            Ok(documents) => break documents,
            Err(error) => error,
        };
        let changed = without_tag(&text, at, &message).or_else(|| pasted::on_one_line(&text));
        let Some(changed) = changed else {
            let (message, hint) = syntax::explain(&message, &file.text, at);
            return Err(problem(file, at, message, hint));
        };
        text = Cow::Owned(changed);
    };
    let mut documents = documents.into_iter();
    let first = documents.next().map(|raw| node(file, raw));
    let Some(second) = documents.next() else {
        return Ok(first);
    };
    let before = &file.text[..span(file, &second.defined).start];
    let separator = before.rfind("\n---").map(|line_break| line_break + 1);
    let at = separator.unwrap_or(before.len());
    let hint = "put each document into a file of its own, and pass their folder with `-f`";
    Err(problem(file, at, "a second document", hint))
}

/// Runs on a stack of its own: the library takes some 40 KiB a level, and the main thread of Windows
/// has 1 MiB.
fn with_stack<T: Send>(parse: impl Fn() -> T + Sync) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
        match thread.spawn_scoped(scope, &parse) {
            Ok(thread) => thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Err(_) => parse(),
        }
    })
}

/// The documents that are not empty, or where and what the library complains about.
fn documents(text: &str) -> Result<Vec<Spanned<Raw>>, (usize, String)> {
    let options = serde_yaml::options! {
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        // A snippet would show neighbouring lines, and a password may stand there.
        with_snippet: false,
        budget: serde_yaml::budget! {
            max_depth: MAX_DEPTH,
            max_nodes: MAX_NODES,
            max_events: 2 * MAX_NODES,
            max_total_scalar_bytes: MAX_SCALAR_BYTES,
            max_anchors: MAX_ANCHORS,
        },
    };
    serde_yaml::from_multiple_with_options(text, options).map_err(|error| {
        let at = error.location().map_or(0, |at| offset(text, &at));
        (at, error.without_snippet().to_string())
    })
}

/// The text without the tag before a number that is beyond the library's types: it is kept as it was
/// written. Spaces keep every place.
fn without_tag(text: &str, at: usize, message: &str) -> Option<String> {
    let (before, value) = text.split_at(at);
    let refused = [
        "invalid u64",
        "invalid i64",
        "invalid floating",
        "tagged scalar",
    ];
    let is_number = value
        .trim_start_matches(['"', '\'', '-', '+', '.'])
        .starts_with(|first: char| first.is_ascii_digit());
    let tag = before
        .rfind('!')
        .map(|end| before[..end].rfind(char::is_whitespace))?;
    let start = tag.map_or(0, |space| space + 1);
    let is_tag = before[start..].starts_with('!')
        && !before[start..].trim_end().contains(char::is_whitespace);
    if !is_tag || !is_number || !refused.iter().any(|word| message.contains(word)) {
        return None;
    }
    let spaces = " ".repeat(at - start);
    Some([&text[..start], &spaces, value].concat())
}

fn problem(file: &FileText, at: usize, message: &str, hint: &str) -> Box<Diagnostic> {
    file.make_opaque();
    let problem = Diagnostic::error("yaml", format!("invalid YAML: {message}"));
    Box::new(problem.at(file.place(&(at..at + 1))).hint(hint))
}

fn offset(text: &str, location: &Location) -> usize {
    if let Some(offset) = location.span().byte_offset() {
        return floor(text, usize::try_from(offset).unwrap_or(0));
    }
    let line = usize::try_from(location.line()).unwrap_or(1).max(1);
    let lines = text.split_inclusive('\n').take(line - 1);
    let start: usize = lines.map(str::len).sum();
    // A column counts characters.
    let column = usize::try_from(location.column()).unwrap_or(1).max(1);
    let line = text[start..].lines().next().unwrap_or_default();
    let before: usize = line.chars().take(column - 1).map(char::len_utf8).sum();
    start + before
}

fn span(file: &FileText, location: &Location) -> Span {
    let start = offset(&file.text, location);
    let length = location.span().byte_len().unwrap_or(1);
    let end = start.saturating_add(usize::try_from(length).unwrap_or(1));
    start..end.min(file.text.len()).max(start)
}

fn node(file: &FileText, raw: Spanned<Raw>) -> Node {
    let span = span(file, &raw.defined);
    let kind = match raw.value {
        Raw::Null => Kind::Null,
        Raw::Bool(flag) => Kind::Bool(flag),
        Raw::Number(number) => {
            let written = written(file, &span, || number.to_string());
            Kind::Number(number, written)
        }
        // What a number beyond any float becomes in the library.
        Raw::Text(text) if matches!(text.as_str(), ".inf" | "-.inf" | ".nan") => {
            Kind::Text(written(file, &span, || text))
        }
        Raw::Text(text) => Kind::Text(text),
        Raw::List(items) => Kind::List(items.into_iter().map(|item| node(file, item)).collect()),
        Raw::Map(members) => Kind::Map(
            members
                .into_iter()
                .map(|(key, value)| {
                    let key = Key {
                        span: self::span(file, &key.defined),
                        text: key.value,
                    };
                    (key, node(file, value))
                })
                .collect(),
        ),
    };
    Node { kind, span }
}

/// A number keeps how it was written: `1.10` is not `1.1` where it names a version, and `61e9540` may
/// be a commit. One that JSON cannot hold is a string.
fn written(file: &FileText, span: &Span, otherwise: impl FnOnce() -> String) -> String {
    let source = file.text.get(span.clone()).unwrap_or_default().trim();
    // Under a tag such as `!!int` a number may be quoted.
    if source.starts_with(['"', '\'', '|', '>']) {
        serde_yaml::from_str(source).unwrap_or_else(|_| otherwise())
    } else {
        source.to_owned()
    }
}
