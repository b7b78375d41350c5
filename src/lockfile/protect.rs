//! Seals every token before it reaches the disk, and records what it is sealed with first.
//!
//! Must not: write.

use std::collections::BTreeSet;

use super::LockError;
use super::event::StoredEvent;
use super::fold::Folded;
use super::format::LockFile;
use crate::model::{
    DataKey, DataKeyName, DataKeys, InstanceId, InstanceKey, LockedInstance, LockedToken,
};
use crate::ports::Record;
use crate::sealing::{SealError, Sealer};

/// What a run seals tokens with.
#[derive(Default)]
pub(super) struct Protection {
    /// `None`: tokens are recorded as plain text.
    sealer: Option<Sealer>,
    /// What the lock file and the journal have, and what this run made.
    known: DataKeys,
    /// Those that the journal has: its lines may outlive the lock file that they were made for.
    journaled: BTreeSet<DataKeyName>,
    /// Whether a token that is recorded already is sealed again.
    renews: bool,
}

impl Protection {
    pub(super) fn seal_with(&mut self, sealer: Sealer) {
        self.sealer = Some(sealer);
    }

    pub(super) fn seals(&self) -> bool {
        self.sealer.is_some()
    }

    pub(super) fn renew(&mut self) {
        self.renews = true;
    }

    /// Makes the data key of this run, so that a recipient that cannot be used is found before anything
    /// is sent.
    pub(super) fn prepare(&mut self) -> Result<(), SealError> {
        match &mut self.sealer {
            Some(sealer) => sealer.data_key().map(|_| ()),
            None => Ok(()),
        }
    }

    /// What a folded state knows.
    pub(super) fn learn(&mut self, keys: &DataKeys) {
        self.known.extend(keys.clone());
    }

    /// The journal has exactly these data keys now.
    pub(super) fn restart(&mut self, keys: impl IntoIterator<Item = DataKeyName>) {
        self.journaled = keys.into_iter().collect();
    }

    /// The event with its token sealed, and the data key that has to be in the journal before it.
    pub(super) fn protect(
        &mut self,
        mut event: StoredEvent,
        on_disk: Option<&LockFile>,
    ) -> Result<(StoredEvent, Option<(DataKeyName, DataKey)>), SealError> {
        let token = match &mut event {
            StoredEvent::Record(Record::Entry { key, entry }) => {
                let id = entry.id;
                let recorded = self.recorded(on_disk, key);
                self.seal(key, id, &mut entry.token, recorded)?;
                entry.token.as_ref()
            }
            StoredEvent::Record(Record::Candidate { key, candidate }) => {
                let id = candidate.id;
                self.seal(key, id, &mut candidate.token, None)?;
                candidate.token.as_ref()
            }
            _ => None,
        };
        let is_plain = token.is_some_and(|token| token.plain().is_some());
        if is_plain && self.sealer.is_none() && !self.known.is_empty() {
            return Err(SealError::NoRecipients);
        }
        let name = token.and_then(LockedToken::data_key).cloned();
        let name = name.filter(|name| !self.journaled.contains(name));
        let missing = name.and_then(|name| {
            let key = self.known.get(&name)?.clone();
            Some((name, key))
        });
        Ok((event, missing))
    }

    pub(super) fn is_journaled(&mut self, name: DataKeyName) {
        self.journaled.insert(name);
    }

    /// Seals whatever is still plain. The lock gets every data key that is known: what is written holds
    /// those that it needs.
    pub(super) fn protect_all(
        &mut self,
        folded: &mut Folded,
        on_disk: Option<&LockFile>,
    ) -> Result<(), SealError> {
        self.learn(&folded.lock.data_keys);
        for (key, entry) in &mut folded.lock.instances {
            let recorded = self.recorded(on_disk, key);
            self.seal(key, entry.id, &mut entry.token, recorded)?;
        }
        for (key, intent) in &mut folded.intents {
            if let Some(candidate) = &mut intent.candidate {
                self.seal(key, candidate.id, &mut candidate.token, None)?;
            }
        }
        folded.lock.data_keys.clone_from(&self.known);
        Ok(())
    }

    /// The entry on the disk whose ciphertext may be kept.
    fn recorded<'f>(
        &self,
        on_disk: Option<&'f LockFile>,
        key: &InstanceKey,
    ) -> Option<&'f LockedInstance> {
        let lock = &on_disk?.lock;
        let seals = |sealer: &Sealer| *sealer.inventory() == lock.header.inventory;
        let may_keep = !self.renews && self.sealer.as_ref().is_some_and(seals);
        lock.instances.get(key).filter(|_| may_keep)
    }

    /// An unchanged token keeps its ciphertext, so that a diff shows only what changed.
    fn seal(
        &mut self,
        key: &InstanceKey,
        id: InstanceId,
        token: &mut Option<LockedToken>,
        recorded: Option<&LockedInstance>,
    ) -> Result<(), SealError> {
        let (Some(sealer), Some(LockedToken::Plain(plain))) = (&mut self.sealer, &*token) else {
            return Ok(());
        };
        let recorded = recorded.filter(|entry| entry.id == id);
        let recorded = recorded.and_then(|entry| entry.token.as_ref());
        let same = recorded.filter(|recorded| {
            let is_here = recorded.sealed().is_some_and(|it| it.sealed_as.is_none());
            is_here && recorded.is(id, plain)
        });
        let sealed = match same {
            Some(same) => same.clone(),
            None => {
                let sealed = sealer.seal(key, id, plain)?;
                let (name, data_key) = sealer.data_key()?;
                if !self.known.contains_key(name) {
                    self.known.insert(name.clone(), data_key.clone());
                }
                LockedToken::Sealed(sealed)
            }
        };
        *token = Some(sealed);
        Ok(())
    }
}

impl From<SealError> for std::io::Error {
    fn from(error: SealError) -> Self {
        Self::other(LockError::from(error))
    }
}
