//! Everything a plan is made from, and what an apply needs besides.

use super::error::SessionError;
use super::observe::{Missing, Sight, marker_seen, observe};
use super::scope::Session;
use super::sure::make_sure;
use crate::apply::Evidence;
use crate::lockfile::LockView;
use crate::model::{
    Fingerprint, InstanceId, Lock, LockHeader, LockedApi, Observed, Remade, ResolvedSecrets,
    SecretFacts, Tenant, VersusLock,
};
use crate::ports::ReadRemote;
use crate::reconcile::{PlanInput, Policy};
use crate::secrets::{FactInput, FingerprintKeys, facts, remake};

/// What a live plan is made from, and what an apply needs besides.
pub(super) struct Gathered {
    pub(super) input: PlanInput,
    /// With the fingerprints to record.
    pub(super) secrets: ResolvedSecrets,
    /// As it is to be recorded.
    pub(super) header: LockHeader,
    /// What to record besides, and nothing is sent for. `input` has it already.
    pub(super) remade: Remade,
    pub(super) marker_seen: bool,
    /// What the journal remembers and the platform has deleted.
    pub(super) deleted: Vec<InstanceId>,
    /// What was learned about proving absence.
    pub(super) evidence: Evidence,
}

/// The platform as these credentials see it.
pub(super) struct Sighting {
    pub(super) tenant: Tenant,
    pub(super) sight: Sight,
}

impl Session<'_> {
    /// Reads the platform, after everything that must agree was seen to agree.
    pub(super) async fn look(
        &self,
        remote: &dyn ReadRemote,
        lock: &Lock,
        view: &LockView,
        missing: Missing,
    ) -> Result<Sighting, SessionError> {
        self.learn_recorded(lock, view);
        self.not_moving(view)?;
        self.same_url(lock)?;
        let tenant = remote.tenant().await?;
        self.same_tenant(lock, &tenant)?;
        let remembered = view.remembered();
        let sight = observe(remote, self.desired, lock, &remembered, missing).await?;
        Ok(Sighting { tenant, sight })
    }

    /// Reads the platform and compares the secrets. Nothing is written.
    pub(super) async fn gather(
        &self,
        remote: &dyn ReadRemote,
        mut secrets: ResolvedSecrets,
        mut view: LockView,
        policy: Policy,
    ) -> Result<Gathered, SessionError> {
        let desired = self.desired;
        self.learn_resolved(&secrets);
        let mut lock = view
            .lock
            .take()
            .unwrap_or_else(|| Lock::empty(desired.inventory.clone()));
        let missing = match policy.recreate_vanished {
            true => Missing::Read,
            false => Missing::Presume,
        };
        let Sighting { tenant, sight } = self.look(remote, &lock, &view, missing).await?;
        let keys = self.identity.fingerprint_keys(&desired.inventory);
        let UserPrint { print, is_other } = self.user(&lock, &keys)?;
        let header = self.header(&lock, &tenant, print);
        let remade = remake(&lock, desired, &secrets, &sight.observed, &keys);
        remade.apply_to(&mut lock);
        let remembered = view.remembered();
        let mut input = PlanInput {
            desired: desired.clone(),
            lock,
            observed: None,
            secrets: SecretFacts::default(),
            intents: view.intents,
            policy,
            other_user: is_other,
            verified: remade.verified,
        };
        let compare = |input: &PlanInput, observed: &Observed| {
            let input = FactInput {
                desired: &input.desired,
                lock: &input.lock,
                observed,
                intents: &input.intents,
                missing: &view.missing,
                keys: &keys,
            };
            facts(&input, &mut secrets)
        };
        let (observed, evidence) = make_sure(remote, &mut input, sight, compare).await?;
        Ok(Gathered {
            header,
            remade,
            deleted: remembered.intersection(&observed.gone).copied().collect(),
            marker_seen: marker_seen(&observed, desired, &input.lock),
            input: PlanInput {
                observed: Some(observed),
                ..input
            },
            evidence,
            secrets,
        })
    }
}

/// The fingerprint of the user secret to record.
struct UserPrint {
    print: Fingerprint,
    /// It is not the one that the lock file was written with.
    is_other: bool,
}

impl Session<'_> {
    fn user(&self, lock: &Lock, keys: &FingerprintKeys) -> Result<UserPrint, SessionError> {
        let user = self.identity.user.expose();
        let recorded = lock.header.api.as_ref().and_then(|api| api.user.as_ref());
        let unchanged = recorded.and_then(|recorded| keys.renewed(recorded, user));
        // Under another key nobody can tell.
        let is_other = recorded.is_some_and(|it| keys.compare(it, user) == VersusLock::Changed);
        let print = match unchanged {
            Some(print) => print,
            None => keys.present.make(user)?,
        };
        Ok(UserPrint { print, is_other })
    }

    fn header(&self, lock: &Lock, tenant: &Tenant, user: Fingerprint) -> LockHeader {
        let recorded = lock.header.api.as_ref().and_then(|api| api.organization);
        LockHeader {
            inventory: self.desired.inventory.clone(),
            api: Some(LockedApi {
                url: self.identity.url.clone(),
                organization: tenant.organization.or(recorded),
                user: Some(user),
            }),
            check: None,
        }
    }
}
