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

/// Where a secret comes from. A default counts where there is no value, or an empty one.
#[derive(Clone, Debug, PartialEq)]
pub enum Reference {
    /// `${env:NAME}` or `${env:NAME:-default}`.
    Env {
        /// The variable.
        name: String,
        /// Text and references in turn.
        default: Option<Vec<Part>>,
    },
    /// `${file:path}` or `${file:path:-default}`.
    File {
        /// As written in the manifest, for messages.
        written: String,
        /// Relative to the working directory, or absolute.
        path: PathBuf,
        /// Text and references in turn.
        default: Option<Vec<Part>>,
    },
    /// `${exec:command}` or `${exec:command:-default}`; needs `--allow-exec`.
    Exec {
        /// The command and its arguments, as written.
        command: String,
        /// Text and references in turn.
        default: Option<Vec<Part>>,
    },
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
