//! What a manifest says of an instance that was found on the platform.

use std::collections::{BTreeMap, BTreeSet};

use super::{ElementKey, InstanceKey, PlainValue};

/// The declaration of one instance, as a person would write it: what is left out has its default, or
/// belongs to the platform.
#[derive(Clone, Debug, PartialEq)]
pub struct Stanza {
    /// The key.
    pub key: InstanceKey,
    /// The connector.
    pub element: ElementKey,
    /// `None` where it is the key, or where no manifest can declare it.
    pub name: Option<String>,
    /// `None` where the platform's own stay as they are.
    pub tags: Option<BTreeSet<String>>,
    /// By configuration key.
    pub configuration: BTreeMap<String, StanzaValue>,
    /// `None` where it is the default.
    pub enabled: Option<bool>,
    /// Paths for `lifecycle.ignoreChanges`.
    pub ignore_changes: BTreeSet<String>,
}

/// A configuration value of a [`Stanza`].
#[derive(Clone, Debug, PartialEq)]
pub enum StanzaValue {
    /// It may be shown.
    Plain(PlainValue),
    /// A secret: a reference to this variable.
    Variable(String),
}

impl Stanza {
    /// The variables it refers to, with the configuration keys.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        let values = self.configuration.iter();
        values.filter_map(|(name, value)| match value {
            StanzaValue::Variable(variable) => Some((variable.as_str(), name.as_str())),
            StanzaValue::Plain(_) => None,
        })
    }
}
