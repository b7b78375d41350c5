//! What the manifest no longer has.

use super::PlanInput;
use super::extra::goes;
use super::found::Found;
use super::index::Index;
use super::presence::expected_marker;
use super::subject::{Claim, Contested, Subject};
use crate::model::{
    Action, DeleteRequest, InstanceKey, Marker, Note, NoteCode, ObservedInstance, OnRemove, Prune,
    Reason, RefusalCode, Step,
};

/// Whether the recorded instance of a key that left the manifest is to be deleted.
pub(super) fn is_to_go(input: &PlanInput, subject: &Subject<'_>) -> bool {
    let on_remove = subject.locked.map(|locked| locked.lifecycle.on_remove);
    input.policy.prunes(Prune::Removed) || on_remove == Some(OnRemove::Delete)
}

/// A recorded instance that is there and not wanted: kept, or deleted where that is asked for.
/// Answers whether it is deleted.
pub(super) fn removed(
    input: &PlanInput,
    index: &Index<'_>,
    subject: &Subject<'_>,
    instance: &ObservedInstance,
    found: &mut Found,
) -> bool {
    if !is_to_go(input, subject) {
        keep(index, subject, instance, found);
        return false;
    }
    let protected = subject
        .locked
        .is_some_and(|locked| locked.lifecycle.protect);
    if protected {
        found.refuse(
            RefusalCode::Protected,
            subject,
            format!(
                "instance {} left the manifest, but is protected",
                instance.id
            ),
            "put it back with `protect: false`, apply that, and remove it then",
        );
        return false;
    }
    let mut reasons = vec![Reason::Removed];
    if input.policy.prunes(Prune::Removed) {
        reasons.push(Reason::Pruned);
    }
    found.steps.push(Step {
        key: subject.key.clone(),
        element: instance.element.key.to_string(),
        id: Some(instance.id),
        moved_from: None,
        action: Action::Delete(DeleteRequest {
            id: instance.id,
            expect_marker: expected_marker(instance),
            drop_entry: true,
        }),
        changes: vec![goes(&instance.name)],
        reasons,
    });
    true
}

/// Notes that an instance stays.
pub(super) fn keep(
    index: &Index<'_>,
    subject: &Subject<'_>,
    instance: &ObservedInstance,
    found: &mut Found,
) {
    let (code, why) = if index.is_claimed(subject.key) {
        let why = "is that of a key which another one has moved from, and that one has an instance \
                   of its own";
        (NoteCode::Duplicate, why)
    } else {
        let why = "left the manifest and stays on the platform";
        (NoteCode::Kept, why)
    };
    let message = format!("instance {} {why}; `--prune` deletes it", instance.id);
    found.note(code, subject, message);
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
        changes: vec![goes(&locked.name)],
        reasons: vec![Reason::Removed, Reason::Vanished],
    });
}

/// Instances that carry our marker and are in neither manifest nor lock file.
pub(super) fn orphans(input: &PlanInput, index: &Index<'_>, found: &mut Found) {
    let inventory = &input.desired.inventory;
    for (instance, marker) in index.orphans(input) {
        let key = Marker::key_in(marker, inventory).and_then(|key| InstanceKey::new(key).ok());
        let selection = &input.policy.selection;
        let selected = match &key {
            Some(key) => selection.includes(key.as_str()),
            None => selection.is_everything(),
        };
        if !selected {
            continue;
        }
        let second = instance.markers().find(|tag| *tag != marker);
        let fate = match (second, key) {
            (Some(second), _) => Fate::Alone(format!("it carries `{second}` too")),
            (None, None) => Fate::Alone("its marker names no key".to_owned()),
            (None, Some(key)) => Fate::Of(key),
        };
        orphan(input, instance, marker, fate, found);
    }
}

/// The same for what carries a marker of a key that left the manifest, besides what is recorded.
pub(super) fn left_over(input: &PlanInput, subject: &Subject<'_>, which: Rest, found: &mut Found) {
    let marked = match which {
        Rest::All => subject.marked.as_slice(),
        Rest::Retired => &[],
    };
    for instance in marked.iter().chain(&subject.retired) {
        if let Some(marker) = instance.markers().next() {
            let fate = Fate::Of(subject.key.clone());
            orphan(input, instance, marker, fate, found);
        }
    }
    for Contested { instance, claim } in &subject.contested {
        if let (Claim::Marker(other), Some(marker)) = (claim, instance.markers().next()) {
            let fate = Fate::Alone(format!("it carries `{other}` too"));
            orphan(input, instance, marker, fate, found);
        }
    }
}

/// What of the instances besides the recorded one is left over.
#[derive(Clone, Copy)]
pub(super) enum Rest {
    /// All of them.
    All,
    /// Those with the retired marker; the others are duplicates of one that stays.
    Retired,
}

/// Whether an orphan may be deleted at all.
enum Fate {
    /// Under this key, where that is asked for.
    Of(InstanceKey),
    /// Never, for this reason.
    Alone(String),
}

fn orphan(
    input: &PlanInput,
    instance: &ObservedInstance,
    marker: &str,
    fate: Fate,
    found: &mut Found,
) {
    let then = match fate {
        Fate::Alone(why) => format!("{why}, so it is left alone"),
        Fate::Of(key) if input.policy.prunes(Prune::Orphans) => {
            found.steps.push(Step {
                key,
                element: instance.element.key.to_string(),
                id: Some(instance.id),
                moved_from: None,
                action: Action::Delete(DeleteRequest {
                    id: instance.id,
                    expect_marker: Some(marker.to_owned()),
                    drop_entry: false,
                }),
                changes: vec![goes(&instance.name)],
                reasons: vec![Reason::Pruned],
            });
            return;
        }
        Fate::Of(_) => "`--prune=orphans` deletes it".to_owned(),
    };
    found.notes.push(Note {
        code: NoteCode::Orphan,
        key: None,
        message: format!(
            "instance {} carries our marker `{marker}`, and is in neither manifest nor lock file; \
             {then}",
            instance.id
        ),
    });
}
