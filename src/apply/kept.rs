//! Compares what the platform keeps with what it was sent. Must not: send anything that writes.

use super::outcome::StepError;
use super::step::StepRun;
use crate::model::{Kept, LockedInstance, Lookup, ObservedInstance, ReadBack, SentValues};

impl StepRun<'_> {
    /// What the platform keeps instead of what it was sent. An answer that differs decides nothing: a read
    /// by id does.
    pub(super) async fn kept(
        &self,
        sent: &SentValues<'_>,
        before: Option<&ObservedInstance>,
        answer: &ObservedInstance,
    ) -> Result<Kept, StepError> {
        let apply = self.run.apply;
        let compare = |after: &ObservedInstance| apply.comparison.kept(sent, before, after);
        if !answer.is_abridged() && compare(answer).is_empty() {
            return Ok(Kept::default());
        }
        Ok(match apply.remote.get(answer.id).await? {
            Lookup::Found(seen) => compare(&seen),
            Lookup::Gone => Kept::default(),
        })
    }

    /// Records what the platform made of a create that is recorded already.
    pub(super) async fn record_kept(
        &self,
        sent: &SentValues<'_>,
        entry: &mut LockedInstance,
        answer: &ObservedInstance,
    ) -> Result<(), StepError> {
        let on = |error: StepError| error.on(answer.id);
        let kept = self.kept(sent, None, answer).await.map_err(on)?;
        if kept.is_empty() {
            return Ok(());
        }
        let applied = expect_applied(&kept);
        entry.keep(sent, kept);
        self.record_entry(entry.clone()).await.map_err(on)?;
        applied.map_err(on)
    }
}

/// What was sent must not be as it was before.
pub(super) fn expect_applied(kept: &Kept) -> Result<(), StepError> {
    if kept.unapplied.is_empty() {
        return Ok(());
    }
    let one = |(path, value): (&String, &ReadBack)| match value {
        ReadBack::Text(text) => format!("`{path}`, which is still `{text}`"),
        ReadBack::Tags(_) | ReadBack::Secret(_) => format!("`{path}`, which is as it was before"),
    };
    let paths: Vec<String> = kept.unapplied.iter().map(one).collect();
    Err(StepError::failed(format!(
        "the platform did not apply {}; run `apply` again; if that does not help, declare what the platform \
         has, or add the path to `ignoreChanges`",
        paths.join(", and ")
    )))
}
