//! Looks for the instance of a key once more, right before its first `POST`: the plan may be old by then.
//! Must not: send anything that writes.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::absence::{Proof, Unproven};
use super::outcome::StepError;
use super::step::StepRun;
use crate::model::ObservedInstance;
use crate::ports::StopLevel;

/// The pause between two searches for the marker of the first create.
const PAUSE: Duration = Duration::from_millis(500);

/// What there is before the first `POST` of a key.
pub(super) enum Before {
    Absent,
    /// No search has found anything yet. One create may go ahead, and its marker is then searched for.
    Untested,
    Exists(Box<ObservedInstance>),
}

impl StepRun<'_> {
    pub(super) async fn look_before(&self) -> Result<Before, StepError> {
        let run = self.run;
        let Proof { found, unproven } = run
            .absence
            .of_first_create(&self.markers(), run.apply.clock.now())
            .await?;
        if let Some(seen) = found.into_iter().next() {
            return Ok(Before::Exists(Box::new(seen)));
        }
        match unproven {
            None => Ok(Before::Absent),
            Some(_) if run.apply.evidence.assumes(self.key) => Ok(Before::Absent),
            Some(Unproven::Untested) if !run.untested.swap(true, Ordering::SeqCst) => {
                Ok(Before::Untested)
            }
            Some(why) => Err(StepError::failed(self.unproven(why))),
        }
    }

    /// The create was rejected: nothing is there to be searched for, and the next one may go ahead.
    pub(super) fn forget_untested(&self) {
        self.run.untested.store(false, Ordering::SeqCst);
    }

    /// Searches for the marker that was just created, until it is found or the list lag has passed. Other
    /// creates wait for it.
    pub(super) async fn test_search(&self, marker: &str) -> Result<(), StepError> {
        let apply = self.run.apply;
        let until = apply.clock.now() + self.run.list_lag();
        while !self.run.absence.is_found(marker).await? {
            if apply.clock.now() >= until {
                return Err(StepError::failed(format!(
                    "the instance was created and recorded, but a search does not find its marker \
                     `{marker}`; nothing more is created, because nothing proves what does not exist"
                ))
                .fatal());
            }
            tokio::select! {
                () = apply.clock.sleep(PAUSE) => {}
                () = apply.stop.reached(StopLevel::Drain) => return Ok(()),
            }
        }
        Ok(())
    }
}
