//! The state that every decision works on: the input, its index, and the plan so far.

use super::PlanInput;
use super::builder::PlanBuilder;
use super::index::Index;
use super::subject::Subject;
use crate::model::{ObservedInstance, RefusalCode};

/// The planner. Its decisions are methods, grouped by file.
pub(super) struct Planner<'a> {
    pub(super) input: &'a PlanInput,
    pub(super) index: &'a Index<'a>,
    pub(super) out: PlanBuilder,
}

impl Planner<'_> {
    /// Refuses to change or delete an instance that could not be read completely.
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
