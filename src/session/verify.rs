//! The lock file against the platform, with no plan in between.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::error::SessionError;
use super::observe::{Missing, read_all};
use super::scope::Session;
use crate::lockfile::LockView;
use crate::model::{
    Change, Drift, FieldChange, Finding, InstanceId, InstanceKey, Lock, LockedInstance, Marker,
    Observed, ObservedInstance, Shown,
};
use crate::ports::ReadRemote;
use crate::reconcile::unlike_recorded;

/// Paths of what the platform changes by itself.
const VALID: &str = "valid";
const ENABLED: &str = "enabled";

/// What a comparison found.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    /// How many instances are recorded.
    pub instances: usize,
    /// Those that differ, in order of their keys.
    pub drifted: Vec<Drift>,
    /// Keys of which the outcome of a create is unknown.
    pub unsettled: Vec<InstanceKey>,
    /// The state of each recorded instance that the platform has.
    pub states: BTreeMap<InstanceKey, State>,
}

/// The state of an instance on the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    pub enabled: bool,
    pub valid: bool,
}

impl Verified {
    /// Leaves out what the platform found by itself, and no apply records as long as nothing else changes:
    /// that credentials do not work, and that it disabled the instance because of that.
    pub fn drop_validity(&mut self) {
        for drift in &mut self.drifted {
            let state = self.states.get(&drift.key);
            let is_disabled_by_platform = state.is_some_and(|it| !it.enabled && !it.valid);
            drift.changes.retain(|change| match change.path.as_str() {
                VALID => false,
                ENABLED => !is_disabled_by_platform,
                _ => true,
            });
        }
        self.drifted.retain(|drift| !drift.is_empty());
    }
}

impl Session<'_> {
    /// Compares the lock file with the platform and writes nothing.
    ///
    /// # Errors
    /// Where the lock file is of another inventory or platform, or the platform cannot be read.
    pub async fn verify(
        &self,
        remote: &dyn ReadRemote,
        lock: &Lock,
        view: &LockView,
    ) -> Result<Verified, SessionError> {
        self.same_inventory(lock)?;
        let looked = self.look(remote, lock, view, Missing::Presume).await?;
        let mut observed = looked.sight.observed;
        // The list may be out of date.
        let in_doubt = in_doubt(lock, &observed);
        read_all(remote, in_doubt, &mut observed).await?;
        let states = lock.instances.iter().filter_map(|(key, entry)| {
            let seen = observed.instances.get(&entry.id)?;
            let (enabled, valid) = (seen.enabled, seen.valid);
            Some((key.clone(), State { enabled, valid }))
        });
        Ok(Verified {
            instances: lock.instances.len(),
            states: states.collect(),
            drifted: drifted(lock, &observed),
            unsettled: view.intents.keys().cloned().collect(),
        })
    }
}

/// The instances of keys that differ, as long as only a list has shown them.
fn in_doubt(lock: &Lock, observed: &Observed) -> BTreeSet<InstanceId> {
    let mut ids = BTreeSet::new();
    for drift in drifted(lock, observed) {
        ids.extend(drift.findings.iter().filter_map(Finding::other));
        ids.insert(drift.id);
    }
    ids.retain(|id| observed.instances.contains_key(id) && !observed.read.contains(id));
    ids
}

fn drifted(lock: &Lock, observed: &Observed) -> Vec<Drift> {
    let by_marker = observed.by_marker();
    let drifts = lock.instances.iter().map(|(key, entry)| {
        let marker = Marker::live(&lock.header.inventory, key);
        let carriers = by_marker
            .get(marker.as_str())
            .map_or(&[][..], Vec::as_slice);
        let seen = observed.instances.get(&entry.id);
        drift(key, entry, seen, marker, carriers)
    });
    drifts.filter(|drift| !drift.is_empty()).collect()
}

/// `carriers` are all instances with the marker of the key.
fn drift(
    key: &InstanceKey,
    entry: &LockedInstance,
    seen: Option<&ObservedInstance>,
    marker: Marker,
    carriers: &[&ObservedInstance],
) -> Drift {
    let mut findings = Vec::new();
    match seen {
        None => findings.push(Finding::Missing(entry.id)),
        Some(seen) => {
            if entry.is_token_in_doubt(seen) {
                findings.push(match entry.token {
                    None => Finding::TokenMissing,
                    Some(_) => Finding::TokenChanged,
                });
            }
            if !seen.carries(&marker) {
                findings.push(Finding::MarkerMissing(marker));
            }
            let others = carriers.iter().filter(|other| other.id != entry.id);
            findings.extend(others.map(|other| Finding::Duplicate(other.id)));
        }
    }
    Drift {
        key: key.clone(),
        id: entry.id,
        element: entry.element.key.clone(),
        findings,
        changes: seen.map(|seen| changes(entry, seen)).unwrap_or_default(),
    }
}

/// Values as recorded and as the platform shows them.
fn changes(entry: &LockedInstance, seen: &ObservedInstance) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    // What is ignored may differ from what was last applied.
    let ignored = &entry.lifecycle.ignore_changes;
    let mut compare = |path: &str, before: Value, after: Value| {
        if before != after && !ignored.contains(path) && !entry.keeps(path, &after) {
            changes.push(FieldChange {
                path: path.to_owned(),
                shown: Shown::Values(Change {
                    before: Some(before),
                    after: Some(after),
                }),
            });
        }
    };
    let (element, seen_element) = (entry.element.key.as_str(), seen.element.key.as_str());
    compare("element", element.into(), seen_element.into());
    compare("name", entry.name.clone().into(), seen.name.clone().into());
    compare(ENABLED, entry.enabled.into(), seen.enabled.into());
    compare(VALID, entry.valid.into(), seen.valid.into());
    if let Some(tags) = &entry.tags {
        let list = |tags: &BTreeSet<String>| tags.iter().cloned().collect::<Vec<_>>().into();
        compare("tags", list(tags), list(&seen.own_tags()));
    }
    for (name, recorded) in &entry.configuration {
        if let Some(shown) = unlike_recorded(seen, name, recorded) {
            let path = format!("configuration.{name}");
            compare(&path, recorded.clone().into(), shown.into());
        }
    }
    changes
}
