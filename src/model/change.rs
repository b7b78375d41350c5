//! A pair of values whose order must not be mixed up.

use serde::{Deserialize, Serialize};

/// A value before and after a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Change<T> {
    /// What is there now.
    pub before: T,
    /// What will be there.
    pub after: T,
}

impl<T> Change<T> {
    /// Applies `f` to both sides.
    pub fn map<U>(self, mut f: impl FnMut(T) -> U) -> Change<U> {
        Change {
            before: f(self.before),
            after: f(self.after),
        }
    }

    /// The same change by reference.
    pub fn as_ref(&self) -> Change<&T> {
        Change {
            before: &self.before,
            after: &self.after,
        }
    }
}

impl<T: PartialEq> Change<T> {
    /// Whether the two sides differ.
    pub fn is_changed(&self) -> bool {
        self.before != self.after
    }
}
