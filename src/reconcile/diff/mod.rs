//! Compares an existing instance with the manifest and makes the step that removes the differences.
//! The lock file tells drift from a change of the manifest.

mod difference;
mod secret;

use super::draft::differs;
use super::planner::Planner;
use super::subject::Declared;
use crate::model::{Action, DesiredInstance, ObservedInstance, Reason};

impl Planner<'_> {
    /// Plans for a recorded instance that exists: unchanged, an update, or a replace.
    pub(super) fn compare(&mut self, declared: Declared<'_>, seen: &ObservedInstance) {
        let Declared { subject, desired } = declared;
        let requested = self.input.policy.replace.contains(subject.key);
        if let Some(reason) = why_replaced(desired, seen, requested) {
            return self.replace(declared, seen, [reason]);
        }
        let difference = self.difference(declared, seen);
        let entry_differs = subject
            .locked
            .is_some_and(|locked| differs(difference.entry(), locked));
        if difference.is_empty() && !entry_differs && subject.moved_from.is_none() {
            self.out.unchanged += 1;
        } else {
            self.out
                .steps
                .push(difference.step(declared, Action::Update));
        }
    }

    /// Adopts an unrecorded instance that carries our marker.
    pub(super) fn adopt(&mut self, declared: Declared<'_>, seen: &ObservedInstance, why: Reason) {
        let Declared { subject, desired } = declared;
        if seen.is_abridged() {
            return self.abridged(subject, seen);
        }
        // This instance is already the result of the `--replace` that was interrupted.
        let requested =
            why != Reason::ReplaceUnfinished && self.input.policy.replace.contains(subject.key);
        if let Some(replaced) = why_replaced(desired, seen, requested) {
            return self.replace(declared, seen, [why, replaced]);
        }
        let mut difference = self.difference(declared, seen);
        difference.caused_by(why);
        self.out
            .steps
            .push(difference.step(declared, Action::Adopt));
    }

    /// Makes the old instance of an abandoned replace the current one again.
    pub(super) fn restore(&mut self, declared: Declared<'_>, seen: &ObservedInstance) {
        let mut difference = self.difference(declared, seen);
        difference.caused_by(Reason::ReplaceUnfinished);
        self.out
            .steps
            .push(difference.step(declared, Action::Update));
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
