//! Where `apply` reports every outcome before it moves on.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::model::{Fingerprint, InstanceId, InstanceKey, LockedInstance};

/// Something that happened, or is about to. Each carries all that is needed to fold it into the
/// lock after a crash. The journal stores it as it is: the names are part of its format.
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
    /// The platform answered the `POST` of this key, but its outcome is still unknown: only the
    /// list lag has to pass.
    Answered {
        /// Which instance.
        key: InstanceKey,
    },
    /// The intent of this key is settled: nothing was created.
    NotCreated {
        /// Which instance.
        key: InstanceKey,
    },
    /// A `PATCH` with these secrets is about to be sent: they are unverified until the entry is
    /// recorded.
    Sending {
        /// Which instance.
        key: InstanceKey,
        /// The configuration keys of the secrets.
        secrets: BTreeSet<String>,
    },
    /// The entry of this key is now this; settles its intent.
    Entry {
        /// Which instance.
        key: InstanceKey,
        /// The whole entry.
        entry: Box<LockedInstance>,
    },
    /// The entry of this key is no more.
    Removed {
        /// Which instance.
        key: InstanceKey,
    },
    /// The entry, and any open intent, of one key belongs to another now.
    Renamed {
        /// The key before.
        from: InstanceKey,
        /// The key after.
        to: InstanceKey,
    },
    /// This instance is about to be retired. Until it is deleted it is read by its id, for it may be so
    /// new that no list shows it.
    Retired {
        /// The old instance of a replace.
        id: InstanceId,
    },
    /// This retired instance is no more.
    Deleted {
        /// The old instance of a replace.
        id: InstanceId,
    },
    /// The process is alive while a `POST` is in flight.
    #[serde(rename = "alive")]
    Heartbeat,
}

/// A record that could not be made durable.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {path}")]
pub struct SinkError {
    /// The file.
    pub path: String,
    /// Why.
    #[source]
    pub source: std::io::Error,
}

/// Takes records and makes them durable.
#[async_trait]
pub trait LockSink: Send + Sync {
    /// Returns once the record survives the death of the process and of the machine. Concurrent
    /// calls may share one `fsync`.
    ///
    /// # Errors
    /// [`SinkError`]; the caller must then send nothing more.
    async fn record(&self, record: Record) -> Result<(), SinkError>;
}
