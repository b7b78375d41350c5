//! Where `apply` records every outcome before it continues.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::model::{
    Candidate, Fingerprint, InstanceId, InstanceKey, InventoryMove, LockedInstance,
};

/// Something that has happened or is about to happen. Each record holds all that is needed to merge it
/// into the lock after a crash. The journal stores it unchanged, so the names are part of its format.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "kebab-case")]
pub enum Record {
    /// A `POST` is about to be sent for this key.
    Intent {
        /// Which instance.
        key: InstanceKey,
        /// Fingerprints of the secrets that are sent.
        secrets: BTreeMap<String, Fingerprint>,
    },
    /// The platform responded to the `POST` of this key with this instance. It settles nothing until it is
    /// known whose the instance is.
    Candidate {
        /// Which instance.
        key: InstanceKey,
        /// What it responded.
        candidate: Box<Candidate>,
    },
    /// The platform responded to the `POST` of this key, but its outcome is still unknown. Only the
    /// list lag has to pass before it is settled.
    Answered {
        /// Which instance.
        key: InstanceKey,
    },
    /// The intent of this key is settled: nothing was created.
    NotCreated {
        /// Which instance.
        key: InstanceKey,
    },
    /// A `PATCH` with these secrets is about to be sent. They are unverified until the entry is
    /// recorded.
    Sending {
        /// Which instance.
        key: InstanceKey,
        /// The instance they are sent to; `None` in the records of earlier versions.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<InstanceId>,
        /// The configuration keys of the secrets.
        secrets: BTreeSet<String>,
    },
    /// The new entry of this key. Settles its intent.
    Entry {
        /// Which instance.
        key: InstanceKey,
        /// The whole entry.
        entry: Box<LockedInstance>,
    },
    /// The entry of this key is removed.
    Removed {
        /// Which instance.
        key: InstanceKey,
    },
    /// The entry and any open intent of one key now belong to another.
    Renamed {
        /// The key before.
        from: InstanceKey,
        /// The key after.
        to: InstanceKey,
    },
    /// The inventory is being renamed: from now on, instances get markers of the new name.
    Moving(InventoryMove),
    /// This instance is about to be retired. It is read by its id until it is deleted, because it may be
    /// too new for the lists.
    Retired {
        /// The old instance of a replace.
        id: InstanceId,
    },
    /// This retired instance is deleted.
    Deleted {
        /// The old instance of a replace.
        id: InstanceId,
    },
}

/// A record that could not be made durable.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{path}`")]
pub struct SinkError {
    /// The file.
    pub path: String,
    /// Why.
    #[source]
    pub source: std::io::Error,
}

/// Makes records durable.
#[async_trait]
pub trait LockSink: Send + Sync {
    /// Returns once the record survives a crash of the process and of the machine. Concurrent calls may
    /// share one `fsync`.
    ///
    /// # Errors
    /// [`SinkError`]; the caller must not send any more requests.
    async fn record(&self, record: Record) -> Result<(), SinkError>;
}
