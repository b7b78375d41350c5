//! The state that every decision works on: the input, its index, and the plan so far.

use super::PlanInput;
use super::builder::PlanBuilder;
use super::index::Index;
use super::subject::Subject;
use crate::model::{InstanceKey, ObservedInstance, RefusalCode};

/// The planner. Its decisions are methods, grouped by file.
pub(super) struct Planner<'a> {
    pub(super) input: &'a PlanInput,
    pub(super) index: &'a Index<'a>,
    pub(super) out: PlanBuilder,
}

/// What helps where the platform did not show all of an instance.
pub(super) fn again_or_exclude(key: &InstanceKey) -> String {
    format!(
        "run the command again; if that does not help, pass `--exclude {key}` to leave this instance out"
    )
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
            again_or_exclude(subject.key),
        );
    }
}
