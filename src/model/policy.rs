//! Options of a plan that the command line parses.

use std::str::FromStr;

/// A kind of instance that a plan may delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Prune {
    /// Recorded instances that left the manifest.
    Removed,
    /// Instances that carry our marker but are in neither the manifest nor the lock file.
    Orphans,
    /// All but one of several instances with the marker of one key.
    Duplicates,
}

/// A maximum number of instances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Limit {
    /// A tenth of the instances that are recorded or carry our marker, and at least one.
    #[default]
    Default,
    /// This many.
    Number(usize),
    /// This percentage of the instances that are recorded or carry our marker, rounded down.
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

/// A limit that is neither a number nor a percentage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a number such as `5`, or a percentage such as `10%`")]
pub struct InvalidLimit;

impl FromStr for Limit {
    type Err = InvalidLimit;

    fn from_str(text: &str) -> Result<Self, InvalidLimit> {
        let limit = match text.strip_suffix('%') {
            Some(percent) => percent.parse().map(Self::Percent),
            None => text.parse().map(Self::Number),
        };
        limit.map_err(|_| InvalidLimit)
    }
}

#[cfg(test)]
mod tests;
