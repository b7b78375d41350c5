//! Finds out whether a `POST` with an unknown outcome created an instance: searches by marker, with
//! growing pauses, until an instance is found or the window has passed.

use std::time::Duration;

use super::candidate::Found;
use super::input::LIST_LAG;
use super::outcome::StepError;
use super::run::Run;
use super::step::StepRun;
use crate::model::{Candidate, OpenIntent, Timestamp};
use crate::ports::{RemoteError, RemoteErrorKind, StopLevel, UnknownClass};

/// The first pause between two searches; doubled up to [`MAX_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const MAX_PAUSE: Duration = Duration::from_secs(10);

impl Run<'_> {
    /// When an instance of this intent can no longer appear.
    pub(super) fn window_end(&self, intent: &OpenIntent) -> Timestamp {
        let window = if intent.answered {
            self.list_lag()
        } else {
            self.apply.options.settle
        };
        // An intent of an earlier round of this process is not taken over: its connections are closed.
        intent.since.unwrap_or(self.started) + window
    }

    /// When an instance of a `POST` that has just ended can no longer appear.
    pub(super) fn window_from_now(&self, class: UnknownClass) -> Timestamp {
        let window = match class {
            UnknownClass::Unanswered => self.apply.options.settle,
            UnknownClass::Answered => self.list_lag(),
            UnknownClass::Refused => Duration::ZERO,
        };
        self.apply.clock.now() + window
    }

    fn list_lag(&self) -> Duration {
        LIST_LAG.min(self.apply.options.settle)
    }
}

impl StepRun<'_> {
    /// Searches until an instance of this step is found or the window has passed. `None` means that a
    /// search that began after the window found none. Releases the slot while it waits.
    pub(super) async fn settle(
        &mut self,
        until: Timestamp,
        why: &str,
        candidates: &[&Candidate],
    ) -> Result<Option<Found>, StepError> {
        let apply = self.run.apply;
        let mut pause = FIRST_PAUSE;
        let mut shown = false;
        loop {
            // Taken before the search: only a search that began after the window proves absence.
            let began = apply.clock.now();
            match self.look(candidates).await {
                Ok(None) if began < until => {}
                Err(error) if error.kind == RemoteErrorKind::Disconnected => {
                    return Err(undecided(error).fatal());
                }
                Err(_) if began < until => {}
                Ok(found) => {
                    self.take_slot().await;
                    return Ok(found);
                }
                Err(error) => return Err(undecided(error)),
            }
            let left = until.since(began);
            if !shown {
                apply.progress.waiting(self.key, why, left);
                shown = true;
            }
            self.release_slot();
            tokio::select! {
                () = apply.clock.sleep(pause.min(left)) => {}
                () = apply.stop.reached(StopLevel::Drain) => return Err(stopped()),
                // The next search fails at once and says why.
                () = apply.remote.disconnected() => {}
            }
            if self.run.past_deadline() {
                return Err(stopped());
            }
            pause = (pause * 2).min(MAX_PAUSE);
        }
    }
}

fn undecided(error: RemoteError) -> StepError {
    StepError::unknown(format!(
        "cannot tell whether the instance was created: {}; run `apply` again",
        StepError::from(error).message
    ))
}

fn stopped() -> StepError {
    StepError::unknown(
        "stopped while it was unknown whether the instance was created; run `apply` again to find out",
    )
}
