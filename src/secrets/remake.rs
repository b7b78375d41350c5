//! Brings recorded fingerprints under the present key where nothing has to be sent for that.
//!
//! Must not: touch one that it cannot verify.

use super::fingerprint::FingerprintKeys;
use crate::model::{
    Desired, DesiredInstance, InstanceKey, KeyId, Lock, Observed, ReadBack, Remade,
    ResolvedSecrets, Secret, SecretJson, canonical_text,
};

/// Finds the recorded fingerprints to replace: those of version 1, which get the id of their key, and
/// those of declared values, and of values that the platform keeps instead, that an earlier key made.
pub fn remake(
    lock: &Lock,
    desired: &Desired,
    resolved: &ResolvedSecrets,
    observed: &Observed,
    keys: &FingerprintKeys,
) -> Remade {
    let mut remade = Remade::default();
    let check = lock.header.check.as_ref();
    let of_check = check.and_then(|check| keys.id_of(&check.check));
    for (key, entry) in &lock.instances {
        for (name, recorded) in &entry.secrets {
            let Some(recorded) = recorded else {
                continue;
            };
            let mut after = recorded.clone();
            if after.key == KeyId::default()
                && let Some(id) = of_check
            {
                after.key.clone_from(id);
            }
            if !keys.is_present(&after)
                && let Some(value) = declared(desired, resolved, key, name)
                && let Some(renewed) = keys.renewed(&after, value.expose())
            {
                let is_earlier = !keys.present.matches(recorded, value.expose());
                remade.verified += usize::from(is_earlier);
                after = renewed;
            }
            if after != *recorded {
                remade.insert(recorded.clone(), after);
            }
        }
        for (path, kept) in &entry.read_back {
            let name = path.strip_prefix("configuration.").unwrap_or_default();
            let shown = || observed.instances.get(&entry.id)?.value(name);
            if let ReadBack::Secret(recorded) = kept
                && !keys.is_present(recorded)
                && let Some(shown) = shown()
                && let Some(renewed) = keys.renewed(recorded, &canonical_text(shown.expose()))
            {
                remade.insert(recorded.clone(), renewed);
            }
        }
    }
    remade
}

/// Every recorded fingerprint under the name that its key has in another inventory. One of an unknown key
/// stays as it is, and cannot be compared there either.
pub fn renamed(lock: &Lock, from: &FingerprintKeys, to: &FingerprintKeys) -> Remade {
    let mut remade = Remade::default();
    let check = lock.header.check.as_ref();
    let of_check = check.and_then(|check| from.id_of(&check.check));
    for entry in lock.instances.values() {
        let kept = entry.read_back.values().filter_map(|kept| match kept {
            ReadBack::Secret(fingerprint) => Some(fingerprint),
            ReadBack::Text(_) | ReadBack::Tags(_) => None,
        });
        for recorded in entry.secrets.values().flatten().chain(kept) {
            let mut named = recorded.clone();
            if named.key == KeyId::default()
                && let Some(id) = of_check
            {
                named.key.clone_from(id);
            }
            if let Some(after) = from.renamed(&named, to) {
                remade.insert(recorded.clone(), after);
            }
        }
    }
    remade
}

/// The value that is declared under this key, or under the key that it is renamed to.
fn declared(
    desired: &Desired,
    resolved: &ResolvedSecrets,
    recorded: &InstanceKey,
    name: &str,
) -> Option<Secret> {
    let is_renamed = |(_, instance): &(&InstanceKey, &DesiredInstance)| {
        instance.lifecycle.moved_from.as_ref() == Some(recorded)
    };
    let key = match desired.instances.contains_key(recorded) {
        true => recorded,
        false => desired.instances.iter().find(is_renamed)?.0,
    };
    resolved.configuration(key, name).map(SecretJson::canonical)
}
