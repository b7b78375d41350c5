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
