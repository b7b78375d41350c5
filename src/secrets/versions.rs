//! Secrets with a declared version: the version is compared, and the value is read only to be sent.
//!
//! Must not: resolve a reference.

use std::collections::BTreeSet;

use super::facts::versus_version;
use super::fingerprint::{FingerprintKeys, NoRandomness};
use crate::model::{
    Desired, Fingerprint, InstanceKey, Lock, Plan, ResolvedSecrets, SecretFact, SecretFacts,
    SecretJson, VersusPlatform,
};

/// The versioned secrets that the steps of a plan send.
pub fn sent_versions(plan: &Plan, desired: &Desired) -> BTreeSet<(InstanceKey, String)> {
    let mut sent = BTreeSet::new();
    for step in &plan.steps {
        let Some(instance) = desired.instances.get(&step.key) else {
            continue;
        };
        let names = step.sent_secrets();
        let names = names.filter(|name| instance.secret_versions.contains_key(*name));
        sent.extend(names.map(|name| (step.key.clone(), name.clone())));
    }
    sent
}

/// Adds the fingerprints to record of versioned secrets whose values have been read.
pub fn read_versions(
    sent: &BTreeSet<(InstanceKey, String)>,
    desired: &Desired,
    keys: &FingerprintKeys,
    resolved: &mut ResolvedSecrets,
) -> Result<(), NoRandomness> {
    for (key, name) in sent {
        let instance = desired.instances.get(key);
        let version = instance.and_then(|instance| instance.secret_versions.get(name));
        let value = resolved.configuration(key, name).map(SecretJson::canonical);
        let Some(value) = value else {
            continue;
        };
        let fingerprint = Fingerprint {
            version: version.cloned(),
            ..keys.present.make(value.expose())?
        };
        let of_key = resolved.fingerprints.entry(key.clone()).or_default();
        of_key.insert(name.clone(), fingerprint);
    }
    Ok(())
}

/// Compares the declared versions with the lock file alone.
pub fn recorded_versions(desired: &Desired, lock: &Lock) -> SecretFacts {
    let mut facts = SecretFacts::default();
    for (key, instance) in &desired.instances {
        let keys = std::iter::once(key).chain(&instance.lifecycle.moved_from);
        for entry in keys.filter_map(|key| lock.instances.get(key)) {
            for (name, version) in &instance.secret_versions {
                let recorded = entry.secrets.get(name).map(Option::as_ref);
                let fact = SecretFact {
                    versus_lock: versus_version(recorded, version),
                    versus_platform: VersusPlatform::Hidden,
                };
                facts.insert(key, entry.id, name, fact);
            }
        }
    }
    facts
}
