//! The presence table: what follows from desired, recorded and observed, in one exhaustive match.
//! `docs/lifecycle.md` has the same table for people.

use super::found::Found;
use super::index::Index;
use super::removed::Rest;
use super::subject::{Contested, Subject, There};
use super::{PlanInput, create, diff, extra, removed};
use crate::model::{DesiredInstance, Marker, NoteCode, ObservedInstance, Reason, RefusalCode};

/// Decides about one key.
pub(super) fn decide(
    input: &PlanInput,
    index: &Index<'_>,
    subject: &Subject<'_>,
    found: &mut Found,
) {
    let marked = subject.marked.first().copied();
    match (subject.desired, subject.there, marked) {
        (Some(desired), There::NotRecorded, None) => {
            nothing_current(input, index, subject, desired, Reason::Missing, found);
        }
        (Some(desired), There::Gone, None) => {
            nothing_current(input, index, subject, desired, Reason::Vanished, found);
        }
        (Some(desired), There::NotRecorded, Some(seen)) => {
            diff::adopt(input, subject, desired, seen, Reason::MarkerFound, found);
            extra::besides(input, subject, seen, found);
        }
        (Some(desired), There::Gone, Some(seen)) => {
            diff::adopt(input, subject, desired, seen, Reason::Vanished, found);
            extra::besides(input, subject, seen, found);
        }
        (Some(desired), There::Live(seen), Some(_) | None) => {
            diff::compare(input, subject, desired, seen, found);
            extra::besides(input, subject, seen, found);
        }
        (Some(desired), There::Retired(old), Some(new)) => {
            let reason = Reason::ReplaceUnfinished;
            diff::adopt(input, subject, desired, new, reason, found);
            extra::besides(input, subject, new, found);
            extra::delete_retired(subject, new, old, found);
        }
        (Some(desired), There::Retired(old), None) => {
            unfinished(input, subject, desired, old, found);
        }
        (None, There::Live(seen), Some(_) | None) => {
            let rest = if removed::removed(input, index, subject, seen, found) {
                Rest::All
            } else {
                extra::duplicates(input, subject, seen, found);
                Rest::Retired
            };
            removed::left_over(input, subject, rest, found);
        }
        // The old one of a replace, and the manifest wants neither it nor its successor.
        (None, There::Retired(seen), Some(_) | None) => {
            removed::removed(input, index, subject, seen, found);
            removed::left_over(input, subject, Rest::All, found);
        }
        (None, There::Gone, Some(_) | None) => {
            removed::forget(subject, found);
            removed::left_over(input, subject, Rest::All, found);
        }
        (Some(_), There::Contested(contested), Some(_) | None) => {
            claimed_by_two(input, subject, contested, found);
        }
        (None, There::Contested(contested), Some(_) | None) => {
            if removed::is_to_go(input, subject) {
                claimed_by_two(input, subject, contested, found);
            } else {
                removed::keep(index, subject, contested.instance, found);
            }
        }
        (Some(_), There::Abridged(seen), Some(_) | None) => abridged(subject, seen, found),
        (None, There::Abridged(seen), Some(_) | None) => {
            if removed::is_to_go(input, subject) {
                abridged(subject, seen, found);
            } else {
                removed::keep(index, subject, seen, found);
            }
        }
        (Some(_) | None, There::Unreadable, Some(_) | None) => found.refuse(
            RefusalCode::Unreadable,
            subject,
            "the recorded instance was not in the list, and the platform does not say that it is gone",
            "run again; unreadable is not absent, so nothing is created or forgotten for it",
        ),
        // A subject comes from the manifest or from the lock file.
        (None, There::NotRecorded, Some(_) | None) => {}
    }
}

/// Nothing is current: it is created, unless a replace was cut off here, or somebody else claims
/// what carries our marker.
fn nothing_current(
    input: &PlanInput,
    index: &Index<'_>,
    subject: &Subject<'_>,
    desired: &DesiredInstance,
    reason: Reason,
    found: &mut Found,
) {
    if let Some(contested) = subject.contested.first() {
        // A create would make a second one with this marker.
        claimed_by_two(input, subject, *contested, found);
    } else if let Some(old) = subject.retired.first() {
        unfinished(input, subject, desired, old, found);
    } else {
        create::missing(input, index, subject, desired, reason, found);
    }
}

/// Nothing is current, and an instance is retired: the replace goes on, or, where the manifest went
/// back, is undone.
fn unfinished(
    input: &PlanInput,
    subject: &Subject<'_>,
    desired: &DesiredInstance,
    old: &ObservedInstance,
    found: &mut Found,
) {
    let went_back =
        desired.element.names(&old.element) && !input.policy.replace.contains(subject.key);
    if went_back {
        diff::restore(input, subject, desired, old, found);
    } else {
        let reasons = vec![Reason::ReplaceUnfinished];
        create::replace(input, subject, desired, old, reasons, found);
    }
    extra::contested(subject, old, found);
    for other in &subject.retired {
        if other.id != old.id {
            extra::delete_retired(subject, old, other, found);
        }
    }
}

/// An instance of ours carries the marker of another inventory or key: hands off, and both are
/// named.
fn claimed_by_two(
    input: &PlanInput,
    subject: &Subject<'_>,
    contested: Contested<'_>,
    found: &mut Found,
) {
    let Contested { instance, claim } = contested;
    let own = Marker::live(&input.desired.inventory, subject.key);
    let is_recorded = subject.locked.is_some_and(|entry| entry.id == instance.id);
    let ours = if is_recorded {
        "is recorded here as"
    } else {
        "carries the marker"
    };
    found.refuse(
        RefusalCode::ForeignMarker,
        subject,
        format!("instance {} {ours} `{own}`, and {claim}", instance.id),
        "two inventories, or two keys, claim it: remove it from one of them",
    );
}

/// What cannot be read is neither changed nor deleted.
pub(super) fn abridged(subject: &Subject<'_>, seen: &ObservedInstance, found: &mut Found) {
    found.refuse(
        RefusalCode::Unreadable,
        subject,
        format!(
            "the platform does not show the tags and the configuration of instance {}",
            seen.id
        ),
        "run again; what cannot be read is neither changed nor deleted",
    );
}

/// Notes that an instance is not valid, and how to mend that.
pub(super) fn not_valid(subject: &Subject<'_>, seen: &ObservedInstance, found: &mut Found) {
    found.note(
        NoteCode::Invalid,
        subject,
        format!(
            "the platform says that instance {} is not valid; mend its credentials, or send them \
             again with `connectorctl apply --resend-secrets={}`",
            seen.id, subject.key
        ),
    );
}

/// The marker that a write to an instance expects to find.
pub(super) fn expected_marker(seen: &ObservedInstance) -> Option<String> {
    seen.markers().next().map(str::to_owned)
}
