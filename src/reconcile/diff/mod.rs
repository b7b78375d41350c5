//! What differs on an instance that exists, and the step that brings it in line. Both sides are
//! normalised before; desired, recorded and observed tell drift from a change of the manifest.

mod difference;
mod secret;

use super::draft::differs;
use super::planner::Planner;
use super::subject::Subject;
use crate::model::{Action, DesiredInstance, ObservedInstance, Reason};

impl Planner<'_> {
    /// A recorded instance that is there: unchanged, an update, or a replace.
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

    /// An instance that carries our marker and is not recorded.
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
        // The new one of a replace that was cut off is what `--replace` had asked for.
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

    /// The old instance of a replace that is not wanted any more becomes the current one again.
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

/// Why only a new instance can be what is declared.
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
