//! Compares each secret with what was last sent and with what the platform shows. The plan learns
//! the results, not the values.

use std::collections::{BTreeMap, BTreeSet};

use super::fingerprint::{FingerprintKeys, NoRandomness};
use crate::catalog::is_platform_owned;
use crate::model::{
    Desired, DesiredValue, Fingerprint, InstanceId, InstanceKey, Lock, LockedInstance, MASK,
    Marker, Observed, ObservedInstance, OpenIntent, ReadBack, ResolvedSecrets, Secret, SecretFact,
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
    pub keys: &'a FingerprintKeys,
}

/// Compares every secret for every instance that may turn out to be its key's, and adds to
/// `resolved` the fingerprint to record, and what the journal knows. An unchanged secret keeps its
/// salt.
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
            let version = instance.secret_versions.get(name).map(String::as_str);
            let declared = match (version, value.as_ref().map(Secret::expose)) {
                (Some(version), _) => Declared::Version(version),
                (None, Some(value)) => Declared::Value(value),
                (None, None) => continue,
            };
            for id in &candidates {
                let seen = input.observed.instances.get(id);
                let versus_lock = records.versus_lock(*id, seen, name, declared);
                let versus_platform = match declared {
                    Declared::Value(value) => records.versus_platform(*id, seen, name, value),
                    // Another version says nothing about what the platform should show.
                    Declared::Version(_) if versus_lock != VersusLock::Same => {
                        VersusPlatform::Hidden
                    }
                    Declared::Version(_) => records.versus_last_sent(*id, seen, name),
                };
                let fact = SecretFact {
                    versus_lock,
                    versus_platform,
                };
                facts.insert(key, *id, name, fact);
                if let Some(sent) = records.sent_to(*id, seen, name) {
                    let sent_to = resolved.sent.entry((key.clone(), *id)).or_default();
                    sent_to.insert(name.clone(), sent.clone());
                }
            }
            let fingerprint = match declared {
                Declared::Value(value) => records.fingerprint(&candidates, name, value)?,
                Declared::Version(version) => Fingerprint {
                    version: Some(version.to_owned()),
                    ..records.accepted(&candidates, input.observed, name)?
                },
            };
            let of_key = resolved.fingerprints.entry(key.clone()).or_default();
            of_key.insert(name.clone(), fingerprint);
        }
    }
    Ok(facts)
}

/// What the manifest says of a secret.
#[derive(Clone, Copy)]
enum Declared<'a> {
    Value(&'a str),
    Version(&'a str),
}

/// A declared version against what is recorded of an instance, if anything is.
pub(super) fn versus_version(recorded: Option<Option<&Fingerprint>>, version: &str) -> VersusLock {
    match recorded {
        None => VersusLock::NotRecorded,
        Some(None) => VersusLock::Unverified,
        Some(Some(it)) if it.version.as_deref() == Some(version) => VersusLock::Same,
        Some(Some(_)) => VersusLock::Changed,
    }
}

/// What lock file and journal know about a key, and about the key before a rename.
struct Records<'a> {
    /// The live and the retired marker of each key.
    markers: Vec<[Marker; 2]>,
    entries: Vec<&'a LockedInstance>,
    /// What a create with an unknown outcome sent.
    sent: Option<&'a BTreeMap<String, Fingerprint>>,
    missing: &'a BTreeMap<InstanceId, BTreeMap<String, Fingerprint>>,
    keys: &'a FingerprintKeys,
}

impl<'a> Records<'a> {
    fn of(input: &FactInput<'a>, key: &InstanceKey, moved_from: Option<&InstanceKey>) -> Self {
        let keys = || std::iter::once(key).chain(moved_from);
        let intent = keys().find_map(|key| input.intents.get(key));
        Self {
            markers: keys()
                .map(|key| Marker::both(&input.desired.inventory, key))
                .collect(),
            entries: keys()
                .filter_map(|key| input.lock.instances.get(key))
                .collect(),
            sent: intent.map(|intent| &intent.secrets),
            missing: input.missing,
            keys: input.keys,
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
        declared: Declared<'_>,
    ) -> VersusLock {
        let recorded = self.recorded(id, seen, name);
        match (recorded, declared) {
            (Some(Some(fingerprint)), Declared::Value(value)) => {
                self.keys.compare(fingerprint, value)
            }
            (Some(None), Declared::Value(_)) => VersusLock::Unverified,
            (None, Declared::Value(_)) => VersusLock::NotRecorded,
            (recorded, Declared::Version(version)) => versus_version(recorded, version),
        }
    }

    /// What is known to be sent to an instance.
    fn recorded(
        &self,
        id: InstanceId,
        seen: Option<&ObservedInstance>,
        name: &str,
    ) -> Option<Option<&'a Fingerprint>> {
        match self.entry(id) {
            Some(entry) => entry.secrets.get(name).map(Option::as_ref),
            None => self.sent_to(id, seen, name).map(Some),
        }
    }

    fn versus_platform(
        &self,
        id: InstanceId,
        seen: Option<&ObservedInstance>,
        name: &str,
        value: &str,
    ) -> VersusPlatform {
        let instead = seen.and_then(|seen| shown_instead(seen, name, &Secret::new(value)));
        match instead {
            Some(shown) if self.keeps(id, name, &shown) => VersusPlatform::Rewritten,
            _ => versus_platform(seen, name, value),
        }
    }

    /// What the platform shows against the value that was last sent, without knowing that value.
    fn versus_last_sent(
        &self,
        id: InstanceId,
        seen: Option<&ObservedInstance>,
        name: &str,
    ) -> VersusPlatform {
        let shown = seen.and_then(|seen| shown(seen, name));
        let last = self.recorded(id, seen, name).flatten();
        let (Some(shown), Some(last)) = (shown, last) else {
            return VersusPlatform::Hidden;
        };
        match self.keys.compare(last, shown.expose()) {
            VersusLock::Same => VersusPlatform::Same,
            _ if self.keeps(id, name, &shown) => VersusPlatform::Rewritten,
            VersusLock::Changed => VersusPlatform::Differs,
            _ => VersusPlatform::Hidden,
        }
    }

    /// Whether the platform is known to keep this value instead of the one that was sent.
    fn keeps(&self, id: InstanceId, name: &str, shown: &Secret) -> bool {
        let path = format!("configuration.{name}");
        let kept = self.entry(id).and_then(|entry| entry.read_back.get(&path));
        match kept {
            Some(ReadBack::Secret(kept)) => self.keys.recognizes(kept, shown.expose()),
            Some(ReadBack::Text(_) | ReadBack::Tags(_)) | None => false,
        }
    }

    /// The fingerprint to record for a value that is accepted unread: of what the platform shows, or else
    /// what is recorded. Where neither is known, it is one of no value.
    fn accepted(
        &self,
        candidates: &BTreeSet<InstanceId>,
        observed: &Observed,
        name: &str,
    ) -> Result<Fingerprint, NoRandomness> {
        let mut only = None;
        if candidates.len() == 1 {
            only = candidates.first().copied();
        }
        let seen = only.and_then(|id| observed.instances.get(&id));
        let last = only.and_then(|id| self.recorded(id, seen, name).flatten());
        let shown = seen.and_then(|seen| shown(seen, name));
        match (shown, last) {
            (Some(shown), last) => {
                let unchanged = last.and_then(|last| self.keys.renewed(last, shown.expose()));
                unchanged.map_or_else(|| self.keys.present.make(shown.expose()), Ok)
            }
            (None, Some(last)) => Ok(last.clone()),
            (None, None) => {
                let random = self.keys.present.make("")?;
                self.keys.present.make(&random.fingerprint)
            }
        }
    }

    fn entry(&self, id: InstanceId) -> Option<&'a LockedInstance> {
        self.entries.iter().copied().find(|entry| entry.id == id)
    }

    /// What the journal knows to be sent to an instance that the lock file does not record.
    fn sent_to(
        &self,
        id: InstanceId,
        seen: Option<&ObservedInstance>,
        name: &str,
    ) -> Option<&'a Fingerprint> {
        if self.entry(id).is_some() {
            return None;
        }
        if let Some(fingerprint) = self.missing.get(&id).and_then(|sent| sent.get(name)) {
            return Some(fingerprint);
        }
        // A create sends the live marker, so an instance with only the retired one is older than
        // the intent.
        let is_live =
            |seen: &ObservedInstance| self.markers.iter().any(|[live, _]| seen.carries(live));
        self.sent.filter(|_| seen.is_some_and(is_live))?.get(name)
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
        match known.find_map(|known| self.keys.renewed(known, value)) {
            Some(unchanged) => Ok(unchanged),
            None => self.keys.present.make(value),
        }
    }
}

/// What the platform shows in clear instead of this secret value.
pub fn shown_instead(seen: &ObservedInstance, name: &str, value: &Secret) -> Option<Secret> {
    shown(seen, name).filter(|shown| shown != value)
}

fn versus_platform(seen: Option<&ObservedInstance>, name: &str, value: &str) -> VersusPlatform {
    match seen.and_then(|seen| shown(seen, name)) {
        None => VersusPlatform::Hidden,
        Some(shown) if shown.expose() == value => VersusPlatform::Same,
        Some(_) => VersusPlatform::Differs,
    }
}

/// What the platform shows in clear under this key.
fn shown(seen: &ObservedInstance, name: &str) -> Option<Secret> {
    // A value that the platform refreshes differs from what was sent without being drift.
    if is_platform_owned(name) {
        return None;
    }
    // Without one, it may be unset, or set and not shown (docs/platform.md#q5).
    let shown = seen.value(name)?;
    let is_shown = shown.expose() != MASK && !shown.is_empty();
    is_shown.then(|| Secret::new(canonical_text(shown.expose())))
}
