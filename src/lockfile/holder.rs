//! One run at a time: the exclusive lock on the journal, and which process holds it.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{LockError, LockPaths, file};
use crate::ports::Clock;

/// How often a waiting run tries to take the lock.
const POLL: Duration = Duration::from_millis(250);
/// A process writes its id a moment after it took the lock. It is called unknown after this many
/// polls without one.
const MAX_UNNAMED_POLLS: usize = 4;

/// The process that holds the lock, for those that wait for it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    pub pid: u32,
    /// When it took the lock, RFC 3339.
    pub since: String,
    /// The URL of the pipeline run, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "process {} since {}", self.pid, self.since)?;
        match &self.run {
            Some(run) => write!(f, " ({run})"),
            None => Ok(()),
        }
    }
}

/// Opens the journal and takes the lock on it, waiting at most `wait`.
pub(super) async fn acquire(
    paths: &LockPaths,
    clock: &dyn Clock,
    me: &Holder,
    wait: Duration,
) -> Result<File, LockError> {
    let until = clock.now() + wait;
    let mut warned = false;
    let mut unnamed_polls = 0;
    loop {
        // Both are created anew each time: a user may have moved them away meanwhile.
        file::create_state_folder(&paths.state_folder)?;
        let journal =
            file::open_journal(&paths.journal).map_err(LockError::io("open", &paths.journal))?;
        match journal.try_lock() {
            Ok(()) => {
                if file::is_same_file(&journal, &paths.journal)
                    .map_err(LockError::io("open", &paths.journal))?
                {
                    // Best effort: it only informs other processes.
                    let _ = serde_json::to_vec(me)
                        .map_err(io::Error::from)
                        .map(|bytes| file::write_atomic(&paths.holder, &bytes));
                    return Ok(journal);
                }
                continue;
            }
            Err(TryLockError::Error(source)) => {
                return Err(LockError::io("lock", &paths.journal)(source));
            }
            Err(TryLockError::WouldBlock) => {}
        }
        if clock.now() >= until {
            if unnamed_polls == MAX_UNNAMED_POLLS || paths.holder.exists() {
                return Err(LockError::Held {
                    holder: described(&paths.holder),
                });
            }
            unnamed_polls += 1;
        } else if !warned {
            tracing::warn!(
                holder = described(&paths.holder),
                seconds = wait.as_secs(),
                "lock file is held by another run: waiting for it"
            );
            warned = true;
        }
        clock.sleep(POLL).await;
    }
}

fn described(path: &Path) -> String {
    file::read(path)
        .ok()
        .flatten()
        .and_then(|bytes| serde_json::from_slice::<Holder>(&bytes).ok())
        .map_or_else(|| "an unknown process".to_owned(), |it| it.to_string())
}
