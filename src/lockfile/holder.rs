//! One run at a time: the exclusive lock on the journal, and who holds it.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{LockError, LockPaths, file};
use crate::ports::Clock;

/// How often a waiting run looks whether the lock is free.
const POLL: Duration = Duration::from_millis(250);

/// Who holds the lock, as told to those who wait for it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    /// The process.
    pub pid: u32,
    /// When it took the lock, RFC 3339.
    pub since: String,
    /// The address of the pipeline run, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "process {}, since {}", self.pid, self.since)?;
        match &self.run {
            Some(run) => write!(f, ", {run}"),
            None => Ok(()),
        }
    }
}

/// How often it is asked again who holds the lock.
const MOST_UNNAMED: usize = 4;

/// Opens the journal and takes the lock on it, waiting at most `wait`.
pub(super) async fn take(
    paths: &LockPaths,
    clock: &dyn Clock,
    me: &Holder,
    wait: Duration,
) -> Result<File, LockError> {
    let failed = |action| {
        move |source| LockError::Io {
            action,
            path: paths.journal.clone(),
            source,
        }
    };
    let until = clock.now() + wait;
    let mut told = false;
    // Who takes the lock says so a moment later.
    let mut unnamed = 0;
    loop {
        // Made anew each time: whoever held it may have been told to move it away.
        file::make_state_folder(&paths.state_folder)?;
        let journal = file::open_journal(&paths.journal).map_err(failed("open"))?;
        match journal.try_lock() {
            Ok(()) => {
                if file::is_still(&journal, &paths.journal).map_err(failed("open"))? {
                    // Best effort: it only tells others who we are.
                    let _ = serde_json::to_vec(me)
                        .map_err(io::Error::from)
                        .map(|bytes| file::write_atomic(&paths.holder, &bytes));
                    return Ok(journal);
                }
            }
            Err(TryLockError::Error(source)) => return Err(failed("lock")(source)),
            Err(TryLockError::WouldBlock)
                if clock.now() >= until && unnamed < MOST_UNNAMED && !paths.holder.exists() =>
            {
                unnamed += 1;
                clock.sleep(POLL).await;
            }
            Err(TryLockError::WouldBlock) if clock.now() >= until => {
                return Err(LockError::Held {
                    holder: told_by(&paths.holder),
                });
            }
            Err(TryLockError::WouldBlock) => {
                if !told {
                    tracing::warn!(
                        holder = told_by(&paths.holder),
                        seconds = wait.as_secs(),
                        "another apply holds the lock: waiting for it"
                    );
                    told = true;
                }
                clock.sleep(POLL).await;
            }
        }
    }
}

fn told_by(path: &Path) -> String {
    file::read(path)
        .ok()
        .flatten()
        .and_then(|bytes| serde_json::from_slice::<Holder>(&bytes).ok())
        .map_or_else(|| "nobody said who".to_owned(), |holder| holder.to_string())
}
