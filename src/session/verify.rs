//! The lock file against the platform, with no plan in between.

use std::collections::BTreeSet;

use super::error::SessionError;
use super::observe::read_all;
use super::scope::Session;
use crate::lockfile::LockView;
use crate::model::{
    InstanceId, InstanceKey, Lock, LockedInstance, Marker, Observed, ObservedInstance,
};
use crate::ports::ReadRemote;
use crate::reconcile::is_as_recorded;

/// What a comparison found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    pub instances: usize,
    pub differences: Vec<Difference>,
    pub unsettled: Vec<InstanceKey>,
}

/// One difference. Shows no value of configuration, and no token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub key: InstanceKey,
    pub what: String,
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
        let mut observed = self.look(remote, lock, view).await?.observed;
        // The list may be out of date.
        let in_doubt = in_doubt(lock, &observed);
        read_all(remote, in_doubt, &mut observed).await?;
        let differences = lock.instances.iter().flat_map(|(key, entry)| {
            differences(lock, key, entry, &observed)
                .into_iter()
                .map(|what| Difference {
                    key: key.clone(),
                    what,
                })
        });
        Ok(Verified {
            instances: lock.instances.len(),
            differences: differences.collect(),
            unsettled: view.intents.keys().cloned().collect(),
        })
    }
}

/// The instances of keys that differ, as long as only a list has shown them.
fn in_doubt(lock: &Lock, observed: &Observed) -> BTreeSet<InstanceId> {
    let mut ids = BTreeSet::new();
    for (key, entry) in &lock.instances {
        if !differences(lock, key, entry, observed).is_empty() {
            let marker = Marker::live(&lock.header.inventory, key);
            let carriers = observed.instances.values();
            let carriers = carriers.filter(|seen| seen.carries(&marker));
            ids.extend(carriers.map(|seen| seen.id).chain([entry.id]));
        }
    }
    ids.retain(|id| observed.instances.contains_key(id) && !observed.read.contains(id));
    ids
}

fn differences(
    lock: &Lock,
    key: &InstanceKey,
    entry: &LockedInstance,
    observed: &Observed,
) -> Vec<String> {
    let Some(seen) = observed.instances.get(&entry.id) else {
        return vec![format!("instance {} is missing on the platform", entry.id)];
    };
    let mut differs = Vec::new();
    if entry.is_token_in_doubt(seen) {
        let what = match entry.token {
            None => "no token is recorded",
            Some(_) => "token differs",
        };
        differs.push(what.to_owned());
    }
    if seen.element.key != entry.element.key {
        differs.push(format!(
            "element differs: `{}` on the platform, `{}` in the lock file",
            seen.element.key, entry.element.key
        ));
    }
    if seen.name != entry.name {
        differs.push(format!(
            "name differs: `{}` on the platform, `{}` in the lock file",
            seen.name, entry.name
        ));
    }
    if seen.enabled != entry.enabled {
        let word = if seen.enabled { "enabled" } else { "disabled" };
        differs.push(format!("instance is {word} on the platform"));
    }
    let marker = Marker::live(&lock.header.inventory, key);
    if !seen.carries(&marker) {
        differs.push(format!("marker `{marker}` is missing"));
    }
    if entry
        .tags
        .as_ref()
        .is_some_and(|declared| *declared != seen.own_tags())
    {
        differs.push("tags differ".to_owned());
    }
    differs.extend(
        entry
            .configuration
            .iter()
            .filter(|(name, value)| !is_as_recorded(seen, name, value))
            .map(|(name, _)| format!("`configuration.{name}` differs")),
    );
    let is_other = |other: &&ObservedInstance| other.id != entry.id && other.carries(&marker);
    differs.extend(
        observed
            .instances
            .values()
            .filter(is_other)
            .map(|other| format!("instance {} also carries this marker", other.id)),
    );
    differs
}
