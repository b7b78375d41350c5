//! How much of many findings of one kind people see: the first ones and a count. JSON has all of them.

use std::collections::BTreeMap;
use std::fmt::Display;

/// How many findings of one kind are shown; the others are counted.
const MAX_SHOWN: usize = 20;

/// Whether text for people leaves something out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// The first of each kind are shown, the others are counted.
    Short,
    /// Everything is shown (`--full`).
    Full,
}

/// What is shown of many findings.
#[derive(Debug, PartialEq, Eq)]
pub struct Capped<'a, T> {
    /// In their order.
    pub shown: Vec<&'a T>,
    /// How many others there are of each kind.
    pub left_out: Vec<String>,
}

/// The first findings of each kind, in their order, and what to say of the others.
pub fn capped<'a, T, K: Ord + Display>(
    length: Length,
    all: impl IntoIterator<Item = &'a T>,
    kind: impl Fn(&T) -> K,
) -> Capped<'a, T> {
    let mut counts: BTreeMap<K, usize> = BTreeMap::new();
    let mut shown = Vec::new();
    for one in all {
        let count = counts.entry(kind(one)).or_default();
        *count += 1;
        if *count <= MAX_SHOWN || length == Length::Full {
            shown.push(one);
        }
    }
    let left_out = counts
        .into_iter()
        .filter(|(_, count)| *count > MAX_SHOWN && length == Length::Short)
        .map(|(kind, count)| {
            let more = count - MAX_SHOWN;
            format!("{more} more [{kind}] not shown; `--full` shows all")
        });
    Capped {
        left_out: left_out.collect(),
        shown,
    }
}
