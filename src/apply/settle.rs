//! Finds out whether a `POST` with an unknown outcome created an instance: searches by marker, with
//! growing pauses, until an instance is found or the window has passed.

use std::time::Duration;

use super::absence::Unproven;
use super::candidate::{Found, Whose};
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

    pub(super) fn list_lag(&self) -> Duration {
        LIST_LAG.min(self.apply.options.settle)
    }
}

/// What it takes to go on when the window has passed and nothing is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nothing {
    /// That is enough, because no `POST` follows.
    Found,
    /// Proof.
    Proven,
    /// Proof, or the word of a person who looked after the request was sent.
    ProvenOrAssumed,
}

impl StepRun<'_> {
    /// Searches until an instance of this step is found or the window has passed. `None` means that the
    /// last search, which began after the window, found as much of nothing as `nothing` says. Releases the
    /// slot while it waits.
    pub(super) async fn settle(
        &mut self,
        until: Timestamp,
        why: &str,
        candidates: &[&Candidate],
        nothing: Nothing,
    ) -> Result<Option<Found>, StepError> {
        let apply = self.run.apply;
        let is_assumed = nothing == Nothing::ProvenOrAssumed && apply.evidence.assumes(self.key);
        let is_ruled_out = |found: &Found| is_assumed && found.whose == Whose::Unclear;
        let mut pause = FIRST_PAUSE;
        let mut shown = false;
        loop {
            // Taken before the search: only a search that began after the window proves absence.
            let began = apply.clock.now();
            let is_last = began >= until;
            let proves = is_last && nothing != Nothing::Found;
            let looked = self.look(candidates, proves).await;
            let looked = looked.map(|(found, why)| (found.filter(|it| !is_ruled_out(it)), why));
            match looked {
                Err(error) if error.kind == RemoteErrorKind::Disconnected => {
                    return Err(undecided(error).fatal());
                }
                Err(error) if is_last => return Err(undecided(error)),
                Ok((found, unproven)) if is_last || found.is_some() => {
                    if let Some(why) = unproven.filter(|_| found.is_none() && !is_assumed) {
                        return Err(StepError::unknown(self.unproven(why)));
                    }
                    self.take_slot().await;
                    return Ok(found);
                }
                Ok(_) | Err(_) => {}
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

    /// Why nothing is created, and what a person can do.
    pub(super) fn unproven(&self, why: Unproven) -> String {
        format!(
            "cannot prove that no instance carries the marker `{}`: {why}; look for it on the \
             platform, and if there is none, run `apply --assume-absent {}`",
            self.own_marker(),
            self.key
        )
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
