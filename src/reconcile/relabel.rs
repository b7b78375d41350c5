//! The rename of an inventory: which instances get which markers, and why it is refused.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Change, Desired, InstanceId, InstanceKey, InventoryMove, Lock, Marker, MarkerState, Observed,
    ObservedInstance, Refusal, RefusalCode, Relabel,
};
use crate::model::{InventoryName, MAX_TAG};

/// Everything that the rename of an inventory is planned from.
#[derive(Clone, Copy, Debug)]
pub struct RelabelInput<'a> {
    /// The manifest, which has the new name already.
    pub desired: &'a Desired,
    /// The lock file, which may still have the old name.
    pub lock: &'a Lock,
    /// What the platform shows.
    pub observed: &'a Observed,
    /// Keys of creates that are still open.
    pub unsettled: &'a BTreeSet<InstanceKey>,
    /// Other files that belong to the new name.
    pub rivals: &'a [String],
    /// The names.
    pub names: &'a InventoryMove,
    /// Whether an earlier run is known to have begun with it.
    pub is_begun: bool,
}

/// A rename of an inventory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Relabeled {
    /// What to change: first what the lock file records, so that it tells a begun rename from the
    /// inventory of somebody else.
    pub steps: Vec<Relabel>,
    /// Why nothing may be changed; sorted.
    pub refusals: Vec<Refusal>,
}

/// Plans the rename of an inventory.
pub fn relabel(input: &RelabelInput<'_>) -> Relabeled {
    let mut relabeling = Relabeling::new(input);
    relabeling.state();
    relabeling.instances();
    let mut out = relabeling.out;
    out.refusals.sort();
    out
}

struct Relabeling<'a> {
    input: &'a RelabelInput<'a>,
    /// The new marker of each old one, and its key, for every key that is known.
    known: BTreeMap<String, (InstanceKey, Marker)>,
    recorded: BTreeMap<InstanceId, &'a InstanceKey>,
    is_begun: bool,
    out: Relabeled,
}

impl<'a> Relabeling<'a> {
    fn new(input: &'a RelabelInput<'a>) -> Self {
        let InventoryMove { from, to } = input.names;
        let moved = input.desired.instances.values();
        let moved = moved.filter_map(|instance| instance.lifecycle.moved_from.as_ref());
        let keys = input.desired.instances.keys().chain(moved);
        let keys: BTreeSet<&InstanceKey> = keys.chain(input.lock.instances.keys()).collect();
        let known = keys.into_iter().flat_map(|key| {
            let old = Marker::both(from, key).map(|marker| marker.to_string());
            let new = Marker::both(to, key).map(|marker| (key.clone(), marker));
            old.into_iter().zip(new)
        });
        let known = known.collect();
        let entries = input.lock.instances.iter();
        let recorded: BTreeMap<_, _> = entries.map(|(key, entry)| (entry.id, key)).collect();
        let mut seen = input.observed.instances.values();
        // The journal may be lost: only this rename puts a new marker on what the lock file records.
        let is_relabeled = seen.any(|seen| {
            let key = recorded.get(&seen.id);
            key.is_some_and(|key| Marker::both(to, key).iter().any(|new| seen.carries(new)))
        });
        Self {
            input,
            known,
            recorded,
            is_begun: input.is_begun || is_relabeled,
            out: Relabeled::default(),
        }
    }

    fn refuse(
        &mut self,
        code: RefusalCode,
        key: Option<&InstanceKey>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.out.refusals.push(Refusal {
            code,
            key: key.cloned(),
            message: message.into(),
            hint: hint.into(),
        });
    }

    /// What must be settled under the old name, which `apply` can do and this cannot.
    fn state(&mut self) {
        let InventoryMove { from, to } = self.input.names;
        let before =
            format!("set `inventory: {from}` again, run `connectorctl apply`, and rename it then");
        for key in self.input.unsettled {
            let message =
                "outcome of a create is unknown, and its instance would carry the old marker";
            self.refuse(RefusalCode::Unsettled, Some(key), message, &before);
        }
        for (key, entry) in &self.input.lock.instances {
            if self.input.observed.gone.contains(&entry.id) {
                let message = format!("recorded instance {} is missing on the platform", entry.id);
                let hint =
                    format!("check that these credentials can see it; if it was deleted, {before}");
                self.refuse(RefusalCode::ManyVanished, Some(key), message, hint);
            }
        }
        for rival in self.input.rivals {
            let message = format!("`{rival}` belongs to inventory `{to}`");
            self.refuse(
                RefusalCode::InventoryTaken,
                None,
                message,
                "choose another name",
            );
        }
    }

    fn instances(&mut self) {
        let mut unrecorded = Vec::new();
        for seen in self.input.observed.instances.values() {
            let Some(step) = self.instance(seen) else {
                continue;
            };
            match self.recorded.contains_key(&step.id) {
                true => self.out.steps.push(step),
                false => unrecorded.push(step),
            }
        }
        self.out.steps.sort_by(|a, b| a.key.cmp(&b.key));
        unrecorded.sort_by(|a, b| (&a.key, a.id).cmp(&(&b.key, b.id)));
        self.out.steps.extend(unrecorded);
    }

    fn instance(&mut self, seen: &ObservedInstance) -> Option<Relabel> {
        let InventoryMove { from, to } = self.input.names;
        let holder = self.recorded.get(&seen.id).copied();
        if holder.is_some() && seen.tags.is_none() {
            let message = format!("platform did not return the tags of instance {}", seen.id);
            self.refuse(
                RefusalCode::Unreadable,
                holder,
                message,
                "run the command again",
            );
            return None;
        }
        let is_of = |tag: &str, name: &InventoryName| Marker::belongs_to(tag, name);
        let is_ours = holder.is_some() || seen.markers().any(|tag| is_of(tag, from));
        let mut foreign = seen
            .markers()
            .filter(|tag| !is_of(tag, from) && !is_of(tag, to));
        if is_ours && let Some(tag) = foreign.next() {
            let message = format!("instance {} carries the marker `{tag}`", seen.id);
            let hint = format!(
                "remove the marker `{tag}` from it on the platform, or its entry from the lock file"
            );
            self.refuse(RefusalCode::ForeignMarker, holder, message, hint);
        }
        let mut taken = seen.markers().filter(|tag| is_of(tag, to));
        if !self.is_begun
            && let Some(tag) = taken.next()
        {
            let message = format!("instance {} carries the marker `{tag}`", seen.id);
            self.refuse(
                RefusalCode::InventoryTaken,
                holder,
                message,
                "choose another name",
            );
        }
        let old: Vec<&str> = seen.markers().filter(|tag| is_of(tag, from)).collect();
        let mut keys = Vec::new();
        let mut markers = Vec::new();
        for tag in old {
            let Some((key, new)) = self.translated(tag) else {
                let message = format!(
                    "instance {} carries the shortened marker `{tag}`, which does not show its key",
                    seen.id
                );
                let hint = "declare its key, or delete the instance with `--prune=orphans` before the rename";
                self.refuse(RefusalCode::UnknownMarker, holder, message, hint);
                continue;
            };
            keys.push(key);
            markers.push(Change {
                before: tag.to_owned(),
                after: new.to_string(),
            });
        }
        Some(Relabel {
            key: keys.into_iter().next()?,
            id: seen.id,
            element: seen.element.key.clone(),
            markers,
        })
    }

    /// The key that an old marker names, and the new marker. A shortened one names only a known key.
    fn translated(&self, tag: &str) -> Option<(InstanceKey, Marker)> {
        if let Some(known) = self.known.get(tag) {
            return Some(known.clone());
        }
        let InventoryMove { from, to } = self.input.names;
        if tag.len() >= MAX_TAG {
            return None;
        }
        let key = InstanceKey::new(Marker::key_in(tag, from)?).ok()?;
        let new = match Marker::state_of(tag)? {
            MarkerState::Live => Marker::live(to, &key),
            MarkerState::Retired => Marker::retired(to, &key),
        };
        Some((key, new))
    }
}
