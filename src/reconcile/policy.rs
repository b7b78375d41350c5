//! The options of the caller: selection, prune and guards.

use std::collections::BTreeSet;

use crate::model::{InstanceKey, Limit, Prune, matches_pattern};

/// The options of the caller.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// The keys to plan for.
    pub selection: Selection,
    /// What may be deleted.
    pub prune: BTreeSet<Prune>,
    /// Keys to replace.
    pub replace: BTreeSet<InstanceKey>,
    /// Which secrets to send again or to accept.
    pub secrets: Resend,
    /// Recreate missing instances, however many are missing.
    pub recreate_vanished: bool,
    /// Keys whose instance a person has looked for in vain, where nothing else proves its absence.
    pub assume_absent: BTreeSet<InstanceKey>,
    /// Maximum of updates, replaces, deletes and forgets; `None` for no limit.
    pub max_changes: Option<usize>,
    /// Maximum of deletes and replaces.
    pub max_deletes: Limit,
}

impl Policy {
    /// Whether instances of this kind may be deleted.
    pub fn prunes(&self, what: Prune) -> bool {
        self.prune.contains(&what)
    }
}

/// What to do with secrets besides comparing them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Resend {
    /// Send the changed ones only.
    #[default]
    Compare,
    /// Send the secrets of all keys that match one of these patterns, even if unchanged.
    Send(BTreeSet<String>),
    /// Record the values on the platform as correct.
    Accept,
}

impl Resend {
    /// Whether the secrets of this key are sent even if unchanged.
    pub fn sends(&self, key: &InstanceKey) -> bool {
        match self {
            Self::Compare | Self::Accept => false,
            Self::Send(patterns) => any_matches(patterns, key.as_str()),
        }
    }
}

/// The keys to plan for. In a pattern, `*` matches any text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only keys that match one of these; empty for all keys.
    pub targets: BTreeSet<String>,
    /// No key that matches one of these.
    pub excludes: BTreeSet<String>,
}

impl Selection {
    /// Whether this key is selected.
    pub fn includes(&self, key: &str) -> bool {
        (self.targets.is_empty() || any_matches(&self.targets, key)) && !self.excludes(key)
    }

    /// Whether this key is excluded by name, and not only because others are targets.
    pub fn excludes(&self, key: &str) -> bool {
        any_matches(&self.excludes, key)
    }

    /// Whether every key is selected.
    pub fn is_everything(&self) -> bool {
        self.targets.is_empty() && self.excludes.is_empty()
    }
}

fn any_matches(patterns: &BTreeSet<String>, key: &str) -> bool {
    patterns.iter().any(|pattern| matches_pattern(pattern, key))
}
