//! Folds the journal into a lock. Pure, and safe to repeat: a run may die between writing the lock
//! file and replacing the journal.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::event::{
    Checkpoint, RecentInstance, RetiredInstance, StoredEvent, SupersededSecrets, TimedEvent,
};
use super::sealed;
use crate::model::{
    Fingerprint, InstanceId, InstanceKey, InventoryMove, InventoryName, Lock, LockedInstance,
    LockedSecret, LockedToken, OpenIntent, Takeover, Timestamp, referenced,
};
use crate::ports::Record;

/// How long an instance counts as recent: one settle window, ten times as long as a list may lag
/// (docs/lifecycle.md#create).
const RECENT: Duration = Duration::from_secs(200);
/// How many earlier fingerprints of an instance are remembered.
const MAX_SUPERSEDED: usize = 8;

/// A lock with its journal folded in, and what the journal has to remember besides.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Folded {
    /// Its data keys are all that are known: those that nothing needs are dropped when it is written.
    pub(super) lock: Lock,
    pub(super) intents: BTreeMap<InstanceKey, OpenIntent>,
    /// Retired instances that are still to be deleted, and since when.
    pub(super) retired: BTreeMap<InstanceId, Timestamp>,
    /// An inventory that is being renamed.
    pub(super) moving: Option<InventoryMove>,
    pub(super) recent: BTreeMap<InstanceId, Recent>,
    /// Earlier fingerprints of each instance, oldest first.
    pub(super) superseded: BTreeMap<InstanceId, Vec<Fingerprint>>,
}

/// An instance that was recorded so short a time ago that lists may not show it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Recent {
    pub(super) key: InstanceKey,
    /// When it was first in a checkpoint; `None` before that.
    pub(super) since: Option<Takeover>,
    /// Fingerprints of the secrets that were sent.
    pub(super) secrets: BTreeMap<String, Fingerprint>,
}

/// Drops the lines that the lock file with this digest holds already. Folding them again is not
/// always harmless: a key that was renamed and then used anew would be renamed twice.
pub(super) fn drop_history(mut lines: Vec<TimedEvent>, lock: Option<&str>) -> Vec<TimedEvent> {
    for line in lines.iter_mut().rev() {
        if let StoredEvent::CheckpointBegin(checkpoint) = &line.event
            && checkpoint.lock.as_deref() == lock
        {
            line.event = StoredEvent::CheckpointEnd(checkpoint.clone());
            break;
        }
    }
    since_checkpoint(&lines).to_vec()
}

/// The lines from the last completed checkpoint on.
fn since_checkpoint(lines: &[TimedEvent]) -> &[TimedEvent] {
    let start = lines
        .iter()
        .rposition(|line| matches!(line.event, StoredEvent::CheckpointEnd(_)));
    lines.get(start.unwrap_or_default()..).unwrap_or_default()
}

/// The digest of the lock file that the next record stands on; `None` where no line says so.
pub(super) fn base(lines: &[TimedEvent]) -> Option<Option<&str>> {
    lines.iter().rev().find_map(|line| match &line.event {
        StoredEvent::CheckpointEnd(Checkpoint { lock, .. }) | StoredEvent::Base { lock } => {
            Some(lock.as_deref())
        }
        _ => None,
    })
}

/// Folds the lines of a journal into the lock file with this digest; `None` where there is none.
pub(super) fn fold(lock: Lock, digest: Option<&str>, lines: &[TimedEvent]) -> Folded {
    let mut fold = Fold {
        folded: Folded {
            lock,
            intents: BTreeMap::new(),
            retired: BTreeMap::new(),
            moving: None,
            recent: BTreeMap::new(),
            superseded: BTreeMap::new(),
        },
        is_same_lock: true,
        decided: BTreeSet::new(),
    };
    for TimedEvent { at, event } in since_checkpoint(lines) {
        match event {
            StoredEvent::Record(record) => fold.record(record, *at),
            StoredEvent::Header { header } => {
                if fold.is_same_lock || digest.is_none() {
                    fold.folded.lock.header = header.clone();
                }
            }
            StoredEvent::CheckpointEnd(checkpoint) => {
                fold.is_same_lock = checkpoint.lock.as_deref() == digest;
                fold.checkpoint(checkpoint, digest.is_none());
            }
            StoredEvent::Base { lock } => fold.is_same_lock = lock.as_deref() == digest,
            StoredEvent::DataKey { .. } => {
                let keys = event.data_keys();
                fold.folded.lock.data_keys.extend(keys);
            }
            StoredEvent::Takeover(takeover) => {
                for intent in fold.folded.intents.values_mut() {
                    intent.takeover.get_or_insert_with(|| takeover.clone());
                }
            }
            // The lock file of a checkpoint without an end was never written, so the lines before it
            // still count.
            StoredEvent::CheckpointBegin(_) | StoredEvent::Conflict { .. } | StoredEvent::Alive => {
            }
        }
    }
    let Folded { lock, intents, .. } = &mut fold.folded;
    sealed::drop_unreadable(lock, intents);
    fold.folded
}

/// Why the run before this one did not write the lock file.
pub(super) fn conflict(lines: &[TimedEvent]) -> Option<&str> {
    lines.iter().rev().find_map(|line| match &line.event {
        StoredEvent::Conflict { what } => Some(what.as_str()),
        _ => None,
    })
}

/// Whether an intent is open that no run has taken over.
pub(super) fn is_left_open(lines: &[TimedEvent]) -> bool {
    let any = InventoryName::new("any").expect("a plain name");
    let intents = fold(Lock::empty(any), None, lines).intents;
    intents.values().any(|intent| intent.takeover.is_none())
}

impl Folded {
    /// The recent instances that the lock does not have under their key.
    pub(super) fn missing(&self) -> impl Iterator<Item = (InstanceId, &Recent)> {
        let recent = self.recent.iter().map(|(id, recent)| (*id, recent));
        recent.filter(|(id, recent)| {
            let entry = self.lock.instances.get(&recent.key);
            entry.is_none_or(|entry| entry.id != *id)
        })
    }

    /// What the journal keeps once the lock file with this digest is written; `None` where none is.
    pub(super) fn checkpoint(&self, lock: Option<String>, now: &Takeover) -> Checkpoint {
        let retired = self.retired.iter();
        let recent = self.recent.iter().filter_map(|(id, recent)| {
            Some(RecentInstance {
                key: recent.key.clone(),
                id: *id,
                since: recent.since_at(now)?,
                secrets: recent.secrets.clone(),
            })
        });
        let superseded = self.superseded.iter();
        let superseded = superseded.filter(|(_, fingerprints)| !fingerprints.is_empty());
        let candidates = self.intents.values().map(sealed::candidate);
        let mut checkpoint = Checkpoint {
            header: None,
            lock,
            data_keys: referenced(&self.lock.data_keys, candidates),
            intents: self.intents.clone(),
            retired: retired
                .map(|(&id, &at)| RetiredInstance { id, at })
                .collect(),
            // Once the lock file belongs to the new name, every instance carries its new marker.
            moving: self
                .moving
                .clone()
                .filter(|moving| moving.to != self.lock.header.inventory),
            recent: recent.collect(),
            superseded: superseded
                .map(|(&id, fingerprints)| SupersededSecrets {
                    id,
                    fingerprints: fingerprints.clone(),
                })
                .collect(),
        };
        if checkpoint.lock.is_none() && !checkpoint.is_blank() {
            checkpoint.header = Some(self.lock.header.clone());
        }
        checkpoint
    }

    fn supersede(&mut self, id: InstanceId, fingerprint: &Fingerprint) {
        let earlier = self.superseded.entry(id).or_default();
        earlier.retain(|known| known.salt != fingerprint.salt);
        earlier.push(fingerprint.clone());
        let excess = earlier.len().saturating_sub(MAX_SUPERSEDED);
        earlier.drain(..excess);
    }

    /// The instance is deleted: nothing of it has to be remembered.
    fn forget(&mut self, id: InstanceId) {
        self.retired.remove(&id);
        self.recent.remove(&id);
        self.superseded.remove(&id);
    }
}

impl Recent {
    /// Since when it counts as recent; `None` once every list shows it. Where a clock says that this is
    /// still to come, it starts anew.
    pub(super) fn since_at(&self, now: &Takeover) -> Option<Takeover> {
        let dated = self.since.as_ref();
        match dated.and_then(|since| Some((since, since.age(now)?))) {
            Some((_, age)) if age >= RECENT => None,
            Some((since, _)) => Some(since.clone()),
            None => Some(now.clone()),
        }
    }
}

/// Whether a fingerprint is of the value of one of these. A salt stays while its value does, under
/// another key too.
fn is_one_of<'f>(
    fingerprint: &Fingerprint,
    others: impl IntoIterator<Item = &'f Fingerprint>,
) -> bool {
    let mut others = others.into_iter();
    others.any(|other| other.salt == fingerprint.salt)
}

struct Fold {
    folded: Folded,
    /// Whether the records stand on this very lock file. It may have been replaced, or merged, since.
    is_same_lock: bool,
    /// The keys of which the journal knows more than a lock file that its records do not stand on.
    decided: BTreeSet<InstanceKey>,
}

impl Fold {
    fn checkpoint(&mut self, checkpoint: &Checkpoint, is_without_lock: bool) {
        let Checkpoint {
            lock: _,
            header,
            data_keys,
            intents,
            retired,
            moving,
            recent,
            superseded,
        } = checkpoint;
        let folded = &mut self.folded;
        folded.lock.data_keys.extend(data_keys.clone());
        if let Some(header) = header
            && is_without_lock
        {
            folded.lock.header = header.clone();
        }
        folded.intents.extend(intents.clone());
        folded.moving.clone_from(moving);
        folded
            .retired
            .extend(retired.iter().map(|one| (one.id, one.at)));
        folded.recent.extend(recent.iter().map(|one| {
            let recent = Recent {
                key: one.key.clone(),
                since: Some(one.since.clone()),
                secrets: one.secrets.clone(),
            };
            (one.id, recent)
        }));
        let superseded = superseded.iter().cloned();
        folded
            .superseded
            .extend(superseded.map(|one| (one.id, one.fingerprints)));
        // Nobody knows what the platform has: the lock file is older than a secret that was sent.
        for entry in folded.lock.instances.values_mut() {
            let Some(earlier) = folded.superseded.get(&entry.id) else {
                continue;
            };
            for secret in entry.secrets.values_mut() {
                let is_earlier = |secret: &Fingerprint| is_one_of(secret, earlier);
                if secret.as_ref().is_some_and(is_earlier) {
                    *secret = None;
                }
            }
        }
    }

    fn record(&mut self, record: &Record, at: Timestamp) {
        let folded = &mut self.folded;
        match record {
            Record::Intent { key, secrets } => {
                let intent = OpenIntent::new(secrets.clone());
                folded.intents.insert(key.clone(), intent);
            }
            Record::Candidate { key, candidate } => {
                if let Some(intent) = folded.intents.get_mut(key) {
                    intent.candidate = Some((**candidate).clone());
                }
            }
            Record::Answered { key } => {
                if let Some(intent) = folded.intents.get_mut(key) {
                    intent.answered = true;
                }
            }
            Record::NotCreated { key } => {
                folded.intents.remove(key);
            }
            Record::Sending { key, id, secrets } => self.sending(key, *id, secrets),
            Record::Entry { key, entry } => self.entry(key, entry),
            Record::Removed { key } => {
                // An intent stays open: that the old instance is gone says nothing about a new one.
                if self.may_change(key)
                    && let Some(entry) = self.folded.lock.instances.remove(key)
                {
                    self.folded.forget(entry.id);
                }
            }
            Record::Renamed { from, to } => self.rename(from, to),
            Record::Moving(moving) => folded.moving = Some(moving.clone()),
            Record::Retired { id } => {
                folded.retired.insert(*id, at);
            }
            Record::Deleted { id } => folded.forget(*id),
        }
    }

    /// Whether a record without an id counts for this key.
    fn may_change(&self, key: &InstanceKey) -> bool {
        self.is_same_lock || self.decided.contains(key)
    }

    fn sending(&mut self, key: &InstanceKey, id: Option<InstanceId>, secrets: &BTreeSet<String>) {
        let Folded {
            lock,
            intents,
            recent,
            ..
        } = &mut self.folded;
        let entry = lock.instances.get_mut(key);
        // Earlier versions did not write the id.
        let Some(id) = id.or(entry.as_ref().map(|entry| entry.id)) else {
            return;
        };
        let mut entry = entry.filter(|entry| entry.id == id);
        let mut earlier = Vec::new();
        for name in secrets {
            if let Some(entry) = &mut entry {
                earlier.extend(entry.secrets.insert(name.clone(), None).flatten());
            }
            if let Some(recent) = recent.get_mut(&id) {
                earlier.extend(recent.secrets.remove(name));
            }
            // It may have made this instance.
            if let Some(intent) = intents.get_mut(key) {
                intent.secrets.remove(name);
            }
        }
        for fingerprint in &earlier {
            self.folded.supersede(id, fingerprint);
        }
    }

    fn entry(&mut self, key: &InstanceKey, entry: &LockedInstance) {
        let counts = self.counts(key, entry.id);
        let folded = &mut self.folded;
        folded.intents.remove(key);
        folded.retired.remove(&entry.id);
        let sent = |(name, secret): (&String, &LockedSecret)| Some((name.clone(), secret.clone()?));
        let recent = Recent {
            key: key.clone(),
            since: None,
            secrets: entry.secrets.iter().filter_map(sent).collect(),
        };
        let recorded = folded.lock.instances.get(key);
        let recorded = recorded.filter(|before| before.id == entry.id);
        let mut earlier: Vec<Fingerprint> = recorded
            .into_iter()
            .flat_map(|before| before.secrets.values().flatten().cloned())
            .collect();
        let replaced = folded.recent.insert(entry.id, recent);
        earlier.extend(
            replaced
                .into_iter()
                .flat_map(|before| before.secrets.into_values()),
        );
        earlier.retain(|one| !is_one_of(one, entry.secrets.values().flatten()));
        for fingerprint in &earlier {
            folded.supersede(entry.id, fingerprint);
        }
        if let Some(earlier) = folded.superseded.get_mut(&entry.id) {
            // Sent again, unchanged.
            earlier.retain(|one| !is_one_of(one, entry.secrets.values().flatten()));
        }
        // Otherwise its id is read: a recent instance that the lock lacks always is.
        if counts {
            folded.lock.instances.insert(key.clone(), entry.clone());
            self.decided.insert(key.clone());
        }
    }

    /// Whether an entry counts. On a lock file that it does not stand on, it counts for a key that is
    /// absent or has the same id: anything else may be newer than it.
    fn counts(&self, key: &InstanceKey, id: InstanceId) -> bool {
        if self.may_change(key) {
            return true;
        }
        let instances = &self.folded.lock.instances;
        match instances.get(key) {
            Some(recorded) => recorded.id == id,
            None => instances.values().all(|recorded| recorded.id != id),
        }
    }

    fn rename(&mut self, from: &InstanceKey, to: &InstanceKey) {
        let may_move = self.may_change(from) || !self.folded.lock.instances.contains_key(to);
        let folded = &mut self.folded;
        let inventory = &folded.lock.header.inventory;
        let moves = |token: &mut Option<LockedToken>| {
            if let Some(token) = token {
                token.leaves(inventory, from);
                token.enters(inventory, to);
            }
        };
        if may_move && let Some(mut entry) = folded.lock.instances.remove(from) {
            moves(&mut entry.token);
            folded.lock.instances.insert(to.clone(), entry);
            self.decided.insert(to.clone());
        }
        for recent in folded
            .recent
            .values_mut()
            .filter(|recent| recent.key == *from)
        {
            recent.key = to.clone();
        }
        if let Some(mut moved) = folded.intents.remove(from) {
            if let Some(candidate) = &mut moved.candidate {
                moves(&mut candidate.token);
            }
            folded
                .intents
                .entry(to.clone())
                // The longer window counts: if either is unanswered, or was taken over at another
                // time.
                .and_modify(|own| {
                    own.answered &= moved.answered;
                    let both = |taken: &_| moved.takeover.as_ref() == Some(taken);
                    own.takeover = own.takeover.take().filter(both);
                    own.candidate = own.candidate.take().or(moved.candidate.clone());
                })
                .or_insert(moved);
        }
    }
}
