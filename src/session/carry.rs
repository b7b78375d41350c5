//! Carries out a plan: what an apply, an import and a forget share.

use std::collections::BTreeMap;
use std::io;

use super::error::SessionError;
use super::gather::Gathered;
use super::hooks::Hooks;
use super::kept::KeptValues;
use super::plan::audited;
use super::scope::Session;
use super::store::Store;
use super::within::{before, unless_stopped};
use crate::apply::{Apply, ApplyOptions, ApplyOutcome};
use crate::lockfile::LockView;
use crate::model::{
    InstanceId, InstanceKey, Lookup, Marker, ObservedInstance, OpenIntent, Plan, Planned,
    ResolvedSecrets,
};
use crate::ports::{Clock, Removals, Stop, WriteRemote};
use crate::reconcile::{PlanInput, Policy};

/// A platform to write to, and how.
#[derive(Clone)]
pub struct Carrier<'a> {
    pub session: Session<'a>,
    pub remote: &'a dyn WriteRemote,
    pub clock: &'a dyn Clock,
    pub stop: Stop,
    pub options: ApplyOptions,
}

impl Carrier<'_> {
    /// A plan of the session's manifest as the platform is now. Nothing is written.
    ///
    /// # Errors
    /// What kept it from being made, and a plan that is refused.
    pub(super) async fn plan(
        &self,
        secrets: ResolvedSecrets,
        view: LockView,
        policy: Policy,
    ) -> Result<(Planned, Gathered), SessionError> {
        let gathered = self.session.gather(self.remote, secrets, view, policy);
        let gathered = before(self.clock, self.options.deadline, gathered);
        let gathered = unless_stopped(&self.stop, gathered).await;
        let gathered = gathered.ok_or(SessionError::Interrupted)?;
        let gathered = gathered.unwrap_or(Err(SessionError::Deadline))?;
        let planned = audited(&gathered.input)?;
        if planned.refusals.is_empty() {
            Ok((planned, gathered))
        } else {
            Err(SessionError::Refused(planned.refusals))
        }
    }

    /// Carries out the steps, and settles these intents.
    pub(super) async fn apply(
        &self,
        plan: &Plan,
        gathered: &Gathered,
        intents: &BTreeMap<InstanceKey, OpenIntent>,
        removals: &dyn Removals,
        store: &dyn Store,
        hooks: &mut dyn Hooks,
    ) -> ApplyOutcome {
        let progress = hooks.progress(plan.steps.len());
        let desired = self.session.desired;
        let keys = self.session.identity.fingerprint_keys(&desired.inventory);
        let comparison = KeptValues {
            secrets: &gathered.secrets,
            keys: &keys,
        };
        Apply {
            plan,
            secrets: &gathered.secrets,
            lock: &gathered.input.lock,
            intents,
            newest: newest(&gathered.input),
            remote: self.remote,
            evidence: &gathered.evidence,
            comparison: &comparison,
            removals,
            sink: store,
            clock: self.clock,
            progress: &*progress,
            stop: self.stop.clone(),
            options: ApplyOptions {
                marker_seen: gathered.marker_seen,
                ..self.options
            },
        }
        .run()
        .await
    }

    /// Whether the instance carries the marker; `None` where nobody knows.
    pub(super) async fn carries(&self, id: InstanceId, marker: &Marker) -> Option<bool> {
        match self.remote.get(id).await {
            Ok(Lookup::Found(seen)) if seen.tags.is_some() => Some(seen.carries(marker)),
            Ok(Lookup::Gone) => Some(false),
            Ok(Lookup::Found(_)) | Err(_) => None,
        }
    }
}

/// The highest id in the list or the lock file.
fn newest(input: &PlanInput) -> Option<InstanceId> {
    let recorded = input.lock.instances.values().map(|entry| entry.id);
    let seen = input.observed.iter();
    let seen = seen.flat_map(|observed| observed.instances.keys().copied());
    recorded.chain(seen).max()
}

/// For plans that delete nothing.
pub(super) struct NothingDeleted;

impl Removals for NothingDeleted {
    fn about_to_delete(&self, _key: &InstanceKey, _seen: &ObservedInstance) -> io::Result<()> {
        Err(io::Error::other("nothing is deleted here"))
    }
}
