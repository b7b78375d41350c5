//! What a line of the journal says. The types are what is stored: `docs/lockfile.md` describes their
//! members, and `src/lockfile/tests/journal.golden` holds their bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{InstanceId, InstanceKey, LockHeader, OpenIntent, Timestamp};
use crate::ports::Record;

/// An event and its time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimedEvent {
    /// When it was written.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub event: StoredEvent,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "kebab-case")]
pub enum StoredEvent {
    /// What the instances belong to, before the first request is sent.
    Header {
        /// Inventory, platform and key check.
        header: LockHeader,
    },
    /// A lock file that holds everything before this line is about to be written. The digest tells
    /// whether it was.
    #[serde(rename = "folding")]
    CheckpointBegin(Checkpoint),
    /// That lock file is durable: the lines before this one are history.
    #[serde(rename = "folded")]
    CheckpointEnd(Checkpoint),
    /// A step happened, or is about to.
    #[serde(untagged)]
    Record(Record),
}

/// What a fold leaves open. It is one line, so that it is there whole or not at all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// Digest of the lock file's bytes; `None` where there was nothing to write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<String>,
    /// `None` where the lock file has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<LockHeader>,
    /// Creates whose outcome is unknown.
    pub intents: BTreeMap<InstanceKey, OpenIntent>,
    /// Retired instances that are still to be deleted, and since when.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", with = "retired")]
    pub retired: BTreeMap<InstanceId, Timestamp>,
}

/// Stores the retired instances as a list of objects.
mod retired {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::model::{InstanceId, Timestamp};

    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Retired {
        id: InstanceId,
        at: Timestamp,
    }

    pub(super) fn serialize<S: Serializer>(
        retired: &BTreeMap<InstanceId, Timestamp>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(retired.iter().map(|(&id, &at)| Retired { id, at }))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<InstanceId, Timestamp>, D::Error> {
        let retired = Vec::<Retired>::deserialize(deserializer)?;
        Ok(retired.into_iter().map(|one| (one.id, one.at)).collect())
    }
}
