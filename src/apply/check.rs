//! What must still hold of an instance right before it is written.

use super::outcome::StepError;
use super::step::StepRun;
use crate::model::{InstanceId, Lookup, ObservedInstance};

impl StepRun<'_> {
    /// An object is read by id right before it is written.
    pub(super) async fn read_again(&self, id: InstanceId) -> Result<ObservedInstance, StepError> {
        match self.run.apply.remote.get(id).await? {
            Lookup::Found(instance) => Ok(*instance),
            Lookup::Gone => Err(StepError::failed(
                "the instance is gone since the plan was made; plan again",
            )),
        }
    }
}

/// The expected marker must be there; without an expectation, no marker may be there at all.
pub(super) fn expect_marker(
    seen: &ObservedInstance,
    expected: Option<&str>,
) -> Result<(), StepError> {
    if seen.tags.is_none() {
        return Err(StepError::failed(
            "the platform did not show the instance's tags, so it cannot be told whose it is",
        ));
    }
    let markers: Vec<&str> = seen.markers().collect();
    match expected {
        Some(marker) if markers.contains(&marker) => Ok(()),
        None if markers.is_empty() => Ok(()),
        Some(marker) => Err(StepError::failed(format!(
            "the instance does not carry the marker `{marker}` any more; plan again"
        ))),
        None => Err(StepError::failed(format!(
            "the instance carries the marker `{}` since the plan was made; plan again",
            markers.join("`, `")
        ))),
    }
}
