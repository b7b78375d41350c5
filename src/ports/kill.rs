//! Points at which a test can abort the process, as if its runner was killed. Only builds with debug
//! assertions have them, so that all tests share one build; in a release every call does nothing.
//!
//! It is in `ports` because several rooms that may not name one another have such points.

use crate::model::codes;

codes! {
    /// A point between two effects, after which only the first one may have happened; in the order of
    /// a create. Its code is its name in `CONNECTORCTL_KILL_AT=name:nth`.
    KillPoint {
        /// Nothing is recorded or sent.
        BeforeIntent = "before-intent",
        /// The intent is durable, nothing is sent.
        AfterIntent = "after-intent",
        /// The request is sent; its response is not read.
        RequestSent = "request-sent",
        /// The response is read but not recorded.
        ResponseReceived = "response-received",
        /// The data key of this run is durable, and nothing that is sealed with it.
        AfterDataKey = "after-data-key",
        /// The response is durable, and it is not yet known whose instance it shows.
        AfterCandidate = "after-candidate",
        /// The result is durable.
        AfterResult = "after-result",
        /// A request that changes, disables or deletes an instance is about to be sent.
        BeforeWrite = "before-write",
        /// Such a request took effect; nothing of it is recorded.
        AfterWrite = "after-write",
        /// The new lock file is written under a temporary name.
        BeforeRename = "before-rename",
        /// The lock file is replaced; the journal is not yet emptied.
        DuringFold = "during-fold",
        /// An import has recorded its instances, and no marker is sent.
        ImportRecorded = "import-recorded",
        /// An import has sent its markers, and the manifest does not declare the keys yet.
        ImportMarked = "import-marked",
        /// The manifest declares the keys, and the lock file still protects them.
        ManifestWritten = "manifest-written",
        /// A forget has removed its markers, and the entries are still recorded.
        ForgetUnmarked = "forget-unmarked",
    }
}

impl KillPoint {
    /// Whether an apply that only creates passes this point. Where tokens are sealed, it passes
    /// [`Self::AfterDataKey`] too.
    pub fn is_of_create(self) -> bool {
        use KillPoint::{
            AfterDataKey, AfterWrite, BeforeWrite, ForgetUnmarked, ImportMarked, ImportRecorded,
            ManifestWritten,
        };
        !matches!(
            self,
            BeforeWrite
                | AfterWrite
                | AfterDataKey
                | ImportRecorded
                | ImportMarked
                | ManifestWritten
                | ForgetUnmarked
        )
    }
}

/// Does nothing in a release.
#[cfg(not(debug_assertions))]
pub fn at(_point: KillPoint) {}

/// Aborts the process if `CONNECTORCTL_KILL_AT` says so: no destructor runs, nothing is flushed.
#[cfg(debug_assertions)]
#[expect(
    clippy::disallowed_methods,
    reason = "a test names the point in the environment of the process"
)]
pub fn at(point: KillPoint) {
    use std::collections::BTreeMap;
    use std::sync::{Mutex, PoisonError};

    static PASSED: Mutex<BTreeMap<&'static str, u64>> = Mutex::new(BTreeMap::new());

    let Ok(wanted) = std::env::var("CONNECTORCTL_KILL_AT") else {
        return;
    };
    let mut passed = PASSED.lock().unwrap_or_else(PoisonError::into_inner);
    let count = passed.entry(point.as_str()).or_default();
    *count += 1;
    if wanted == format!("{}:{count}", point.as_str()) {
        std::process::abort();
    }
}
