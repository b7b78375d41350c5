//! The plan under construction: steps, notes and refusals in the order in which they are found.

use std::collections::{BTreeMap, BTreeSet};

use super::PlanInput;
use super::recipients::recipients_change;
use crate::model::{
    Action, DeleteRequest, FieldChange, InstanceKey, LockedInstance, Note, NoteCode,
    ObservedInstance, Plan, Planned, Reason, Refusal, RefusalCode, Standing, Step,
};

/// The plan under construction; unsorted.
#[derive(Default)]
pub(super) struct PlanBuilder {
    pub(super) steps: Vec<Step>,
    pub(super) notes: Vec<Note>,
    pub(super) refusals: Vec<Refusal>,
    pub(super) unchanged: usize,
    /// Secrets that could not be compared without credentials.
    pub(super) not_compared: usize,
    /// Secrets with fingerprints under a rotated key.
    pub(super) rotated: usize,
}

impl PlanBuilder {
    pub(super) fn note(
        &mut self,
        code: NoteCode,
        key: Option<&InstanceKey>,
        message: impl Into<String>,
    ) {
        self.notes.push(Note {
            code,
            key: key.cloned(),
            message: message.into(),
        });
    }

    pub(super) fn refuse(
        &mut self,
        code: RefusalCode,
        key: Option<&InstanceKey>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.refusals.push(Refusal {
            code,
            key: key.cloned(),
            message: message.into(),
            hint: hint.into(),
        });
    }

    /// Deletes an instance. `drop_entry` is for the recorded instance of a key that left the
    /// manifest.
    pub(super) fn delete(
        &mut self,
        key: &InstanceKey,
        seen: &ObservedInstance,
        drop_entry: bool,
        reasons: &[Reason],
    ) {
        self.steps.push(Step {
            key: key.clone(),
            element: seen.element.key.to_string(),
            id: Some(seen.id),
            moved_from: None,
            former_key: None,
            action: Action::Delete(DeleteRequest {
                id: seen.id,
                expect_marker: seen.marker().map(str::to_owned),
                drop_entry,
            }),
            changes: vec![name_removed(&seen.name)],
            reasons: reasons.to_vec(),
        });
    }

    /// Drops the lock entry of an instance that no longer exists, or is that of another key.
    pub(super) fn forget(&mut self, key: &InstanceKey, locked: &LockedInstance, why: Reason) {
        self.steps.push(Step {
            key: key.clone(),
            element: locked.element.key.to_string(),
            id: Some(locked.id),
            moved_from: None,
            former_key: None,
            action: Action::Forget,
            changes: vec![name_removed(&locked.name)],
            reasons: vec![Reason::Removed, why],
        });
    }

    /// Sorts the plan. For each key, deletes of superfluous instances come last.
    pub(super) fn build(self, input: &PlanInput) -> Planned {
        let Self {
            mut steps,
            mut notes,
            mut refusals,
            unchanged,
            not_compared: _,
            rotated: _,
        } = self;
        let order = |step: &Step| (step.key.clone(), step.is_superfluous(), step.id);
        steps.sort_by_cached_key(order);
        notes.sort();
        notes.dedup();
        refusals.sort();
        refusals.dedup();
        Planned {
            plan: Plan {
                inventory: input.desired.inventory.clone(),
                steps,
            },
            recipients: recipients_change(&input.desired, &input.lock),
            standing: standing(input, &notes, &refusals),
            notes,
            unchanged,
            refusals,
        }
    }
}

/// Each declared instance counts once.
fn standing(input: &PlanInput, notes: &[Note], refusals: &[Refusal]) -> Standing {
    let waiting = notes
        .iter()
        .filter(|note| note.code == NoteCode::NeedsSignIn);
    let waiting: BTreeSet<_> = waiting.filter_map(|note| note.key.as_ref()).collect();
    let mut refused: BTreeMap<&InstanceKey, bool> = BTreeMap::new();
    for Refusal { code, key, .. } in refusals {
        if let Some(key) = key {
            *refused.entry(key).or_default() |= *code == RefusalCode::ForeignMarker;
        }
    }
    let mut standing = Standing {
        declared: input.desired.instances.len(),
        ..Standing::default()
    };
    for key in input.desired.instances.keys() {
        if !input.policy.selection.includes(key.as_str()) {
            standing.excluded += 1;
        } else if let Some(is_contested) = refused.get(key) {
            let count = match is_contested {
                true => &mut standing.contested,
                false => &mut standing.refused,
            };
            *count += 1;
        } else if waiting.contains(key) {
            standing.needs_sign_in += 1;
        }
    }
    standing
}

/// A deleted instance is shown by its name.
fn name_removed(name: &str) -> FieldChange {
    FieldChange::values("name", Some(name.into()), None)
}
