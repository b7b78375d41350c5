//! Finding out what became of a `POST` whose outcome nobody knows: search by marker, at once and
//! then with growing pauses, until an instance shows or the window has passed.

use std::time::Duration;

use super::input::LIST_LAG;
use super::outcome::StepError;
use super::run::Run;
use super::step::StepRun;
use crate::model::{Lookup, Marker, ObservedInstance, OpenIntent, Timestamp};
use crate::ports::{StopLevel, UnknownClass};

/// How much older than the end of a connection the newest record may be: an intent may take one
/// heartbeat interval to be durable, the next heartbeat is due after another, and a third is the most
/// that one may take.
const MAX_HEARTBEAT_GAP: Duration = Duration::from_secs(15);
/// The first pause between two searches; doubled up to [`MAX_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const MAX_PAUSE: Duration = Duration::from_secs(10);

impl Run<'_> {
    /// When nothing of this intent can show any more.
    pub(super) fn window_end(&self, intent: &OpenIntent) -> Timestamp {
        let window = if intent.answered {
            self.list_lag()
        } else {
            let settle = self.apply.options.settle;
            settle + MAX_HEARTBEAT_GAP.min(settle * 3 / 40)
        };
        intent.last_alive + window
    }

    /// When nothing of a `POST` that just came back unknown can show any more.
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
    /// Searches until an instance of this step shows or the window has passed; `None` where nothing
    /// shows and nothing can any more. The slot is given up meanwhile.
    pub(super) async fn settle(
        &mut self,
        until: Timestamp,
        why: &str,
    ) -> Result<Option<ObservedInstance>, StepError> {
        let apply = self.run.apply;
        let markers = self.markers();
        let mut pause = FIRST_PAUSE;
        let mut told = false;
        loop {
            // Taken before the search: only a search begun after the window ended proves absence.
            let began = apply.clock.now();
            match self.search(&markers).await {
                Ok(None) if began < until => {}
                Err(_) if began < until => {}
                Ok(found) => {
                    self.take_slot().await;
                    return Ok(found);
                }
                Err(error) => {
                    return Err(StepError::unknown(format!(
                        "could not find out whether the instance was created: {}; run `apply` again",
                        error.message
                    )));
                }
            }
            let left = until.since(began);
            if !told {
                apply.progress.waiting(self.key, why, left);
                told = true;
            }
            self.give_up_slot();
            tokio::select! {
                () = apply.clock.sleep(pause.min(left)) => {}
                () = apply.stop.reached(StopLevel::Drain) => return Err(stopped()),
            }
            if self.run.past_deadline() {
                return Err(stopped());
            }
            pause = (pause * 2).min(MAX_PAUSE);
        }
    }

    /// One search: the oldest valid instance that carries one of the markers, else the oldest.
    async fn search(&self, markers: &[Marker]) -> Result<Option<ObservedInstance>, StepError> {
        let remote = self.run.apply.remote;
        let mut hits = Vec::new();
        for marker in markers {
            hits.extend(remote.find(marker.as_str()).await?);
        }
        hits.sort_by_key(ObservedInstance::rank);
        hits.dedup_by_key(|instance| instance.id);
        for hit in hits {
            // A list may show tags of before, say of an instance that was retired since, and may
            // leave the token out.
            let Lookup::Found(seen) = remote.get(hit.id).await? else {
                continue;
            };
            if markers.iter().any(|marker| seen.carries(marker)) {
                return Ok(Some(*seen));
            }
        }
        Ok(None)
    }
}

fn stopped() -> StepError {
    StepError::unknown(
        "stopped before the outcome of an earlier request was known; run `apply` again to settle it",
    )
}
