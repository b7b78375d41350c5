//! A value of the manifest with references in it, not yet resolved.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

/// A YAML value whose strings may hold references. Resolving happens after YAML typing, so a secret
/// never changes the shape of the document.
#[derive(Clone, PartialEq)]
pub enum Template {
    /// Null, a boolean or a number.
    Literal(Value),
    /// A string: literal text and references in turn.
    Text(Vec<Part>),
    /// A sequence.
    List(Vec<Template>),
    /// A mapping.
    Map(BTreeMap<String, Template>),
}

/// A piece of a [`Template::Text`].
#[derive(Clone, PartialEq)]
pub enum Part {
    /// Text that stands for itself, escapes already undone.
    Literal(String),
    /// Something to look up.
    Reference(Reference),
}

/// A secret by its source, such as `${env:NAME}` or `${env:NAME:-default}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// Where the secret comes from.
    pub source: SecretSource,
    /// The default: used if the source has no value or an empty one.
    pub default: Option<Vec<Part>>,
}

/// Where a secret comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum SecretSource {
    /// `${env:NAME}`: a variable.
    Env(String),
    /// `${file:path}`: a file.
    File {
        /// As written in the manifest, for messages.
        written: String,
        /// Relative to the working directory, or absolute.
        path: PathBuf,
    },
    /// `${exec:command}`: a command and its arguments, as written; needs `--allow-exec`.
    Exec(String),
}

impl Template {
    /// Whether there is a reference in it.
    pub fn has_reference(&self) -> bool {
        match self {
            Self::Literal(_) => false,
            Self::Text(parts) => parts.iter().any(|part| matches!(part, Part::Reference(_))),
            Self::List(items) => items.iter().any(Self::has_reference),
            Self::Map(members) => members.values().any(Self::has_reference),
        }
    }
}

impl Template {
    /// The variables that it refers to, those of defaults included.
    pub fn variables(&self) -> Vec<&str> {
        match self {
            Self::Literal(_) => Vec::new(),
            Self::Text(parts) => variables_of(parts),
            Self::List(items) => items.iter().flat_map(Self::variables).collect(),
            Self::Map(members) => members.values().flat_map(Self::variables).collect(),
        }
    }
}

fn variables_of(parts: &[Part]) -> Vec<&str> {
    let references = parts.iter().filter_map(|part| match part {
        Part::Reference(reference) => Some(reference),
        Part::Literal(_) => None,
    });
    let names = references.flat_map(|Reference { source, default }| {
        let own = match source {
            SecretSource::Env(name) => Some(name.as_str()),
            SecretSource::File { .. } | SecretSource::Exec(_) => None,
        };
        let nested = default.iter().flat_map(|parts| variables_of(parts));
        own.into_iter().chain(nested)
    });
    names.collect()
}

// A literal inside a template may be a password typed into the manifest, and a default may be one.
impl std::fmt::Debug for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[template]")
    }
}

impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[part]")
    }
}
