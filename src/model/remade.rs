//! Fingerprints that are recorded anew although their values are unchanged.

use std::collections::BTreeMap;

use super::{Change, Fingerprint, Lock, ReadBack};

/// Fingerprints to record in the place of others, of the same values: nothing is sent for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remade {
    /// By salt.
    changes: BTreeMap<String, Change<Fingerprint>>,
    /// How many secrets are verified with an earlier key.
    pub verified: usize,
}

impl Remade {
    /// Replaces a recorded fingerprint.
    pub fn insert(&mut self, before: Fingerprint, after: Fingerprint) {
        let salt = before.salt.clone();
        self.changes.insert(salt, Change { before, after });
    }

    /// Replaces each fingerprint of the lock that is to be replaced.
    pub fn apply_to(&self, lock: &mut Lock) {
        let entries = lock.instances.values_mut();
        let recorded = entries.flat_map(|entry| {
            let kept = entry.read_back.values_mut();
            let kept = kept.filter_map(|kept| match kept {
                ReadBack::Secret(fingerprint) => Some(fingerprint),
                ReadBack::Text(_) | ReadBack::Tags(_) => None,
            });
            entry.secrets.values_mut().flatten().chain(kept)
        });
        for recorded in recorded {
            if let Some(change) = self.changes.get(&recorded.salt)
                && change.before == *recorded
            {
                recorded.clone_from(&change.after);
            }
        }
    }
}
