//! Guards: what makes a plan more likely a mistake than a wish is refused until it is said twice.

use std::collections::BTreeMap;

use super::found::Found;
use super::index::Index;
use super::{PlanInput, View};
use crate::model::{
    Action, InstanceId, InstanceKey, Marker, MarkerState, Observed, Refusal, RefusalCode,
};

/// More than this share of the recorded instances gone at once is more likely other credentials.
const VANISHED_PERCENT: usize = 20;

/// A lock file that is of another inventory, or has one instance under two keys, is no ground to
/// plan on.
pub(super) fn lock_is_sound(input: &PlanInput, found: &mut Found) -> bool {
    let (recorded, wanted) = (&input.lock.header.inventory, &input.desired.inventory);
    if recorded != wanted {
        refuse(
            found,
            RefusalCode::InventoryChanged,
            format!("the lock file is of the inventory `{recorded}`, the manifest of `{wanted}`"),
            "every marker names the inventory: put the old name back, or use a lock file of its own"
                .to_owned(),
        );
    }
    let mut keys: BTreeMap<InstanceId, &InstanceKey> = BTreeMap::new();
    for (key, entry) in &input.lock.instances {
        if let Some(other) = keys.insert(entry.id, key) {
            refuse(
                found,
                RefusalCode::RecordedTwice,
                format!(
                    "the lock file records instance {} under `{other}` and under `{key}`",
                    entry.id
                ),
                "remove the wrong one of the two entries from the lock file".to_owned(),
            );
        }
    }
    found.refusals.is_empty()
}

pub(super) fn check(input: &PlanInput, index: &Index<'_>, found: &mut Found) {
    vanished(input, index.observed, found);
    let deletes = found
        .steps
        .iter()
        .filter(|step| match &step.action {
            Action::Replace(_) => true,
            Action::Delete(request) => {
                // The replace it ends was counted when it began.
                let retired = request.expect_marker.as_deref().and_then(Marker::state_of)
                    == Some(MarkerState::Retired);
                !(retired && input.desired.instances.contains_key(&step.key))
            }
            Action::Create(_) | Action::Update(_) | Action::Adopt(_) | Action::Forget => false,
        })
        .count();
    let most = input.policy.max_deletes.of(index.ours(input));
    if deletes > most {
        refuse(
            found,
            RefusalCode::TooManyDeletes,
            format!(
                "the plan deletes or replaces {deletes} instances, and at most {most} are allowed"
            ),
            format!("pass --max-deletes={deletes} where that is what you want"),
        );
    }
    let changes = found
        .steps
        .iter()
        .filter(|step| !matches!(step.action, Action::Create(_) | Action::Adopt(_)))
        .count();
    if let Some(most) = input.policy.max_changes
        && changes > most
    {
        refuse(
            found,
            RefusalCode::TooManyChanges,
            format!("the plan changes {changes} instances, and at most {most} are allowed"),
            format!("pass --max-changes={changes} where that is what you want"),
        );
    }
}

fn vanished(input: &PlanInput, observed: &Observed, found: &mut Found) {
    if input.policy.recreate_vanished || input.view == View::Offline {
        return;
    }
    let recorded = input.lock.instances.len();
    let gone = input
        .lock
        .instances
        .values()
        .filter(|entry| observed.gone.contains(&entry.id))
        .count();
    let most = (recorded * VANISHED_PERCENT / 100).max(1);
    let suspicious = gone > most || (gone > 0 && input.other_user);
    if suspicious {
        refuse(
            found,
            RefusalCode::ManyVanished,
            format!("{gone} of {recorded} recorded instances are gone from the platform"),
            "more likely these credentials do not see them; where they are really gone, pass --recreate-vanished"
                .to_owned(),
        );
    }
}

fn refuse(found: &mut Found, code: RefusalCode, message: String, hint: String) {
    found.refusals.push(Refusal {
        code,
        key: None,
        message,
        hint,
    });
}
