//! Everything a plan is made from, and what an apply needs besides.

use super::error::SessionError;
use super::observe::{marker_seen, observe};
use super::scope::Session;
use super::sure::make_sure;
use crate::apply::Evidence;
use crate::lockfile::LockView;
use crate::model::{
    Fingerprint, InstanceId, KeyCheck, Lock, LockHeader, LockedApi, Observed, ResolvedSecrets,
    SecretFacts, Tenant,
};
use crate::ports::ReadRemote;
use crate::reconcile::{PlanInput, Policy, Resend};
use crate::secrets::{FactInput, FingerprintKey, facts};

/// What a live plan is made from, and what an apply needs besides.
pub(super) struct Gathered {
    pub(super) input: PlanInput,
    /// With the fingerprints to record.
    pub(super) secrets: ResolvedSecrets,
    /// As it is to be recorded.
    pub(super) header: LockHeader,
    pub(super) marker_seen: bool,
    /// What the journal remembers and the platform has deleted.
    pub(super) deleted: Vec<InstanceId>,
    /// What was learned about proving absence.
    pub(super) evidence: Evidence,
}

/// The platform as these credentials see it.
pub(super) struct Sighting {
    pub(super) tenant: Tenant,
    pub(super) observed: Observed,
}

impl Session<'_> {
    /// Reads the platform, after everything that must agree was seen to agree.
    pub(super) async fn look(
        &self,
        remote: &dyn ReadRemote,
        lock: &Lock,
        view: &LockView,
    ) -> Result<Sighting, SessionError> {
        self.same_url(lock)?;
        let tenant = remote.tenant().await?;
        self.same_tenant(lock, &tenant)?;
        let observed = observe(remote, self.desired, lock, &view.remembered()).await?;
        Ok(Sighting { tenant, observed })
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
        let lock = view
            .lock
            .take()
            .unwrap_or_else(|| Lock::empty(desired.inventory.clone()));
        let Sighting { tenant, observed } = self.look(remote, &lock, &view).await?;
        let key = FingerprintKey::derive(&self.identity.organization);
        let remembered = view.remembered();
        let mut input = PlanInput {
            desired: desired.clone(),
            lock,
            observed: None,
            secrets: SecretFacts::default(),
            intents: view.intents,
            policy,
            other_user: false,
        };
        let compare = |input: &PlanInput, observed: &Observed| {
            let input = FactInput {
                desired: &input.desired,
                lock: &input.lock,
                observed,
                intents: &input.intents,
                missing: &view.missing,
                key: &key,
            };
            facts(&input, &mut secrets)
        };
        let (observed, evidence) = make_sure(remote, &mut input, observed, compare).await?;
        let keeps_old_key = keeps_old_key(&input.policy, &input.secrets);
        let credentials = self.credentials(&input.lock, &key, keeps_old_key)?;
        input.other_user = credentials.other_user;
        Ok(Gathered {
            header: self.header(&input.lock, &tenant, &credentials),
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

/// The fingerprints of a header, and what they tell.
struct CredentialPrints {
    check: Fingerprint,
    user: Fingerprint,
    /// The user secret is not the one that the lock file was written with.
    other_user: bool,
}

impl Session<'_> {
    fn credentials(
        &self,
        lock: &Lock,
        key: &FingerprintKey,
        keeps_old_key: bool,
    ) -> Result<CredentialPrints, SessionError> {
        let recorded_check = lock.header.check.as_ref().map(|it| &it.check);
        let rotated = recorded_check.is_some_and(|check| !key.made(check));
        let recorded_user = lock.header.api.as_ref().and_then(|api| api.user.as_ref());
        // Under another key nobody can tell.
        let other_user = !rotated
            && recorded_user.is_some_and(|user| !key.matches(user, self.identity.user.expose()));
        let check = match recorded_check {
            Some(check) if !rotated || keeps_old_key => check.clone(),
            _ => key.check()?,
        };
        let user = match recorded_user {
            Some(user) if !other_user && !rotated => user.clone(),
            _ => key.make(self.identity.user.expose())?,
        };
        Ok(CredentialPrints {
            check,
            user,
            other_user,
        })
    }

    fn header(&self, lock: &Lock, tenant: &Tenant, prints: &CredentialPrints) -> LockHeader {
        let recorded = lock.header.api.as_ref().and_then(|api| api.organization);
        LockHeader {
            inventory: self.desired.inventory.clone(),
            api: Some(LockedApi {
                url: self.identity.url.clone(),
                organization: tenant.organization.or(recorded),
                user: Some(prints.user.clone()),
            }),
            check: Some(KeyCheck {
                check: prints.check.clone(),
            }),
        }
    }
}

/// After a rotation of the organization secret: whether fingerprints under the old key stay in the
/// lock file. Those of secrets that are neither sent nor accepted do, so the key check has to.
fn keeps_old_key(policy: &Policy, facts: &SecretFacts) -> bool {
    policy.secrets == Resend::Compare && facts.is_key_rotated()
}
