//! What the caller allows and asks for: selection, prune and guards.

use std::collections::BTreeSet;

use crate::model::{InstanceKey, Limit, Prune};

/// What the caller allows and asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Which keys take part.
    pub selection: Selection,
    /// What may be deleted.
    pub prune: BTreeSet<Prune>,
    /// Replace these.
    pub replace: BTreeSet<InstanceKey>,
    /// Which secrets are sent again, or taken as they are.
    pub secrets: Resend,
    /// Create again however much vanished.
    pub recreate_vanished: bool,
    /// The most updates, replaces, deletes and forgets; `None` for any number.
    pub max_changes: Option<usize>,
    /// The most deletes and replaces.
    pub max_deletes: Limit,
}

impl Policy {
    /// Whether instances of this kind may be deleted.
    pub fn prunes(&self, what: Prune) -> bool {
        self.prune.contains(&what)
    }
}

/// What is done about secrets besides comparing them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Resend {
    /// Nothing.
    #[default]
    Compare,
    /// Those of the keys that match one of these are sent, whatever their fingerprints say.
    Send(BTreeSet<String>),
    /// The present values on the platform are the right ones.
    Accept,
}

impl Resend {
    /// Whether the secrets of this key are sent in any case.
    pub fn sends(&self, key: &InstanceKey) -> bool {
        match self {
            Self::Compare | Self::Accept => false,
            Self::Send(patterns) => patterns
                .iter()
                .any(|pattern| matches(pattern, key.as_str())),
        }
    }
}

/// Which keys take part in a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only these, where there are any; `*` stands for any text.
    pub targets: BTreeSet<String>,
    /// Never these.
    pub excludes: BTreeSet<String>,
}

impl Selection {
    /// Whether this key takes part.
    pub fn includes(&self, key: &str) -> bool {
        let hit =
            |patterns: &BTreeSet<String>| patterns.iter().any(|pattern| matches(pattern, key));
        (self.targets.is_empty() || hit(&self.targets)) && !hit(&self.excludes)
    }

    /// Whether every key takes part.
    pub fn is_everything(&self) -> bool {
        self.targets.is_empty() && self.excludes.is_empty()
    }
}

/// `*` stands for any text.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(head) else {
        return false;
    };
    loop {
        if matches(rest, text) {
            return true;
        }
        let mut characters = text.chars();
        if characters.next().is_none() {
            return false;
        }
        text = characters.as_str();
    }
}

#[cfg(test)]
mod tests;
