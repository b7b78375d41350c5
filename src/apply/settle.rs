//! Finding out what became of a `POST` whose outcome nobody knows: search by marker, at once and
//! then with growing pauses, until an instance shows or the window has passed.

use std::time::Duration;

use tokio::sync::SemaphorePermit;

use super::run::Run;
use super::step::StepError;
use super::{LIST_LAG, MAX_HEARTBEAT_GAP};
use crate::model::{InstanceKey, Lookup, Marker, ObservedInstance, OpenIntent, Timestamp};
use crate::ports::{StopLevel, UnknownClass};

/// The first pause between two searches; doubled up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// What a search over a whole window found.
pub(super) enum Settled {
    /// This one; the oldest valid of them, where there are several.
    Found(Box<ObservedInstance>),
    /// Nothing, and nothing can come any more.
    Nothing,
}

/// How long to look, and for what.
pub(super) struct Search<'a> {
    pub(super) key: &'a InstanceKey,
    /// The markers the instance may carry: the key's, and that of the key before a rename.
    pub(super) markers: Vec<Marker>,
    pub(super) until: Timestamp,
    /// For people: what is waited for.
    pub(super) why: &'static str,
}

impl<'a> Run<'a> {
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

    /// Searches until something shows or the window has passed. The caller's place among the
    /// concurrent steps is given up meanwhile, so that other steps go on.
    pub(super) async fn settle(
        &self,
        search: Search<'_>,
        permit: &mut Option<SemaphorePermit<'a>>,
    ) -> Result<Settled, StepError> {
        let mut pause = FIRST_PAUSE;
        let mut told = false;
        loop {
            // Taken before the search: only a search begun after the window ended proves absence.
            let began = self.apply.clock.now();
            match self.search(&search.markers).await {
                Ok(Some(found)) => {
                    self.place(permit).await;
                    return Ok(Settled::Found(Box::new(found)));
                }
                Ok(None) if began >= search.until => {
                    self.place(permit).await;
                    return Ok(Settled::Nothing);
                }
                Err(error) if began >= search.until => {
                    return Err(StepError::unknown(format!(
                        "could not find out whether the instance was created: {}; run `apply` again",
                        error.message
                    )));
                }
                Ok(None) | Err(_) => {}
            }
            let left = search.until.since(began);
            if !told {
                self.apply.progress.waiting(search.key, search.why, left);
                told = true;
            }
            *permit = None;
            tokio::select! {
                () = self.apply.clock.sleep(pause.min(left)) => {}
                () = self.apply.stop.reached(StopLevel::Drain) => return Err(stopped()),
            }
            if self.past_deadline() {
                return Err(stopped());
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// One search: the oldest valid instance that carries one of the markers, else the oldest.
    pub(super) async fn search(
        &self,
        markers: &[Marker],
    ) -> Result<Option<ObservedInstance>, StepError> {
        let mut hits = Vec::new();
        for marker in markers {
            hits.extend(self.apply.remote.find(marker.as_str()).await?);
        }
        hits.sort_by_key(ObservedInstance::rank);
        hits.dedup_by_key(|instance| instance.id);
        for hit in hits {
            // A list may show tags of before, say of an instance that was retired since.
            let Lookup::Found(seen) = self.apply.remote.get(hit.id).await? else {
                continue;
            };
            if markers.iter().any(|marker| seen.carries(marker)) {
                return Ok(Some(*seen));
            }
        }
        Ok(None)
    }

    async fn place(&self, permit: &mut Option<SemaphorePermit<'a>>) {
        if permit.is_none() {
            *permit = self.permits.acquire().await.ok();
        }
    }
}

fn stopped() -> StepError {
    StepError::unknown(
        "stopped before the outcome of an earlier request was known; run `apply` again to settle it",
    )
}
