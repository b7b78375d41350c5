//! Compares each secret with what was last sent and with what the platform shows. The plan learns
//! the results, not the values.

use std::collections::{BTreeMap, BTreeSet};

use super::fingerprint::{FingerprintKey, NoRandomness};
use crate::catalog::is_platform_owned;
use crate::model::{
    Desired, DesiredValue, Fingerprint, InstanceId, InstanceKey, Lock, LockedInstance, MASK,
    Marker, Observed, ObservedInstance, OpenIntent, ResolvedSecrets, Secret, SecretFact,
    SecretFacts, SecretJson, VersusLock, VersusPlatform, canonical_text,
};

pub struct FactInput<'a> {
    pub desired: &'a Desired,
    pub lock: &'a Lock,
    pub observed: &'a Observed,
    /// Creates with an unknown outcome. What they sent counts for the instances they may have made.
    pub intents: &'a BTreeMap<InstanceKey, OpenIntent>,
    /// Instances that the lock file lacks although they were recorded, with what was sent to them.
    pub missing: &'a BTreeMap<InstanceId, BTreeMap<String, Fingerprint>>,
    /// The key derived from the present organization secret.
    pub key: &'a FingerprintKey,
}

/// Compares every secret for every instance that may turn out to be its key's, and adds to
/// `resolved` the fingerprint to record. An unchanged secret keeps its fingerprint and salt.
pub fn facts(
    input: &FactInput<'_>,
    resolved: &mut ResolvedSecrets,
) -> Result<SecretFacts, NoRandomness> {
    let mut facts = SecretFacts::default();
    let marked = input.observed.by_marker();
    for (key, instance) in &input.desired.instances {
        let records = Records::of(input, key, instance.lifecycle.moved_from.as_ref());
        let candidates = records.candidates(&marked);
        for (name, value) in &instance.configuration {
            if !matches!(value, DesiredValue::Secret(_)) {
                continue;
            }
            let value = resolved.configuration(key, name).map(SecretJson::canonical);
            let Some(value) = value.as_ref().map(Secret::expose) else {
                continue;
            };
            for id in &candidates {
                let seen = input.observed.instances.get(id);
                let fact = SecretFact {
                    versus_lock: records.versus_lock(*id, seen, name, value),
                    versus_platform: versus_platform(seen, name, value),
                };
                facts.insert(key, *id, name, fact);
            }
            let fingerprint = records.fingerprint(&candidates, name, value)?;
            let of_key = resolved.fingerprints.entry(key.clone()).or_default();
            of_key.insert(name.clone(), fingerprint);
        }
    }
    Ok(facts)
}

/// What lock file and journal know about a key, and about the key before a rename.
struct Records<'a> {
    /// The live and the retired marker of each key.
    markers: Vec<[Marker; 2]>,
    entries: Vec<&'a LockedInstance>,
    /// What a create with an unknown outcome sent.
    sent: Option<&'a BTreeMap<String, Fingerprint>>,
    missing: &'a BTreeMap<InstanceId, BTreeMap<String, Fingerprint>>,
    key: &'a FingerprintKey,
    /// The recorded fingerprints were made with another key.
    is_rotated: bool,
}

impl<'a> Records<'a> {
    fn of(input: &FactInput<'a>, key: &InstanceKey, moved_from: Option<&InstanceKey>) -> Self {
        let keys = || std::iter::once(key).chain(moved_from);
        let intent = keys().find_map(|key| input.intents.get(key));
        let check = input.lock.header.check.as_ref().map(|it| &it.check);
        Self {
            markers: keys()
                .map(|key| Marker::both(&input.desired.inventory, key))
                .collect(),
            entries: keys()
                .filter_map(|key| input.lock.instances.get(key))
                .collect(),
            sent: intent.map(|intent| &intent.secrets),
            missing: input.missing,
            key: input.key,
            is_rotated: check.is_some_and(|check| !input.key.made(check)),
        }
    }

    /// The ids of recorded instances and of all that carry one of the markers.
    fn candidates(&self, marked: &BTreeMap<&str, Vec<&ObservedInstance>>) -> BTreeSet<InstanceId> {
        let carriers = self.markers.iter().flatten();
        let carriers = carriers.filter_map(|marker| marked.get(marker.as_str()));
        let recorded = self.entries.iter().map(|entry| entry.id);
        carriers
            .flatten()
            .map(|seen| seen.id)
            .chain(recorded)
            .collect()
    }

    fn versus_lock(
        &self,
        id: InstanceId,
        seen: Option<&ObservedInstance>,
        name: &str,
        value: &str,
    ) -> VersusLock {
        let compared = |fingerprint| {
            if self.key.matches(fingerprint, value) {
                VersusLock::Same
            } else {
                VersusLock::Changed
            }
        };
        if let Some(entry) = self.entries.iter().find(|entry| entry.id == id) {
            return match entry.secrets.get(name) {
                None => VersusLock::NotRecorded,
                Some(_) if self.is_rotated => VersusLock::KeyRotated,
                Some(None) => VersusLock::Unverified,
                Some(Some(fingerprint)) => compared(fingerprint),
            };
        }
        if let Some(fingerprint) = self.missing.get(&id).and_then(|sent| sent.get(name)) {
            return compared(fingerprint);
        }
        // A create sends the live marker, so an instance with only the retired one is older than
        // the intent.
        let is_live =
            |seen: &ObservedInstance| self.markers.iter().any(|[live, _]| seen.carries(live));
        let sent = self.sent.filter(|_| seen.is_some_and(is_live));
        let sent = sent.and_then(|sent| sent.get(name));
        sent.map_or(VersusLock::NotRecorded, compared)
    }

    /// The fingerprint to record for the present value. A recorded one is preferred over one of an
    /// intent.
    fn fingerprint(
        &self,
        candidates: &BTreeSet<InstanceId>,
        name: &str,
        value: &str,
    ) -> Result<Fingerprint, NoRandomness> {
        let entries = self.entries.iter();
        let recorded = entries.filter_map(|entry| entry.secrets.get(name)?.as_ref());
        let missing = candidates
            .iter()
            .filter_map(|id| self.missing.get(id)?.get(name));
        let mut known = recorded
            .chain(self.sent.and_then(|sent| sent.get(name)))
            .chain(missing);
        match known.find(|known| self.key.matches(known, value)) {
            Some(unchanged) => Ok(unchanged.clone()),
            None => self.key.make(value),
        }
    }
}

fn versus_platform(seen: Option<&ObservedInstance>, name: &str, value: &str) -> VersusPlatform {
    // A value that the platform refreshes differs from what was sent without being drift.
    if is_platform_owned(name) {
        return VersusPlatform::Hidden;
    }
    match seen.and_then(|seen| seen.value(name)) {
        // It may be unset, or set and not shown (docs/platform.md#q5).
        None => VersusPlatform::Hidden,
        Some(shown) if shown.expose() == MASK || shown.is_empty() => VersusPlatform::Hidden,
        Some(shown) if canonical_text(shown.expose()) == value => VersusPlatform::Same,
        Some(_) => VersusPlatform::Differs,
    }
}
