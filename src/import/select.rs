//! Selects instances by element, tag and name.

use std::collections::BTreeSet;
use std::str::FromStr;

use crate::model::{Observed, ObservedInstance, matches_pattern};

/// What a pattern is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Element,
    Name,
    Tag,
}

/// One `KIND=PATTERN`, such as `element=freshdeskv2` or `name=Fresh*`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Selector {
    kind: Kind,
    pattern: String,
}

/// A selector without a known kind or without a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected `element=KEY`, `name=PATTERN` or `tag=PATTERN`; `*` matches any text")]
pub struct InvalidSelector;

impl FromStr for Selector {
    type Err = InvalidSelector;

    fn from_str(text: &str) -> Result<Self, InvalidSelector> {
        let (kind, pattern) = text.split_once('=').ok_or(InvalidSelector)?;
        let kind = match kind {
            "element" => Kind::Element,
            "name" => Kind::Name,
            "tag" => Kind::Tag,
            _ => return Err(InvalidSelector),
        };
        if pattern.is_empty() {
            return Err(InvalidSelector);
        }
        Ok(Self {
            kind,
            pattern: pattern.to_owned(),
        })
    }
}

impl std::fmt::Display for Selector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self.kind {
            Kind::Element => "element",
            Kind::Name => "name",
            Kind::Tag => "tag",
        };
        write!(f, "{kind}={}", self.pattern)
    }
}

impl Selector {
    fn matches(&self, seen: &ObservedInstance) -> bool {
        let matches = |text: &str| matches_pattern(&self.pattern, text);
        match self.kind {
            Kind::Element => matches(seen.element.key.as_str()),
            Kind::Name => matches(&seen.name),
            Kind::Tag => seen.own_tags().iter().any(|tag| matches(tag)),
        }
    }

    /// What the platform has in place of the pattern, for a hint.
    pub(super) fn known<'o>(&self, observed: &'o Observed) -> BTreeSet<&'o str> {
        let instances = observed.instances.values();
        match self.kind {
            Kind::Element => instances.map(|seen| seen.element.key.as_str()).collect(),
            Kind::Name => instances.map(|seen| seen.name.as_str()).collect(),
            Kind::Tag => instances
                .flat_map(|seen| seen.tags.iter().flatten())
                .map(String::as_str)
                .collect(),
        }
    }

    /// The pattern.
    pub(super) fn pattern(&self) -> &str {
        &self.pattern
    }
}

/// Several selectors: of one kind, one has to match; of different kinds, each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selectors(pub BTreeSet<Selector>);

impl Selectors {
    /// Whether an instance is selected; without selectors each is.
    pub fn include(&self, seen: &ObservedInstance) -> bool {
        self.of(&[Kind::Element, Kind::Name, Kind::Tag], seen)
    }

    /// The same by what every list shows right: a list may leave tags out, or cut them
    /// (docs/platform.md#q27).
    pub(super) fn may_include(&self, seen: &ObservedInstance) -> bool {
        self.of(&[Kind::Element, Kind::Name], seen)
    }

    fn of(&self, kinds: &[Kind], seen: &ObservedInstance) -> bool {
        kinds.iter().all(|kind| {
            let mut same = self.0.iter().filter(|it| it.kind == *kind).peekable();
            same.peek().is_none() || same.any(|selector| selector.matches(seen))
        })
    }

    /// The first one that matches nothing at all: a typing error would otherwise look like success.
    pub(super) fn unmatched(&self, observed: &Observed) -> Option<&Selector> {
        let matches = |selector: &&Selector| {
            let mut instances = observed.instances.values();
            instances.any(|seen| selector.matches(seen))
        };
        self.0.iter().find(|selector| !matches(selector))
    }
}
