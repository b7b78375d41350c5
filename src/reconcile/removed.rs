//! What the manifest no longer has.

use super::PlanInput;
use super::index::{Index, markers};
use super::presence::Found;
use super::subject::Subject;
use crate::model::{
    Action, InstanceKey, Marker, Note, NoteCode, ObservedInstance, OnRemove, Reason, Step,
};

/// A recorded instance that is there and not wanted: kept, or deleted where that is asked for.
/// Answers whether it is deleted.
pub(super) fn removed(
    input: &PlanInput,
    index: &Index<'_>,
    subject: &Subject<'_>,
    instance: &ObservedInstance,
    found: &mut Found,
) -> bool {
    let Some(locked) = subject.locked else {
        return false;
    };
    let pruned = input.policy.prune_removed;
    let on_remove = locked.lifecycle.on_remove == OnRemove::Delete;
    if !pruned && !on_remove {
        if index.claimed.contains(subject.key) {
            let message = format!(
                "instance {} is that of a key another one has moved from, which has its own; \
                 `--prune` deletes this one",
                instance.id
            );
            found.note(NoteCode::Duplicate, subject, message);
            return false;
        }
        found.note(
            NoteCode::Kept,
            subject,
            format!(
                "instance {} left the manifest and stays on the platform; `--prune` deletes it",
                instance.id
            ),
        );
        return false;
    }
    if locked.lifecycle.protect {
        found.refuse(
            "protected",
            subject,
            format!(
                "instance {} left the manifest, but is protected",
                instance.id
            ),
            "put it back with `protect: false`, apply that, and remove it then",
        );
        return false;
    }
    let own = Marker::live(&input.desired.inventory, subject.key).to_string();
    let marker = markers(instance).next();
    if marker.is_some_and(|marker| marker != own) {
        found.refuse(
            "foreign-marker",
            subject,
            format!(
                "instance {} is recorded here, and carries the marker `{}`",
                instance.id,
                marker.unwrap_or_default()
            ),
            "it belongs to another inventory or key now, so it is not deleted",
        );
        return false;
    }
    let mut reasons = vec![Reason::Removed];
    if pruned {
        reasons.push(Reason::Pruned);
    }
    found.steps.push(Step {
        key: subject.key.clone(),
        element: instance.element.key.to_string(),
        id: Some(instance.id),
        moved_from: None,
        action: Action::Delete {
            expect_marker: marker.map(str::to_owned),
            drop_entry: true,
        },
        changes: Vec::new(),
        reasons,
    });
    true
}

/// A recorded instance that is gone and not wanted.
pub(super) fn forget(subject: &Subject<'_>, found: &mut Found) {
    let Some(locked) = subject.locked else {
        return;
    };
    found.steps.push(Step {
        key: subject.key.clone(),
        element: locked.element.key.to_string(),
        id: Some(locked.id),
        moved_from: None,
        action: Action::Forget,
        changes: Vec::new(),
        reasons: vec![Reason::Removed, Reason::Vanished],
    });
}

/// Instances that carry our marker and are in neither manifest nor lock file.
pub(super) fn orphans(input: &PlanInput, index: &Index<'_>, found: &mut Found) {
    for (instance, marker) in index.orphans(input) {
        orphan(input, instance, marker, found);
    }
}

/// The same for what carries a marker of a key that is recorded for another instance, or was.
pub(super) fn left_over(input: &PlanInput, others: &[&ObservedInstance], found: &mut Found) {
    for instance in others {
        if let Some(marker) = markers(instance).next() {
            orphan(input, instance, marker, found);
        }
    }
}

fn orphan(input: &PlanInput, instance: &ObservedInstance, marker: &str, found: &mut Found) {
    let key =
        Marker::key_in(marker, &input.desired.inventory).and_then(|key| InstanceKey::new(key).ok());
    let selection = &input.policy.selection;
    let selected = match &key {
        Some(key) => selection.includes(key.as_str()),
        None => selection.is_everything(),
    };
    if !selected {
        return;
    }
    let Some(key) = key.filter(|_| input.policy.prune_orphans) else {
        found.notes.push(Note {
            code: NoteCode::Orphan,
            key: None,
            message: format!(
                "instance {} carries our marker `{marker}`, and is in neither manifest nor lock file; \
                 `--prune=orphans` deletes it",
                instance.id
            ),
        });
        return;
    };
    found.steps.push(Step {
        key,
        element: instance.element.key.to_string(),
        id: Some(instance.id),
        moved_from: None,
        action: Action::Delete {
            expect_marker: Some(marker.to_owned()),
            drop_entry: false,
        },
        changes: Vec::new(),
        reasons: vec![Reason::Pruned],
    });
}
