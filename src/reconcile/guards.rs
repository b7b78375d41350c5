//! Guards: a plan that is more likely a mistake than intended is refused until the caller confirms
//! it.

use std::collections::BTreeMap;

use super::planner::Planner;
use super::recipients::recipients_missing;
use crate::model::{Action, InstanceId, InstanceKey, Marker, Reason, RefusalCode, Step};

/// If more than this percentage of the recorded instances is missing, wrong credentials are more
/// likely.
const VANISHED_PERCENT: usize = 20;

/// How many keys a refusal names that is about many.
const MAX_NAMED: usize = 5;

impl Planner<'_> {
    /// Refuses a lock file of another inventory, or with one instance under two keys.
    pub(super) fn check_lock(&mut self) {
        let Self { input, index, out } = self;
        let (recorded, wanted) = (&input.lock.header.inventory, &input.desired.inventory);
        if recorded != wanted {
            out.refuse(
            RefusalCode::InventoryChanged,
            None,
            format!(
                "lock file belongs to inventory `{recorded}`, but the manifest declares `{wanted}`"
            ),
            format!("restore the old name, run `connectorctl lock move --to {wanted}` to rename the inventory, or pass `--lock` to use a separate lock file"),
        );
        }
        let mut keys: BTreeMap<InstanceId, &InstanceKey> = BTreeMap::new();
        let entries = input.lock.instances.iter();
        for (key, entry) in entries.filter(|(key, _)| !index.is_outdated(key)) {
            if let Some(other) = keys.insert(entry.id, key) {
                out.refuse(
                    RefusalCode::RecordedTwice,
                    None,
                    format!(
                        "lock file records instance {} under both `{other}` and `{key}`",
                        entry.id
                    ),
                    format!(
                        "run `connectorctl lock rebuild`, or remove the entry `{other}` or `{key}` from the lock file"
                    ),
                );
            }
        }
    }

    /// Refuses to write plain tokens into a lock file that has sealed ones.
    pub(super) fn check_recipients(&mut self) {
        let refusal = recipients_missing(&self.input.desired, &self.input.lock);
        self.out.refusals.extend(refusal);
    }

    /// Refuses a plan that exceeds a limit of the policy.
    pub(super) fn check_limits(&mut self) {
        self.vanished();
        let steps = self.out.steps.iter();
        let keys = steps.filter(|step| self.counts_as_delete(step));
        let keys: Vec<&InstanceKey> = keys.map(|step| &step.key).collect();
        let deletes = keys.len();
        let most = self.input.policy.max_deletes.of(self.index.owned_count());
        if deletes > most {
            self.out.refuse(
                RefusalCode::TooManyDeletes,
                None,
                format!(
                    "plan deletes or replaces {deletes} instances, but the limit is {most}: {}",
                    named(&keys)
                ),
                format!("pass `--max-deletes={deletes}` to allow it"),
            );
        }
        let is_change = |step: &&Step| !matches!(step.action, Action::Create(_) | Action::Adopt(_));
        let changed = self.out.steps.iter().filter(is_change);
        let changed: Vec<&InstanceKey> = changed.map(|step| &step.key).collect();
        let changes = changed.len();
        if let Some(most) = self.input.policy.max_changes
            && changes > most
        {
            self.out.refuse(
                RefusalCode::TooManyChanges,
                None,
                format!(
                    "plan changes {changes} instances, but the limit is {most}: {}",
                    named(&changed)
                ),
                format!("pass `--max-changes={changes}` to allow it"),
            );
        }
    }

    fn counts_as_delete(&self, step: &Step) -> bool {
        match &step.action {
            Action::Replace(_) => true,
            Action::Delete(request) => {
                // The replace that this delete completes was counted when it began. A duplicate may
                // have the retired marker besides the live one.
                let expected = request.expect_marker.as_deref();
                !(expected.is_some_and(Marker::is_retired)
                    && !step.reasons.contains(&Reason::Duplicate)
                    && self.input.desired.instances.contains_key(&step.key))
            }
            Action::Create(_) | Action::Update(_) | Action::Adopt(_) | Action::Forget => false,
        }
    }

    /// Whether an instance with the live marker of this key waits to be adopted: it was replaced from
    /// elsewhere, and these credentials see that.
    fn has_successor(&self, key: &InstanceKey) -> bool {
        let keys = std::iter::once(key).chain(self.index.claimed_by(key));
        let markers = keys.map(|key| Marker::live(self.index.inventory(), key));
        !self.index.unrecorded(markers).is_empty()
    }

    fn vanished(&mut self) {
        if self.input.policy.recreate_vanished || self.input.observed.is_none() {
            return;
        }
        let entries = &self.input.lock.instances;
        let is_gone = |id| self.index.observed.gone.contains(id);
        let missing = entries
            .iter()
            .filter(|(key, entry)| is_gone(&entry.id) && !self.has_successor(key));
        let missing: Vec<&InstanceKey> = missing.map(|(key, _)| key).collect();
        let gone = missing.len();
        let most = (entries.len() * VANISHED_PERCENT / 100).max(1);
        if gone > most || (gone > 0 && self.input.other_user) {
            self.out.refuse(
                RefusalCode::ManyVanished,
                None,
                format!(
                    "{gone} of {} recorded instances are missing on the platform: {}",
                    entries.len(),
                    named(&missing)
                ),
                "check that these credentials can see the instances; if they were deleted, pass `--recreate-vanished`",
            );
        }
    }
}

/// The first keys of a refusal that is about many.
fn named(keys: &[&InstanceKey]) -> String {
    let shown = keys.iter().take(MAX_NAMED).map(|key| format!("`{key}`"));
    let shown: Vec<String> = shown.collect();
    match keys.len().saturating_sub(MAX_NAMED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
