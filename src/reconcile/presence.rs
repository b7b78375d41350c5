//! The presence table: what follows from desired, recorded and observed, in one exhaustive match.
//! `docs/lifecycle.md` has the same table for people.

use std::collections::BTreeSet;

use super::index::{Index, markers};
use super::subject::{Subject, There};
use super::{PlanInput, View, create, diff, normalize, removed};
use crate::model::{
    Action, InstanceId, Marker, Note, NoteCode, ObservedInstance, Reason, Refusal, Step,
};

/// What the planner has found so far.
#[derive(Default)]
pub(super) struct Found {
    pub(super) steps: Vec<Step>,
    pub(super) notes: Vec<Note>,
    pub(super) refusals: Vec<Refusal>,
    pub(super) unchanged: usize,
    /// Secrets that could not be compared for want of credentials.
    pub(super) not_compared: usize,
    /// Secrets whose fingerprints were made with another key.
    pub(super) rotated: usize,
}

impl Found {
    pub(super) fn note(
        &mut self,
        code: NoteCode,
        subject: &Subject<'_>,
        message: impl Into<String>,
    ) {
        self.notes.push(Note {
            code,
            key: Some(subject.key.clone()),
            message: message.into(),
        });
    }

    pub(super) fn refuse(
        &mut self,
        code: &str,
        subject: &Subject<'_>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.refusals.push(Refusal {
            code: code.to_owned(),
            key: Some(subject.key.clone()),
            message: message.into(),
            hint: hint.into(),
        });
    }
}

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
            if !unfinished(input, subject, found, None) {
                create::missing(input, index, subject, desired, Reason::Missing, found);
            }
        }
        (Some(desired), There::Gone, None) => {
            if !unfinished(input, subject, found, None) {
                create::missing(input, index, subject, desired, Reason::Vanished, found);
            }
        }
        (Some(_), There::NotRecorded, Some(instance)) => {
            diff::adopt(input, subject, instance, Reason::MarkerFound, found);
            superfluous(input, subject, instance, found);
        }
        (Some(_), There::Gone, Some(instance)) => {
            diff::adopt(input, subject, instance, Reason::Vanished, found);
            superfluous(input, subject, instance, found);
        }
        (Some(_), There::Yes(instance), _) if is_own_retired(input, subject, instance) => {
            recorded_is_retired(input, subject, instance, found);
        }
        (Some(_), There::Yes(instance), Some(_) | None) => {
            if !belongs_to_somebody_else(input, subject, instance, found) {
                diff::compare(input, subject, instance, found);
                superfluous(input, subject, instance, found);
            }
        }
        (None, There::Yes(instance), Some(_) | None) => {
            if removed::removed(input, index, subject, instance, found) {
                removed::left_over(input, &subject.marked, found);
            } else {
                duplicates(input, subject, instance, found);
            }
            removed::left_over(input, &subject.retired, found);
        }
        (None, There::Gone, Some(_) | None) => {
            removed::forget(subject, found);
            removed::left_over(input, &subject.marked, found);
            removed::left_over(input, &subject.retired, found);
        }
        (Some(_) | None, There::Unreadable, Some(_) | None) => found.refuse(
            "unreadable",
            subject,
            "the recorded instance was not in the list, and the platform does not say that it is gone",
            "run again; unreadable is not absent, so nothing is created or forgotten for it",
        ),
        // A subject comes from the manifest or from the lock file.
        (None, There::NotRecorded, Some(_) | None) => {}
    }
}

/// Whether an instance carries the retired marker of this key, and not of another.
fn is_own_retired(input: &PlanInput, subject: &Subject<'_>, instance: &ObservedInstance) -> bool {
    let inventory = &input.desired.inventory;
    let desired = subject.desired;
    let moved = desired.and_then(|desired| desired.lifecycle.moved_from.as_ref());
    [Some(subject.key), moved].into_iter().flatten().any(|key| {
        let own = Marker::retired(inventory, key);
        markers(instance).any(|tag| tag == own.as_str())
    })
}

/// The recorded instance is the old one of a replace that was cut off.
fn recorded_is_retired(
    input: &PlanInput,
    subject: &Subject<'_>,
    old: &ObservedInstance,
    found: &mut Found,
) {
    if let Some(new) = subject.marked.first() {
        diff::adopt(input, subject, new, Reason::ReplaceUnfinished, found);
        superfluous(input, subject, new, found);
        delete_retired(input, subject, new, old, found);
    } else {
        unfinished(input, subject, found, Some(old));
    }
}

/// Nothing is current, and an instance is retired: the replace goes on, or, where the manifest went
/// back, is undone. Answers whether there was one.
fn unfinished(
    input: &PlanInput,
    subject: &Subject<'_>,
    found: &mut Found,
    recorded: Option<&ObservedInstance>,
) -> bool {
    let Some(old) = recorded.or_else(|| subject.retired.first().copied()) else {
        return false;
    };
    let Some(desired) = subject.desired else {
        return false;
    };
    if normalize::is_of(&old.element, &desired.element)
        && !input.policy.replace.contains(subject.key)
    {
        diff::restore(input, subject, old, found);
    } else {
        create::replace(
            input,
            subject,
            desired,
            old,
            None,
            vec![Reason::ReplaceUnfinished],
            found,
        );
    }
    for other in &subject.retired {
        if other.id != old.id {
            delete_retired(input, subject, old, other, found);
        }
    }
    true
}

/// Instances that are there besides the current one: duplicates, and the old one of a replace.
fn superfluous(
    input: &PlanInput,
    subject: &Subject<'_>,
    current: &ObservedInstance,
    found: &mut Found,
) {
    duplicates(input, subject, current, found);
    for old in &subject.retired {
        if old.id != current.id {
            delete_retired(input, subject, current, old, found);
        }
    }
}

fn delete_retired(
    input: &PlanInput,
    subject: &Subject<'_>,
    current: &ObservedInstance,
    old: &ObservedInstance,
    found: &mut Found,
) {
    let Some(marker) = markers(old).find(|tag| is_retired_tag(tag)) else {
        return;
    };
    if !current.valid {
        found.note(
            NoteCode::Retired,
            subject,
            format!(
                "instance {} was replaced by {}, which is not valid: the old one is kept until it is",
                old.id, current.id
            ),
        );
        return;
    }
    // A replace that is under way anyway deletes its old instance itself.
    let taken = found.steps.iter().any(|step| step.id == Some(old.id));
    if !taken {
        let reasons = vec![Reason::ReplaceUnfinished];
        found
            .steps
            .push(delete(input, subject, old, marker, reasons));
    }
}

fn is_retired_tag(tag: &str) -> bool {
    Marker::state_of(tag) == Some(crate::model::MarkerState::Retired)
}

/// A delete of an instance besides the recorded one.
fn delete(
    _input: &PlanInput,
    subject: &Subject<'_>,
    instance: &ObservedInstance,
    marker: &str,
    reasons: Vec<Reason>,
) -> Step {
    Step {
        key: subject.key.clone(),
        element: instance.element.key.to_string(),
        id: Some(instance.id),
        moved_from: None,
        action: Action::Delete {
            expect_marker: Some(marker.to_owned()),
            drop_entry: false,
        },
        changes: Vec::new(),
        reasons,
    }
}

fn duplicates(
    input: &PlanInput,
    subject: &Subject<'_>,
    kept: &ObservedInstance,
    found: &mut Found,
) {
    let others: Vec<&ObservedInstance> = subject
        .marked
        .iter()
        .filter(|instance| instance.id != kept.id)
        .copied()
        .collect();
    if others.is_empty() {
        return;
    }
    let ids: BTreeSet<InstanceId> = others.iter().map(|instance| instance.id).collect();
    let listed: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let listed = listed.join(", ");
    if input.policy.prune_duplicates {
        for instance in others {
            let marker = markers(instance).next().unwrap_or_default();
            found.steps.push(delete(
                input,
                subject,
                instance,
                marker,
                vec![Reason::Duplicate, Reason::Pruned],
            ));
        }
    }
    found.note(
        NoteCode::Duplicate,
        subject,
        format!(
            "instance {} is the current one; with the same marker there is also: {listed}. \
             `--prune=duplicates` deletes the others",
            kept.id
        ),
    );
}

/// The recorded instance carries the marker of another inventory or key: hands off.
fn belongs_to_somebody_else(
    input: &PlanInput,
    subject: &Subject<'_>,
    instance: &ObservedInstance,
    found: &mut Found,
) -> bool {
    if matches!(input.view, View::Offline) {
        return false;
    }
    let inventory = &input.desired.inventory;
    let ours: Vec<String> = [
        Some(subject.key),
        subject.moved_from,
        Some(subject.recorded_as),
    ]
    .into_iter()
    .flatten()
    .map(|key| Marker::live(inventory, key).to_string())
    .collect();
    let foreign = markers(instance).find(|tag| !ours.iter().any(|own| own == tag));
    let Some(foreign) = foreign else {
        return false;
    };
    found.refuse(
        "foreign-marker",
        subject,
        format!(
            "instance {} is recorded here as `{}`, and carries the marker `{foreign}`",
            instance.id,
            ours.first().map_or("", String::as_str)
        ),
        "two inventories, or two keys, claim it: remove it from one of them",
    );
    true
}
