//! Secrets resolved, and what is known of them without showing them.

use std::collections::BTreeMap;

use super::{Fingerprint, InstanceId, InstanceKey, SecretJson};

/// Where in an instance a secret stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretField {
    /// Under this configuration key.
    Configuration(String),
    /// The whole `providerData`.
    ProviderData,
}

/// The resolved values of every template in the manifest, and the fingerprints to record for them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResolvedSecrets {
    /// The values.
    pub values: BTreeMap<InstanceKey, BTreeMap<SecretField, SecretJson>>,
    /// The fingerprint of each configuration value: with the lock file's own salt where the value
    /// is unchanged, with a new one otherwise.
    pub fingerprints: BTreeMap<InstanceKey, BTreeMap<String, Fingerprint>>,
}

impl ResolvedSecrets {
    /// The value of one configuration key.
    pub fn configuration(&self, key: &InstanceKey, name: &str) -> Option<&SecretJson> {
        self.values
            .get(key)?
            .get(&SecretField::Configuration(name.to_owned()))
    }

    /// The whole `providerData`.
    pub fn provider_data(&self, key: &InstanceKey) -> Option<&SecretJson> {
        self.values.get(key)?.get(&SecretField::ProviderData)
    }

    /// The fingerprint to record for one configuration key.
    pub fn fingerprint(&self, key: &InstanceKey, name: &str) -> Option<&Fingerprint> {
        self.fingerprints.get(key)?.get(name)
    }
}

/// What the planner may know of one secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretFact {
    /// The resolved value against the recorded fingerprint.
    pub versus_lock: VersusLock,
    /// The resolved value against what the platform shows.
    pub versus_platform: VersusPlatform,
}

/// The resolved value against the recorded fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersusLock {
    /// Sent by this tool before, and the same now.
    Same,
    /// Another than was sent last.
    Changed,
    /// Recorded, but never sent by this tool.
    Unverified,
    /// Not recorded at all.
    NotRecorded,
    /// The key of the fingerprints changed: nobody can tell.
    KeyRotated,
    /// No credentials, hence no key and perhaps no value.
    NotCompared,
}

/// The resolved value against what the platform shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersusPlatform {
    /// Shown in clear, and equal.
    Same,
    /// Shown in clear, and another; or set here and visibly unset there.
    Differs,
    /// Masked, or not shown: nobody can tell.
    Hidden,
}

/// The facts of every secret, apart for each instance that may turn out to be the key's: the recorded
/// one, and those that carry its marker. What was sent to one instance says nothing of another.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SecretFacts(BTreeMap<InstanceKey, BTreeMap<InstanceId, BTreeMap<String, SecretFact>>>);

impl SecretFacts {
    /// Keeps the fact about one configuration key of one instance.
    pub fn insert(&mut self, key: &InstanceKey, id: InstanceId, name: &str, fact: SecretFact) {
        let of_key = self.0.entry(key.clone()).or_default();
        let of_instance = of_key.entry(id).or_default();
        of_instance.insert(name.to_owned(), fact);
    }

    /// The fact about one configuration key of one instance; without one, nothing was compared.
    pub fn get(&self, key: &InstanceKey, id: InstanceId, name: &str) -> SecretFact {
        let of_instance = self.0.get(key).and_then(|of_key| of_key.get(&id));
        let fact = of_instance.and_then(|of_instance| of_instance.get(name));
        fact.copied().unwrap_or(SecretFact {
            versus_lock: VersusLock::NotCompared,
            versus_platform: VersusPlatform::Hidden,
        })
    }

    /// Whether a recorded fingerprint was made with another key.
    pub fn is_key_rotated(&self) -> bool {
        let mut facts = self
            .0
            .values()
            .flat_map(BTreeMap::values)
            .flat_map(BTreeMap::values);
        facts.any(|fact| fact.versus_lock == VersusLock::KeyRotated)
    }
}
