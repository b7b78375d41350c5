//! A plan and the second opinion on it. Handed a reader, it cannot write.

use super::error::SessionError;
use super::scope::Session;
use crate::lockfile::LockView;
use crate::model::{Desired, Lock, Planned, ResolvedSecrets};
use crate::ports::ReadRemote;
use crate::reconcile::{self, PlanInput, Policy};
use crate::secrets::recorded_versions;

impl Session<'_> {
    /// Compares manifest and lock file with the live platform. A plan that a guard refuses is not an
    /// error here.
    ///
    /// # Errors
    /// Whatever kept one of the three from being read, or a plan that breaks its own rules.
    pub async fn plan(
        &self,
        remote: &dyn ReadRemote,
        secrets: ResolvedSecrets,
        view: LockView,
        policy: Policy,
    ) -> Result<Planned, SessionError> {
        let gathered = self.gather(remote, secrets, view, policy).await?;
        audited(&gathered.input)
    }
}

/// Compares the manifest with the lock file alone.
///
/// # Errors
/// A plan that breaks its own rules.
pub fn offline(desired: &Desired, view: LockView, policy: Policy) -> Result<Planned, SessionError> {
    let lock = view
        .lock
        .unwrap_or_else(|| Lock::empty(desired.inventory.clone()));
    audited(&PlanInput {
        desired: desired.clone(),
        secrets: recorded_versions(desired, &lock),
        lock,
        observed: None,
        intents: view.intents,
        policy,
        other_user: false,
        verified: 0,
    })
}

/// The plan, once the independent audit has found nothing.
pub(super) fn audited(input: &PlanInput) -> Result<Planned, SessionError> {
    let planned = reconcile::plan(input);
    let violations = reconcile::audit(input, &planned.plan);
    if violations.is_empty() {
        Ok(planned)
    } else {
        Err(SessionError::BrokenPlan(violations))
    }
}
