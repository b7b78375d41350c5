//! Instances that are there besides the current one of a key: duplicates, and the old ones of
//! replaces.

use super::PlanInput;
use super::found::Found;
use super::subject::Subject;
use crate::model::{
    Action, Change, DeleteRequest, FieldChange, Marker, MarkerState, NoteCode, ObservedInstance,
    Prune, Reason, Shown, Step,
};

/// Everything besides the current instance.
pub(super) fn besides(
    input: &PlanInput,
    subject: &Subject<'_>,
    current: &ObservedInstance,
    found: &mut Found,
) {
    duplicates(input, subject, current, found);
    contested(subject, current, found);
    for old in &subject.retired {
        delete_retired(subject, current, old, found);
    }
}

/// Second instances with the marker of one key: named, and deleted only on request.
pub(super) fn duplicates(
    input: &PlanInput,
    subject: &Subject<'_>,
    current: &ObservedInstance,
    found: &mut Found,
) {
    let mut others: Vec<&ObservedInstance> = subject
        .marked
        .iter()
        .filter(|instance| instance.id != current.id)
        .copied()
        .collect();
    if others.is_empty() {
        return;
    }
    others.sort_by_key(|instance| instance.id);
    let listed: Vec<String> = others.iter().map(|other| other.id.to_string()).collect();
    let pruned = input.policy.prunes(Prune::Duplicates);
    let then = if pruned {
        "this plan deletes them"
    } else {
        "`--prune=duplicates` deletes them"
    };
    found.note(
        NoteCode::Duplicate,
        subject,
        format!(
            "instance {} is the current one; with the same marker there is also: {}; {then}",
            current.id,
            listed.join(", ")
        ),
    );
    if !pruned {
        return;
    }
    for instance in others {
        let reasons = vec![Reason::Duplicate, Reason::Pruned];
        if let Some(marker) = instance.markers().next() {
            found.steps.push(delete(subject, instance, marker, reasons));
        }
    }
}

/// Instances with our marker and somebody else's too: told, and never deleted.
pub(super) fn contested(subject: &Subject<'_>, current: &ObservedInstance, found: &mut Found) {
    for both in &subject.contested {
        let message = format!(
            "instance {} is the current one; instance {} carries its marker too, and besides {}, \
             so it is left alone",
            current.id, both.instance.id, both.claim
        );
        found.note(NoteCode::Duplicate, subject, message);
    }
}

/// The old instance of a replace goes once its successor is there and valid.
pub(super) fn delete_retired(
    subject: &Subject<'_>,
    current: &ObservedInstance,
    old: &ObservedInstance,
    found: &mut Found,
) {
    let is_retired = |tag: &&str| Marker::state_of(tag) == Some(MarkerState::Retired);
    let Some(marker) = old.markers().find(is_retired) else {
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
    let reasons = vec![Reason::ReplaceUnfinished];
    found.steps.push(delete(subject, old, marker, reasons));
}

/// A delete of an instance besides the recorded one.
fn delete(
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
        action: Action::Delete(DeleteRequest {
            id: instance.id,
            expect_marker: Some(marker.to_owned()),
            drop_entry: false,
        }),
        changes: vec![goes(&instance.name)],
        reasons,
    }
}

/// What a person sees of an instance that goes: which one it was.
pub(super) fn goes(name: &str) -> FieldChange {
    FieldChange {
        path: "name".to_owned(),
        shown: Shown::Values(Change {
            before: Some(name.into()),
            after: None,
        }),
    }
}
