//! What a plan may know of each secret: whether it is the same as was sent last, and as the platform
//! shows. The values themselves stop here.

use std::collections::BTreeMap;

use super::fingerprint::{FingerprintKey, NoRandomness};
use crate::catalog::is_platform_owned;
use crate::model::observed::MASK;
use crate::model::value::canonical_text;
use crate::model::{
    Desired, DesiredInstance, DesiredValue, Fingerprint, InstanceKey, Lock, LockedSecret, Marker,
    Observed, ObservedInstance, OpenIntent, ResolvedSecrets, Secret, SecretFact, SecretFacts,
    SecretField, SecretJson, VersusLock, VersusPlatform,
};

/// What facts are made from.
pub struct FactInput<'a> {
    /// The manifest.
    pub desired: &'a Desired,
    /// What is recorded.
    pub lock: &'a Lock,
    /// What the platform shows; `None` offline.
    pub observed: Option<&'a Observed>,
    /// Creates whose outcome is unknown: their fingerprints count once the instance shows.
    pub intents: &'a BTreeMap<InstanceKey, OpenIntent>,
    /// `None` without credentials.
    pub key: Option<&'a FingerprintKey>,
}

/// Compares every secret, and adds to `resolved` the fingerprint that is to be recorded for it: the
/// recorded one where the value is unchanged, for an unchanged secret keeps its salt.
///
/// # Errors
/// [`NoRandomness`], where a new salt cannot be had.
pub fn facts(
    input: &FactInput<'_>,
    resolved: &mut ResolvedSecrets,
) -> Result<SecretFacts, NoRandomness> {
    let mut facts = SecretFacts::new();
    let marked = by_marker(input.observed);
    for (key, instance) in &input.desired.instances {
        let recorded = Recorded::of(input, &marked, key, instance);
        let mut of_instance = BTreeMap::new();
        for (name, value) in &instance.configuration {
            if !matches!(value, DesiredValue::Secret(_)) {
                continue;
            }
            let value = resolved
                .values
                .get(key)
                .and_then(|values| values.get(&SecretField::Configuration(name.clone())))
                .map(SecretJson::canonical);
            let value = value.as_ref().map(Secret::expose);
            let (fact, fingerprint) = compare(input, &recorded, name, value)?;
            if let Some(fingerprint) = fingerprint {
                resolved
                    .fingerprints
                    .entry(key.clone())
                    .or_default()
                    .insert(name.clone(), fingerprint);
            }
            of_instance.insert(name.clone(), fact);
        }
        if !of_instance.is_empty() {
            facts.insert(key.clone(), of_instance);
        }
    }
    Ok(facts)
}

/// What is known of one instance.
struct Recorded<'a> {
    secrets: Option<&'a BTreeMap<String, LockedSecret>>,
    sent: Option<&'a BTreeMap<String, Fingerprint>>,
    seen: Option<&'a ObservedInstance>,
}

impl<'a> Recorded<'a> {
    fn of(
        input: &FactInput<'a>,
        marked: &BTreeMap<&'a str, Vec<&'a ObservedInstance>>,
        key: &InstanceKey,
        instance: &DesiredInstance,
    ) -> Self {
        let keys = [Some(key), instance.lifecycle.moved_from.as_ref()];
        let keys = || keys.into_iter().flatten();
        let entry = keys().find_map(|key| input.lock.instances.get(key));
        let sent = keys()
            .find_map(|key| input.intents.get(key))
            .map(|intent| &intent.secrets);
        let seen = input.observed.and_then(|observed| {
            let locked = entry.and_then(|entry| observed.instances.get(&entry.id));
            locked.or_else(|| {
                let mut marked: Vec<&ObservedInstance> = keys()
                    .map(|key| Marker::live(&input.desired.inventory, key))
                    .filter_map(|marker| marked.get(marker.as_str()))
                    .flatten()
                    .copied()
                    .collect();
                // The same choice as the planner's: the oldest valid one.
                marked.sort_by_key(|seen| seen.rank());
                marked.first().copied()
            })
        });
        Self {
            secrets: entry.map(|entry| &entry.secrets),
            sent,
            seen,
        }
    }
}

/// Observed instances by the markers they carry.
fn by_marker(observed: Option<&Observed>) -> BTreeMap<&str, Vec<&ObservedInstance>> {
    let mut marked: BTreeMap<&str, Vec<&ObservedInstance>> = BTreeMap::new();
    for seen in observed
        .iter()
        .flat_map(|observed| observed.instances.values())
    {
        for tag in seen.markers() {
            marked.entry(tag).or_default().push(seen);
        }
    }
    marked
}

fn compare(
    input: &FactInput<'_>,
    recorded: &Recorded<'_>,
    name: &str,
    value: Option<&str>,
) -> Result<(SecretFact, Option<Fingerprint>), NoRandomness> {
    let (Some(key), Some(value)) = (input.key, value) else {
        let fact = SecretFact {
            versus_lock: VersusLock::NotCompared,
            versus_platform: VersusPlatform::Hidden,
        };
        return Ok((fact, None));
    };
    let rotated = input
        .lock
        .header
        .check
        .as_ref()
        .is_some_and(|check| !key.made(check));
    let in_lock = recorded.secrets.map(|secrets| secrets.get(name));
    let in_intent = recorded.sent.and_then(|sent| sent.get(name));
    let mut unchanged = None;
    let versus_lock = match (in_lock, in_intent) {
        (Some(Some(_)), _) if rotated => VersusLock::KeyRotated,
        (Some(Some(Some(fingerprint))), _) => {
            if key.matches(fingerprint, value) {
                unchanged = Some(fingerprint.clone());
                VersusLock::Same
            } else {
                VersusLock::Changed
            }
        }
        (Some(Some(None)), _) => VersusLock::Unverified,
        (None, Some(fingerprint)) if key.matches(fingerprint, value) => {
            unchanged = Some(fingerprint.clone());
            VersusLock::Same
        }
        (None, Some(_)) => VersusLock::Changed,
        (Some(None) | None, _) => VersusLock::NotRecorded,
    };
    let fact = SecretFact {
        versus_lock,
        versus_platform: versus_platform(recorded.seen, name, value),
    };
    let fingerprint = match unchanged {
        Some(fingerprint) => fingerprint,
        None => key.make(value)?,
    };
    Ok((fact, Some(fingerprint)))
}

fn versus_platform(seen: Option<&ObservedInstance>, name: &str, value: &str) -> VersusPlatform {
    // What the platform refreshes by itself differs from what was sent, and rightly so.
    if is_platform_owned(name) {
        return VersusPlatform::Hidden;
    }
    match seen.and_then(|seen| seen.value(name)) {
        // Unset may mean unset or not shown (docs/platform.md#q5).
        None => VersusPlatform::Hidden,
        Some(shown) if shown.expose() == MASK || shown.is_empty() => VersusPlatform::Hidden,
        Some(shown) if canonical_text(shown.expose()) == value => VersusPlatform::Same,
        Some(_) => VersusPlatform::Differs,
    }
}
