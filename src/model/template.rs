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

/// Where a secret comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reference {
    /// `${env:NAME}` or `${env:NAME:-default}`.
    Env {
        /// The variable.
        name: String,
        /// What to use where the variable is unset or empty.
        default: Option<String>,
    },
    /// `${file:path}` or `${file:path:-default}`.
    File {
        /// As written in the manifest, for messages.
        written: String,
        /// Made absolute, or relative to the working directory, from the manifest's own folder.
        path: PathBuf,
        /// What to use where there is no such file.
        default: Option<String>,
    },
    /// `${exec:command}`; needs `--allow-exec`.
    Exec {
        /// The command and its arguments, as written.
        command: String,
    },
}

impl Template {
    /// Every reference, in order.
    pub fn references(&self) -> Vec<&Reference> {
        let mut found = Vec::new();
        self.collect(&mut found);
        found
    }

    fn collect<'a>(&'a self, found: &mut Vec<&'a Reference>) {
        match self {
            Self::Literal(_) => {}
            Self::Text(parts) => found.extend(parts.iter().filter_map(|part| match part {
                Part::Literal(_) => None,
                Part::Reference(reference) => Some(reference),
            })),
            Self::List(items) => items.iter().for_each(|item| item.collect(found)),
            Self::Map(members) => members.values().for_each(|item| item.collect(found)),
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
