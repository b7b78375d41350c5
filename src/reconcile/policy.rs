//! What the caller allows and asks for: selection, prune, guards.

use std::collections::BTreeSet;

use crate::model::InstanceKey;

/// What the caller allows and asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Which keys take part.
    pub selection: Selection,
    /// Delete recorded instances that the manifest dropped.
    pub prune_removed: bool,
    /// Delete instances that only carry our marker.
    pub prune_orphans: bool,
    /// Delete second instances with the marker of one key.
    pub prune_duplicates: bool,
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

/// How many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Limit {
    /// A tenth of what is recorded or carries our marker, and at least one.
    #[default]
    Default,
    /// This many.
    Number(usize),
    /// This percentage of what is recorded or carries our marker, rounded down.
    Percent(usize),
}

impl Limit {
    /// The number for an inventory of this size.
    pub fn of(self, instances: usize) -> usize {
        match self {
            Self::Default => (instances / 10).max(1),
            Self::Number(number) => number,
            Self::Percent(percent) => instances.saturating_mul(percent) / 100,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text) in [
            ("*", ""),
            ("a*", "a"),
            ("a*c", "abbc"),
            ("*-eu", "x-eu"),
            ("a*b*c", "a1b2c"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("a", "b"), ("a*c", "ab"), ("", "a"), ("*-eu", "x-us")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn the_default_limit_is_a_tenth_and_at_least_one() {
        assert_eq!(Limit::Default.of(0), 1);
        assert_eq!(Limit::Default.of(99), 9);
        assert_eq!(Limit::Percent(50).of(9), 4);
        assert_eq!(Limit::Number(0).of(100), 0);
    }
}
