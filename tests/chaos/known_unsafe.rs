//! Where the product is known to be wrong: answers of the platform and events, each with its reason. They
//! are left out of the schedules that have to hold, and `--known-unsafe` plays them.

use super::schedule::{Event, Schedule};

/// Answers under which the product is known to be wrong, and why. They are left out of the random
/// schedules and of the end-to-end runs. Whoever makes the product right under one removes it here.
pub(crate) const KNOWN_UNSAFE: &[(&str, &str)] = &[];

/// Whether the product is known to be wrong under this answer.
pub(crate) fn is_known_unsafe(assumption: &str) -> bool {
    KNOWN_UNSAFE.iter().any(|(known, _)| *known == assumption)
}

/// Which schedules are played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Worlds {
    /// Those in which the product has to be right.
    Safe,
    /// Those in which it is known to be wrong too.
    All,
}

/// The journal remembers nothing of what a fold wrote: within the list lag of a create, a lock file that is
/// lost or older than its journal leads to a second instance (seeds 319, 348, 353).
fn loses_the_lock_alone(event: Event) -> bool {
    matches!(event, Event::LoseLock | Event::RollBack(_))
}

impl Worlds {
    /// The schedule without what is known to break a law.
    pub(super) fn restrict(self, mut schedule: Schedule) -> Schedule {
        if self == Self::All {
            return schedule;
        }
        for round in &mut schedule.rounds {
            round.then.retain(|event| !loses_the_lock_alone(*event));
        }
        schedule
    }
}
