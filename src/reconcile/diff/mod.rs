//! What differs on an instance that exists, and the step that brings it in line. Both sides are
//! normalised before; desired, recorded and observed tell drift from a change of the manifest.

mod difference;
mod secret;

use super::draft::differs;
use super::found::Found;
use super::presence::abridged;
use super::subject::Subject;
use super::{PlanInput, create};
use crate::model::{Action, DesiredInstance, ObservedInstance, Reason};
use difference::Difference;

/// A recorded instance that is there: unchanged, an update, or a replace.
pub(super) fn compare(
    input: &PlanInput,
    subject: &Subject<'_>,
    desired: &DesiredInstance,
    seen: &ObservedInstance,
    found: &mut Found,
) {
    let requested = input.policy.replace.contains(subject.key);
    if let Some(reason) = why_replaced(desired, seen, requested) {
        return create::replace(input, subject, desired, seen, vec![reason], found);
    }
    let difference = Difference::of(input, subject, desired, seen, found);
    let entry_differs = subject
        .locked
        .is_some_and(|locked| differs(difference.entry(), locked));
    if difference.is_empty() && !entry_differs && subject.moved_from.is_none() {
        found.unchanged += 1;
        return;
    }
    let step = difference.step(subject, desired, Action::Update);
    found.steps.push(step);
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

/// An instance that carries our marker and is not recorded.
pub(super) fn adopt(
    input: &PlanInput,
    subject: &Subject<'_>,
    desired: &DesiredInstance,
    seen: &ObservedInstance,
    reason: Reason,
    found: &mut Found,
) {
    if seen.configuration.is_none() {
        return abridged(subject, seen, found);
    }
    // The new one of a replace that was cut off is what `--replace` had asked for.
    let requested =
        reason != Reason::ReplaceUnfinished && input.policy.replace.contains(subject.key);
    if let Some(why) = why_replaced(desired, seen, requested) {
        return create::replace(input, subject, desired, seen, vec![reason, why], found);
    }
    let mut difference = Difference::of(input, subject, desired, seen, found);
    difference.because(reason);
    let step = difference.step(subject, desired, Action::Adopt);
    found.steps.push(step);
}

/// The old instance of a replace that is not wanted any more becomes the current one again.
pub(super) fn restore(
    input: &PlanInput,
    subject: &Subject<'_>,
    desired: &DesiredInstance,
    seen: &ObservedInstance,
    found: &mut Found,
) {
    if seen.configuration.is_none() {
        return abridged(subject, seen, found);
    }
    let mut difference = Difference::of(input, subject, desired, seen, found);
    difference.because(Reason::ReplaceUnfinished);
    let step = difference.step(subject, desired, Action::Update);
    found.steps.push(step);
}
