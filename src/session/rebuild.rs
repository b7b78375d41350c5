//! A lock file made from the platform alone.

use std::collections::BTreeMap;

use super::error::SessionError;
use super::scope::Session;
use crate::lockfile::LockView;
use crate::model::{
    DesiredInstance, DesiredValue, InstanceKey, Lifecycle, Lock, LockedInstance, Marker,
    MarkerState, Observed, ObservedInstance, ResolvedSecrets,
};
use crate::ports::ReadRemote;
use crate::reconcile::Policy;

impl Session<'_> {
    /// The lock that the instances with our marker make. What an old lock file says of platform and
    /// secrets does not count: it is what is rebuilt.
    ///
    /// # Errors
    /// Where the platform cannot be read, or the credentials are of another tenant than the pinned one.
    pub async fn rebuilt(&self, remote: &dyn ReadRemote) -> Result<Lock, SessionError> {
        let gathered = self
            .gather(
                remote,
                ResolvedSecrets::default(),
                LockView::default(),
                Policy::default(),
            )
            .await?;
        let observed = gathered.input.observed.as_ref();
        let instances = observed.map(|observed| self.recognised(observed));
        Ok(Lock {
            header: gathered.header,
            instances: instances.unwrap_or_default(),
        })
    }

    /// One entry for each key whose marker is there: of the oldest valid instance.
    fn recognised(&self, observed: &Observed) -> BTreeMap<InstanceKey, LockedInstance> {
        let mut best: BTreeMap<InstanceKey, &ObservedInstance> = BTreeMap::new();
        for seen in observed.instances.values() {
            for key in seen.markers().filter_map(|marker| self.key_of(marker)) {
                let kept = best.entry(key).or_insert(seen);
                if seen.rank() < kept.rank() {
                    *kept = seen;
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
    fn key_of(&self, marker: &str) -> Option<InstanceKey> {
        let inventory = &self.desired.inventory;
        let mut declared = self.desired.instances.keys();
        declared
            .find(|key| Marker::live(inventory, key).as_str() == marker)
            .cloned()
            .or_else(|| {
                Marker::key_in(marker, inventory)
                    .filter(|_| Marker::state_of(marker) == Some(MarkerState::Live))
                    .and_then(|key| InstanceKey::new(key).ok())
            })
    }
}

/// What the manifest declares counts as applied where the platform shows it so; a secret is
/// unverified, for nobody knows what was sent.
fn entry(seen: &ObservedInstance, desired: Option<&DesiredInstance>) -> LockedInstance {
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
        token: seen.token.clone(),
        element: seen.element.clone(),
        name: seen.name.clone(),
        tags: declares_tags.then(|| seen.own_tags()),
        configuration,
        secrets,
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
