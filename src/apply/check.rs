//! Checks of an instance right before it is written.

use super::outcome::StepError;
use super::step::StepRun;
use crate::model::{InstanceId, LockEntryDraft, LockedInstance, Lookup, ObservedInstance};

impl StepRun<'_> {
    /// Reads an instance by id, right before it is written.
    pub(super) async fn read_again(&self, id: InstanceId) -> Result<ObservedInstance, StepError> {
        match self.run.apply.remote.get(id).await? {
            Lookup::Found(instance) => Ok(*instance),
            Lookup::Gone => Err(StepError::failed(
                "the instance no longer exists on the platform; run `apply` again for a new plan",
            )),
        }
    }
}

/// The instance must have the expected marker; with `None`, it must have no marker at all.
pub(super) fn expect_marker(
    seen: &ObservedInstance,
    expected: Option<&str>,
) -> Result<(), StepError> {
    if seen.tags.is_none() {
        return Err(StepError::failed(
            "the platform did not return the instance's tags, so its owner is unknown; it was left alone; run `apply` again",
        ));
    }
    let markers: Vec<&str> = seen.markers().collect();
    match expected {
        Some(marker) if markers.contains(&marker) => Ok(()),
        None if markers.is_empty() => Ok(()),
        Some(marker) => Err(StepError::failed(format!(
            "the instance no longer has the marker `{marker}`; it was left alone; run `apply` again for a new plan"
        ))),
        None => Err(StepError::failed(format!(
            "the instance got the marker `{}` after the plan was made; it was left alone; run `apply` again for a new plan",
            markers.join("`, `")
        ))),
    }
}

/// A replace needs a plan, which counts it and may be refused.
pub(super) fn expect_element(
    draft: &LockEntryDraft,
    seen: &ObservedInstance,
) -> Result<(), StepError> {
    if draft.element.names(&seen.element) {
        return Ok(());
    }
    Err(StepError::unknown(format!(
        "the instance is recorded, but it has the element `{}` and the manifest declares `{}`; run \
         `apply` again to replace it",
        seen.element.key, draft.element
    ))
    .on(seen.id))
}

/// An instance without a token cannot be used. It is recorded nevertheless, so that it is never created
/// again.
pub(super) fn expect_token(entry: &LockedInstance) -> Result<(), StepError> {
    if entry.token.is_some() {
        return Ok(());
    }
    Err(StepError::failed(
        "the platform returned no token; the instance is recorded without one; run `apply` again with \
         the credentials of the user who owns it, or replace it with `--replace`",
    )
    .on(entry.id))
}
