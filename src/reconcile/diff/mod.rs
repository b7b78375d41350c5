//! Compares an existing instance with the manifest and makes the step that removes the differences.
//! The lock file tells drift from a change of the manifest.

mod difference;
mod secret;

use super::draft::differs;
use super::planner::Planner;
use super::subject::Subject;
use crate::model::{Action, DesiredInstance, ObservedInstance, Reason};

impl Planner<'_> {
    /// Plans for a recorded instance that exists: unchanged, an update, or a replace.
    pub(super) fn compare(
        &mut self,
        subject: &Subject<'_>,
        desired: &DesiredInstance,
        seen: &ObservedInstance,
    ) {
        let requested = self.input.policy.replace.contains(subject.key);
        if let Some(reason) = why_replaced(desired, seen, requested) {
            return self.replace(subject, desired, seen, vec![reason]);
        }
        let difference = self.difference(subject, desired, seen);
        let entry_differs = subject
            .locked
            .is_some_and(|locked| differs(difference.entry(), locked));
        if difference.is_empty() && !entry_differs && subject.moved_from.is_none() {
            self.out.unchanged += 1;
            return;
        }
        let step = difference.step(subject, desired, Action::Update);
        self.out.steps.push(step);
    }

    /// Adopts an unrecorded instance that carries our marker.
    pub(super) fn adopt(
        &mut self,
        subject: &Subject<'_>,
        desired: &DesiredInstance,
        seen: &ObservedInstance,
        reason: Reason,
    ) {
        if seen.is_abridged() {
            return self.abridged(subject, seen);
        }
        // This instance is already the result of the `--replace` that was interrupted.
        let requested =
            reason != Reason::ReplaceUnfinished && self.input.policy.replace.contains(subject.key);
        if let Some(why) = why_replaced(desired, seen, requested) {
            return self.replace(subject, desired, seen, vec![reason, why]);
        }
        let mut difference = self.difference(subject, desired, seen);
        difference.caused_by(reason);
        let step = difference.step(subject, desired, Action::Adopt);
        self.out.steps.push(step);
    }

    /// Makes the old instance of an abandoned replace the current one again.
    pub(super) fn restore(
        &mut self,
        subject: &Subject<'_>,
        desired: &DesiredInstance,
        seen: &ObservedInstance,
    ) {
        if seen.is_abridged() {
            return self.abridged(subject, seen);
        }
        let mut difference = self.difference(subject, desired, seen);
        difference.caused_by(Reason::ReplaceUnfinished);
        let step = difference.step(subject, desired, Action::Update);
        self.out.steps.push(step);
    }
}

/// Why the instance must be replaced, if it must.
fn why_replaced(
    desired: &DesiredInstance,
    seen: &ObservedInstance,
    requested: bool,
) -> Option<Reason> {
    if desired.element.names(&seen.element) {
        requested.then_some(Reason::ReplaceRequested)
    } else {
        Some(Reason::ElementChanged)
    }
}
