//! A lock file made from the platform alone.

use std::collections::{BTreeMap, BTreeSet};

use super::error::SessionError;
use super::gather::Gathered;
use super::scope::Session;
use crate::lockfile::LockView;
use crate::model::{
    DataKeys, DesiredInstance, DesiredValue, InstanceId, InstanceKey, Lifecycle, Lock,
    LockedInstance, LockedToken, Marker, MarkerState, Observed, ObservedInstance, ResolvedSecrets,
};
use crate::ports::ReadRemote;
use crate::reconcile::Policy;

impl Session<'_> {
    /// The lock that the instances with our marker make, and those that the old lock file records and that
    /// exist without a marker. What else the old lock file says of platform and secrets does not count: it
    /// is what is rebuilt.
    ///
    /// # Errors
    /// Where the platform cannot be read, or the credentials are of another tenant than the pinned one.
    pub async fn rebuilt(
        &self,
        remote: &dyn ReadRemote,
        old: &LockView,
    ) -> Result<Lock, SessionError> {
        self.not_moving(old)?;
        let recorded = self.recorded(old);
        if let Some(lock) = &old.lock {
            self.learn_recorded(lock, old);
        }
        let view = LockView {
            // A list may not show them, so each is read by id.
            retired: recorded.keys().copied().collect(),
            ..LockView::default()
        };
        let policy = Policy::default();
        let gathered = self.gather(remote, ResolvedSecrets::default(), view, policy);
        let gathered = gathered.await.map_err(|error| match error {
            // No option of a rebuild says that an instance is absent.
            SessionError::AbsenceUnproven { key, marker, why } => {
                SessionError::RebuildUnproven { key, marker, why }
            }
            error => error,
        });
        let Gathered { input, header, .. } = gathered?;
        let observed = input.observed.unwrap_or_default();
        let mut instances = self.recognised(&observed, &recorded);
        for (id, key) in recorded {
            if let Some(seen) = observed.instances.get(&id)
                && seen.marker().is_none()
            {
                let made = || entry(seen, self.desired.instances.get(key));
                instances.entry(key.clone()).or_insert_with(made);
            }
        }
        Ok(Lock {
            header,
            // The store adds those that it needs.
            data_keys: DataKeys::new(),
            instances,
        })
    }

    /// What the old lock file records, if it is of this inventory and platform.
    fn recorded<'v>(&self, old: &'v LockView) -> BTreeMap<InstanceId, &'v InstanceKey> {
        let is_ours =
            |lock: &&Lock| self.same_inventory(lock).is_ok() && self.same_url(lock).is_ok();
        let lock = old.lock.iter().filter(is_ours);
        lock.flat_map(|lock| &lock.instances)
            .map(|(key, entry)| (entry.id, key))
            .collect()
    }

    /// One entry for each key whose marker is there: of the instance that is recorded for it, or else of
    /// the oldest valid one. An instance with the markers of two keys is that of the key it is recorded
    /// for, or nobody's.
    fn recognised(
        &self,
        observed: &Observed,
        recorded: &BTreeMap<InstanceId, &InstanceKey>,
    ) -> BTreeMap<InstanceKey, LockedInstance> {
        let declared = self.desired.instances.keys();
        let declared: BTreeMap<String, &InstanceKey> = declared
            .map(|key| (Marker::live(&self.desired.inventory, key).to_string(), key))
            .collect();
        let mut best: BTreeMap<InstanceKey, &ObservedInstance> = BTreeMap::new();
        for seen in observed.instances.values() {
            let markers = seen.markers();
            let mut keys: BTreeSet<InstanceKey> = markers
                .filter_map(|marker| self.key_of(marker, &declared))
                .collect();
            let holder = recorded.get(&seen.id);
            if keys.len() > 1 {
                keys.retain(|key| holder.is_some_and(|holder| *holder == key));
            }
            for key in keys {
                let rank =
                    |seen: &ObservedInstance| (recorded.get(&seen.id) != Some(&&key), seen.rank());
                if best.get(&key).is_none_or(|kept| rank(seen) < rank(kept)) {
                    best.insert(key, seen);
                }
            }
        }
        best.into_iter()
            .map(|(key, seen)| {
                let entry = entry(seen, self.desired.instances.get(&key));
                (key, entry)
            })
            .collect()
    }

    /// The key that a live marker of this inventory names. A shortened one names only a declared key.
    fn key_of(
        &self,
        marker: &str,
        declared: &BTreeMap<String, &InstanceKey>,
    ) -> Option<InstanceKey> {
        if let Some(key) = declared.get(marker) {
            return Some((*key).clone());
        }
        Marker::key_in(marker, &self.desired.inventory)
            .filter(|_| Marker::state_of(marker) == Some(MarkerState::Live))
            .and_then(|key| InstanceKey::new(key).ok())
    }
}

/// What the manifest declares counts as applied where the platform shows it so; a secret is
/// unverified, for nobody knows what was sent.
pub(super) fn entry(seen: &ObservedInstance, desired: Option<&DesiredInstance>) -> LockedInstance {
    let mut configuration = BTreeMap::new();
    let mut secrets = BTreeMap::new();
    for (name, value) in desired.iter().flat_map(|desired| &desired.configuration) {
        match value {
            DesiredValue::Secret(_) => {
                secrets.insert(name.clone(), None);
            }
            DesiredValue::Plain(_) => {
                if let Some(shown) = shown_in_clear(seen, name) {
                    configuration.insert(name.clone(), shown);
                }
            }
        }
    }
    let declares_tags = desired.is_none_or(|desired| desired.tags.is_some());
    LockedInstance {
        id: seen.id,
        token: LockedToken::shown(&seen.token),
        element: seen.element.clone(),
        name: seen.name.clone(),
        tags: declares_tags.then(|| seen.own_tags()),
        configuration,
        secrets,
        read_back: BTreeMap::new(),
        enabled: seen.enabled,
        valid: seen.valid,
        created_date: seen.created_date.clone(),
        lifecycle: desired
            .map(|desired| Lifecycle {
                moved_from: None,
                ..desired.lifecycle.clone()
            })
            .unwrap_or_default(),
    }
}

fn shown_in_clear(seen: &ObservedInstance, name: &str) -> Option<String> {
    let shown = seen.value(name).map(crate::model::Secret::expose);
    let shown = shown.filter(|shown| *shown != crate::model::MASK)?;
    Some(crate::model::canonical_text(shown))
}
