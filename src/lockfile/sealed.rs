//! Which data keys a lock needs.
//!
//! Must not: seal or open a token.

use std::collections::BTreeMap;

use crate::model::{
    DataKeys, InstanceId, InstanceKey, InventoryName, Lock, LockedToken, OpenIntent,
};

/// A token of the lock file or of a candidate, and where it stands.
pub struct RecordedToken<'a> {
    pub inventory: &'a InventoryName,
    /// All that are known.
    pub data_keys: &'a DataKeys,
    pub key: &'a InstanceKey,
    pub id: InstanceId,
    pub token: &'a LockedToken,
}

/// The first entry with a sealed token that does not fit the rest of the lock, and what is wrong.
pub(super) fn broken(lock: &Lock) -> Option<(&InstanceKey, String)> {
    let sealed = lock.instances.iter().filter_map(|(key, entry)| {
        let sealed = entry.token.as_ref()?.sealed()?;
        Some((key, entry.id, sealed))
    });
    for (key, id, sealed) in sealed {
        let name = &sealed.data_key;
        if !lock.data_keys.contains_key(name) {
            let what = format!("is sealed with the data key `{name}`, which is missing");
            return Some((key, what));
        }
        // A move takes the whole entry, so that a copy of a token cannot pass for one.
        if let Some(before) = &sealed.sealed_as
            && lock
                .instances
                .iter()
                .any(|(other, it)| it.id == id && other != key)
        {
            let what = format!(
                "was sealed for `{}`, and another key has its id",
                before.key
            );
            return Some((key, what));
        }
    }
    None
}

/// Whether a token is plain text.
pub(super) fn has_plain(lock: &Lock) -> bool {
    let mut entries = lock.instances.values();
    entries.any(|entry| matches!(entry.token, Some(LockedToken::Plain(_))))
}

/// The token of the candidate of an intent.
pub(super) fn candidate(intent: &OpenIntent) -> Option<&LockedToken> {
    intent.candidate.as_ref()?.token.as_ref()
}

/// Forgets tokens whose data key is lost: the next plan reads them from the platform.
pub(super) fn drop_unreadable(lock: &mut Lock, intents: &mut BTreeMap<InstanceKey, OpenIntent>) {
    let keys = &lock.data_keys;
    let is_lost = |token: &Option<LockedToken>| {
        let name = token.as_ref().and_then(LockedToken::data_key);
        name.is_some_and(|name| !keys.contains_key(name))
    };
    let entries = lock.instances.values_mut();
    let entries = entries.map(|entry| &mut entry.token);
    let candidates = intents.values_mut();
    let candidates = candidates.filter_map(|intent| Some(&mut intent.candidate.as_mut()?.token));
    for token in entries.chain(candidates).filter(|token| is_lost(token)) {
        *token = None;
    }
}

/// Notes where tokens were sealed, if the inventory gets another name: nobody can seal them again without
/// an identity.
pub(super) fn rename(lock: &mut Lock, to: &InventoryName) {
    let from = &lock.header.inventory;
    if from == to {
        return;
    }
    for (key, entry) in &mut lock.instances {
        if let Some(token) = &mut entry.token {
            token.leaves(from, key);
            token.enters(to, key);
        }
    }
}
