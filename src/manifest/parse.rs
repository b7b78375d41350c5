//! YAML text to a tree of our own, with a place for every key and value. The only file that knows
//! the YAML library, so that another could take its role.

use std::fmt;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_yaml::options::{DuplicateKeyPolicy, NonFiniteFloatPolicy};
use serde_yaml::{Location, Spanned};

use super::text::FileText;
use crate::diagnostic::Diagnostic;

/// Deeper nesting is no manifest; documented bodies are six deep.
const MAX_DEPTH: usize = 64;
/// 100,000 instances of 20 values are 8 million nodes.
const MAX_NODES: usize = 20_000_000;
/// All scalars together; larger than the largest file, smaller than what an alias bomb wants.
const MAX_SCALAR_BYTES: usize = 256 * 1024 * 1024;
const MAX_ANCHORS: usize = 10_000;

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
    Number(serde_json::Number, String),
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
    Int(i128),
    Float(f64),
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

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        Raw::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Int(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Int(value.into()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Raw, E> {
        Ok(Raw::Int(value))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Raw, E> {
        // Beyond any integer of JSON; how it was written is what counts then.
        Ok(i128::try_from(value).map_or(Raw::Float(f64::INFINITY), Raw::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Raw, E> {
        Ok(Raw::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(member) = members.next_entry()? {
            map.push(member);
        }
        Ok(Raw::Map(map))
    }
}

/// Parses a file; `None` if it has no document but empty ones.
///
/// # Errors
/// A syntax error, an exceeded limit, or a second document.
pub(super) fn parse(file: &FileText) -> Result<Option<Node>, Box<Diagnostic>> {
    if file.text.contains('\0') {
        return Err(Box::new(problem(
            file,
            file.text.find('\0').unwrap_or(0),
            "the file contains a NUL character",
        )));
    }
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
    let documents = serde_yaml::from_multiple_with_options::<Spanned<Raw>>(&file.text, options)
        .map_err(|error| {
            let at = error.location().map_or(0, |at| offset(file, &at));
            Box::new(syntax(file, at, &error.without_snippet().to_string()))
        })?;
    let mut documents = documents.into_iter();
    let first = documents.next().map(|raw| node(file, raw));
    match documents.next() {
        None => Ok(first),
        Some(second) => Err(Box::new(several(file, span(file, &second.defined).start))),
    }
}

/// A second document at this offset; the place is its `---`.
fn several(file: &FileText, at: usize) -> Diagnostic {
    let before = &file.text[..at];
    let at = before
        .rfind("\n---")
        .map_or(at, |line_break| line_break + 1);
    problem(file, at, "the file contains a second YAML document")
        .hint("put each document into a file of its own, and pass their folder with `-f`")
}

fn problem(file: &FileText, at: usize, message: &str) -> Diagnostic {
    file.make_opaque();
    Diagnostic::error("yaml", message).at(file.place(&(at..at + 1)))
}

/// The library's words where they quote nothing of the file; a quoted part may be a password.
fn syntax(file: &FileText, at: usize, message: &str) -> Diagnostic {
    let first = message.lines().next().unwrap_or_default();
    let lower = message.to_lowercase();
    let (text, hint) =
        if lower.contains("budget") || lower.contains("limit") || lower.contains("depth") {
            (
                format!(
                    "the document passes a limit: {MAX_DEPTH} levels, {MAX_NODES} values, \
                 {MAX_ANCHORS} anchors, or too much text by way of aliases"
                ),
                "an inventory needs none of this; look for an alias that repeats itself",
            )
        } else if file
            .text
            .get(at..)
            .is_some_and(|rest| rest.starts_with('\t'))
            || lower.contains("tab")
        {
            (
                "the YAML is not valid: a tab cannot indent".to_owned(),
                "indent with spaces",
            )
        } else if first.contains(['"', '\'', '`']) || first.len() > 160 {
            (
                "the YAML is not valid here".to_owned(),
                "check the indentation, the quotes and the colons of this line and the one before",
            )
        } else {
            (
                format!("the YAML is not valid: {}", without_place(first)),
                "check the indentation, the quotes and the colons of this line and the one before",
            )
        };
    problem(file, at, &text).hint(hint)
}

fn without_place(message: &str) -> &str {
    let message = message.strip_prefix("error: ").unwrap_or(message);
    let end = message.find(" at line").unwrap_or(message.len());
    let message = &message[..end];
    // `line 3 column 4: …` in front.
    match message.split_once(": ") {
        Some((place, rest)) if place.starts_with("line ") => rest,
        _ => message,
    }
}

fn offset(file: &FileText, location: &Location) -> usize {
    if let Some(offset) = location.span().byte_offset() {
        return usize::try_from(offset).unwrap_or(0).min(file.text.len());
    }
    let line = usize::try_from(location.line()).unwrap_or(1).max(1);
    let start: usize = file
        .text
        .split_inclusive('\n')
        .take(line - 1)
        .map(str::len)
        .sum();
    // A column counts characters.
    let column = usize::try_from(location.column()).unwrap_or(1).max(1);
    let line = file.text[start..].lines().next().unwrap_or_default();
    let before: usize = line.chars().take(column - 1).map(char::len_utf8).sum();
    start + before
}

fn span(file: &FileText, location: &Location) -> Span {
    let start = offset(file, location);
    let length = location.span().byte_len().unwrap_or(1);
    let end = start.saturating_add(usize::try_from(length).unwrap_or(1));
    start..end.min(file.text.len()).max(start)
}

fn node(file: &FileText, raw: Spanned<Raw>) -> Node {
    let span = span(file, &raw.defined);
    let kind = match raw.value {
        Raw::Null => Kind::Null,
        Raw::Bool(flag) => Kind::Bool(flag),
        Raw::Int(value) => {
            let number = i64::try_from(value).map(Into::into);
            let number = number.or_else(|_| u64::try_from(value).map(Into::into));
            number_kind(file, &span, number.ok(), &value.to_string())
        }
        Raw::Float(value) => {
            let number = serde_json::Number::from_f64(value);
            number_kind(file, &span, number, &value.to_string())
        }
        // What a number beyond any float becomes in the library.
        Raw::Text(text) if matches!(text.as_str(), ".inf" | "-.inf" | ".nan") => {
            number_kind(file, &span, None, &text)
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
fn number_kind(
    file: &FileText,
    span: &Span,
    number: Option<serde_json::Number>,
    otherwise: &str,
) -> Kind {
    let source = file.text.get(span.clone()).unwrap_or_default().trim();
    // Under a tag such as `!!int` a number may be quoted.
    let written = if source.starts_with(['"', '\'', '|', '>']) {
        serde_yaml::from_str(source).unwrap_or_else(|_| otherwise.to_owned())
    } else {
        source.to_owned()
    };
    match number {
        Some(number) => Kind::Number(number, written),
        None => Kind::Text(written),
    }
}
