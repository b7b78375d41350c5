//! Resolved secrets, and how they compare with what was sent before.

use std::collections::BTreeMap;

use super::{Fingerprint, InstanceId, InstanceKey, Secret, SecretJson};

/// The place of a secret in an instance.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretField {
    /// The value of this configuration key.
    Configuration(String),
    /// The whole `providerData`.
    ProviderData,
}

/// The resolved values of all templates in the manifest, and the fingerprints to record for them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResolvedSecrets {
    /// The values.
    pub values: BTreeMap<InstanceKey, BTreeMap<SecretField, SecretJson>>,
    /// What each reference stands for by itself: a value may be more than its reference.
    pub references: Vec<Secret>,
    /// The fingerprint of each configuration value. An unchanged value keeps the recorded
    /// fingerprint, so that the lock file does not change.
    pub fingerprints: BTreeMap<InstanceKey, BTreeMap<String, Fingerprint>>,
    /// Fingerprints of what was sent to instances that the lock file does not record, as the journal
    /// knows.
    pub sent: BTreeMap<(InstanceKey, InstanceId), BTreeMap<String, Fingerprint>>,
}

impl ResolvedSecrets {
    /// Adds values that were resolved later.
    pub fn extend(&mut self, later: Self) {
        let Self {
            values,
            references,
            fingerprints: _,
            sent: _,
        } = later;
        for (key, values) in values {
            self.values.entry(key).or_default().extend(values);
        }
        self.references.extend(references);
    }

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

    /// The fingerprint of what was sent to an instance that the lock file does not record.
    pub fn sent_to(&self, key: &InstanceKey, id: InstanceId, name: &str) -> Option<&Fingerprint> {
        self.sent.get(&(key.clone(), id))?.get(name)
    }
}

/// How one secret compares with what is known of an instance. This is all that the planner learns
/// about a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretFact {
    /// The resolved value against the recorded fingerprint.
    pub versus_lock: VersusLock,
    /// The resolved value against what the platform shows.
    pub versus_platform: VersusPlatform,
}

/// The resolved value against the recorded fingerprint; where a version is declared, that against the
/// recorded version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersusLock {
    /// Equal to the value that this tool last sent.
    Same,
    /// Different from the value that this tool last sent.
    Changed,
    /// Recorded, but never sent by this tool.
    Unverified,
    /// Not recorded.
    NotRecorded,
    /// Unknown: the recorded fingerprint was made with another key.
    KeyRotated,
    /// Unknown: there were no credentials to compare with.
    NotCompared,
}

/// The resolved value against what the platform shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersusPlatform {
    /// Shown in plain text, and equal.
    Same,
    /// Shown in plain text, and different.
    Differs,
    /// Shown in plain text, and what the platform is known to keep instead of it.
    Rewritten,
    /// Unknown: masked or not shown.
    Hidden,
}

/// The facts about every secret, for each instance that may turn out to be the key's: the recorded
/// one, and those with a marker of the key. What was sent to one instance says nothing about
/// another.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SecretFacts(BTreeMap<(InstanceKey, InstanceId, String), SecretFact>);

impl SecretFacts {
    /// Adds the fact about one configuration key of one instance.
    pub fn insert(&mut self, key: &InstanceKey, id: InstanceId, name: &str, fact: SecretFact) {
        self.0.insert((key.clone(), id, name.to_owned()), fact);
    }

    /// The fact about one configuration key of one instance. A missing fact means that nothing was
    /// compared.
    pub fn get(&self, key: &InstanceKey, id: InstanceId, name: &str) -> SecretFact {
        let fact = self.0.get(&(key.clone(), id, name.to_owned()));
        fact.copied().unwrap_or(SecretFact {
            versus_lock: VersusLock::NotCompared,
            versus_platform: VersusPlatform::Hidden,
        })
    }
}
