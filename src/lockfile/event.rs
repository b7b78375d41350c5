//! What a line of the journal says. These types are what is stored: `docs/lockfile.md` describes
//! their members, and `src/lockfile/tests/journal.golden` holds their bytes.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::{
    DataKey, DataKeyName, DataKeys, Fingerprint, InstanceId, InstanceKey, InventoryMove,
    LockHeader, OpenIntent, Takeover, Timestamp,
};
use crate::ports::Record;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct TimedEvent {
    pub(super) at: Timestamp,
    #[serde(flatten)]
    pub(super) event: StoredEvent,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "kebab-case")]
pub(super) enum StoredEvent {
    /// What the instances belong to. Written before the first request is sent.
    Header { header: LockHeader },
    /// A lock file that holds everything before this line is about to be written. Its digest tells
    /// the next run whether that happened.
    #[serde(rename = "folding")]
    CheckpointBegin(Checkpoint),
    /// That lock file is durable: the lines before this one are history.
    #[serde(rename = "folded")]
    CheckpointEnd(Checkpoint),
    /// The records after this line were made for the lock file with this digest; `None` where there was
    /// none.
    Base {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lock: Option<String>,
    },
    /// What tokens after this line are sealed with.
    DataKey {
        name: DataKeyName,
        recipients: BTreeSet<String>,
        wrap: String,
    },
    /// The lock file was changed during the run, so the records before this line are not in it.
    Conflict { what: String },
    /// A run got the exclusive lock: the run that wrote the open intents before this line is dead.
    Takeover(Takeover),
    /// Says nothing. Earlier versions wrote it while a request was in flight.
    Alive,
    /// A step happened, or is about to.
    #[serde(untagged)]
    Record(Record),
}

/// What a fold leaves open, and what it must not forget. It is one line, so that a torn write cannot lose
/// a part of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Checkpoint {
    /// Digest of the lock file's bytes; `None` where no lock file is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) lock: Option<String>,
    /// `None` where the lock file has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) header: Option<LockHeader>,
    /// What the tokens of candidates are sealed with.
    #[serde(
        default,
        rename = "dataKeys",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub(super) data_keys: DataKeys,
    pub(super) intents: BTreeMap<InstanceKey, OpenIntent>,
    /// Retired instances that are still to be deleted, and since when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) retired: Vec<RetiredInstance>,
    /// An inventory that is being renamed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) moving: Option<InventoryMove>,
    /// What was recorded so short a time ago that lists may not show it. A lock file that lacks it was
    /// lost or replaced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) recent: Vec<RecentInstance>,
    /// A lock file that has one of these fingerprints was replaced by an older one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) superseded: Vec<SupersededSecrets>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RetiredInstance {
    pub(super) id: InstanceId,
    pub(super) at: Timestamp,
}

/// An instance that was recorded, without its token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecentInstance {
    pub(super) key: InstanceKey,
    pub(super) id: InstanceId,
    /// When it was first in a checkpoint.
    pub(super) since: Takeover,
    /// Fingerprints of the secrets that were sent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) secrets: BTreeMap<String, Fingerprint>,
}

/// Earlier fingerprints of an instance, oldest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SupersededSecrets {
    pub(super) id: InstanceId,
    pub(super) fingerprints: Vec<Fingerprint>,
}

impl Checkpoint {
    /// Whether it leaves nothing open and remembers nothing.
    pub(super) fn is_blank(&self) -> bool {
        let Self {
            lock: _,
            header: _,
            data_keys: _,
            intents,
            retired,
            moving,
            recent,
            superseded,
        } = self;
        intents.is_empty()
            && retired.is_empty()
            && moving.is_none()
            && recent.is_empty()
            && superseded.is_empty()
    }

    /// Whether this event is the same checkpoint's end, for whichever lock file.
    pub(super) fn is_as_in(&self, event: &StoredEvent) -> bool {
        let StoredEvent::CheckpointEnd(other) = event else {
            return false;
        };
        let lock = self.lock.clone();
        *self
            == Self {
                lock,
                ..other.clone()
            }
    }
}

impl StoredEvent {
    pub(super) fn data_key(name: &DataKeyName, key: DataKey) -> Self {
        let DataKey { recipients, wrap } = key;
        Self::DataKey {
            name: name.clone(),
            recipients,
            wrap,
        }
    }

    /// The data keys that this line has.
    pub(super) fn data_keys(&self) -> DataKeys {
        match self {
            Self::DataKey {
                name,
                recipients,
                wrap,
            } => {
                let (recipients, wrap) = (recipients.clone(), wrap.clone());
                [(name.clone(), DataKey { recipients, wrap })].into()
            }
            Self::CheckpointBegin(checkpoint) | Self::CheckpointEnd(checkpoint) => {
                checkpoint.data_keys.clone()
            }
            Self::Header { .. }
            | Self::Base { .. }
            | Self::Conflict { .. }
            | Self::Takeover(_)
            | Self::Alive
            | Self::Record(_) => DataKeys::new(),
        }
    }
}

impl TimedEvent {
    /// Replaces every later time by `now`: a runner whose clock was ahead wrote it. A takeover that is
    /// still to come says nothing about its age, so it is dropped.
    pub(super) fn cap(&mut self, now: Timestamp, reading: &Takeover) {
        self.at = self.at.min(now);
        let is_past = |takeover: &Takeover| takeover.age(reading).is_some();
        match &mut self.event {
            StoredEvent::Takeover(takeover) if !is_past(takeover) => {
                self.event = StoredEvent::Alive;
            }
            StoredEvent::CheckpointEnd(checkpoint) => {
                for intent in checkpoint.intents.values_mut() {
                    intent.takeover = intent.takeover.take().filter(is_past);
                }
                for retired in &mut checkpoint.retired {
                    retired.at = retired.at.min(now);
                }
            }
            StoredEvent::Takeover(_)
            | StoredEvent::Header { .. }
            | StoredEvent::CheckpointBegin(_)
            | StoredEvent::Base { .. }
            | StoredEvent::DataKey { .. }
            | StoredEvent::Conflict { .. }
            | StoredEvent::Alive
            | StoredEvent::Record(_) => {}
        }
    }
}
