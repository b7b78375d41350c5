//! What a line of the journal says. These types are what is stored: `docs/lockfile.md` describes
//! their members, and `src/lockfile/tests/journal.golden` holds their bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{InstanceId, InstanceKey, LockHeader, OpenIntent, Takeover, Timestamp};
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
    /// A run got the exclusive lock: the run that wrote the open intents before this line is dead.
    Takeover(Takeover),
    /// Says nothing. Earlier versions wrote it while a request was in flight.
    Alive,
    /// A step happened, or is about to.
    #[serde(untagged)]
    Record(Record),
}

/// What a fold leaves open. It is one line, so that a torn write cannot lose a part of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Checkpoint {
    /// Digest of the lock file's bytes; `None` where no lock file is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) lock: Option<String>,
    /// `None` where the lock file has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) header: Option<LockHeader>,
    pub(super) intents: BTreeMap<InstanceKey, OpenIntent>,
    /// Retired instances that are still to be deleted, and since when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) retired: Vec<RetiredInstance>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RetiredInstance {
    pub(super) id: InstanceId,
    pub(super) at: Timestamp,
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
            | StoredEvent::Alive
            | StoredEvent::Record(_) => {}
        }
    }
}
