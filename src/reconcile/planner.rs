//! What every decision has at hand: the input, an index over it, and the plan made so far.

use super::PlanInput;
use super::builder::PlanBuilder;
use super::index::Index;
use super::subject::Subject;
use crate::model::{ObservedInstance, RefusalCode};

/// The planner at work. Its decisions are methods, one file for each kind.
pub(super) struct Planner<'a> {
    pub(super) input: &'a PlanInput,
    pub(super) index: &'a Index<'a>,
    pub(super) out: PlanBuilder,
}

impl Planner<'_> {
    /// What cannot be read is neither changed nor deleted.
    pub(super) fn abridged(&mut self, subject: &Subject<'_>, seen: &ObservedInstance) {
        self.out.refuse(
            RefusalCode::Unreadable,
            Some(subject.key),
            format!(
                "platform did not return tags and configuration of instance {}",
                seen.id
            ),
            "run the command again; an instance that cannot be read is not changed",
        );
    }
}
