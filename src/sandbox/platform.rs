//! The platform as one value: its state, the assumptions it is made of, and the faults in force.
//! Must not: route a request (`handler` does) or know a socket or a clock.

use super::assumptions::Assumptions;
use super::fault_spec::{Fault, FaultKind};
use super::faults::Faults;
use super::request_log::RequestLog;
use super::sealed::sealed;
use super::state::{PlatformState, StoredInstance};

/// Where the platform's randomness comes from.
#[derive(Clone, Debug)]
pub enum Seed {
    /// The same ids, tokens and secrets in every run.
    Fixed(u64),
    /// The operating system.
    Random,
}

#[derive(Debug)]
pub struct Platform {
    pub(super) state: PlatformState,
    pub(super) assumptions: Assumptions,
    pub(super) faults: Faults,
    pub(super) requests: RequestLog,
    pub(super) now_ms: u64,
    /// How many reads were answered: volatile values are derived from it.
    reads: u64,
    /// How many requests may have changed the state.
    pub(super) changes: u64,
    /// Whether there are admin routes.
    pub(super) has_admin: bool,
}

impl Platform {
    /// A new platform.
    ///
    /// # Errors
    /// If the operating system has no randomness.
    pub fn new(
        seed: &Seed,
        assumptions: Assumptions,
        faults: Vec<Fault>,
    ) -> Result<Self, getrandom::Error> {
        let seed = match seed {
            Seed::Fixed(number) => format!("seed {number}"),
            Seed::Random => {
                let mut bytes = [0_u8; 32];
                getrandom::fill(&mut bytes)?;
                blake3::hash(&bytes).to_hex().to_string()
            }
        };
        Ok(Self::from_state(
            PlatformState::new(seed),
            assumptions,
            faults,
        ))
    }

    pub(super) fn from_state(
        state: PlatformState,
        assumptions: Assumptions,
        faults: Vec<Fault>,
    ) -> Self {
        Self {
            state,
            assumptions,
            faults: Faults::new(faults),
            requests: RequestLog::default(),
            now_ms: 0,
            reads: 0,
            changes: 0,
            has_admin: true,
        }
    }

    /// The secrets of the first user and its organization.
    pub fn credentials(&self) -> (String, String) {
        let user = self.state.users.first();
        let organization = self.state.organizations.first();
        (
            user.map(|user| user.secret.clone()).unwrap_or_default(),
            organization
                .map(|organization| organization.secret.clone())
                .unwrap_or_default(),
        )
    }

    /// What asks for the admin routes, as `Authorization: Bearer TOKEN`.
    pub fn admin_token(&self) -> String {
        self.state.random.admin_token()
    }

    /// The whole state as JSON, for the state file.
    pub(super) fn serialized_state(&self) -> Vec<u8> {
        serde_json::to_vec(&sealed(&self.state)).unwrap_or_default()
    }

    /// Counts a read of instances; the values derived from it, where a fault asks for them.
    pub(super) fn next_read(&mut self) -> Option<u64> {
        self.reads += 1;
        self.faults.has(FaultKind::Volatile).then_some(self.reads)
    }

    /// Replaces the instance with the same id by this version of it.
    pub(super) fn replace(&mut self, next: StoredInstance) {
        let lag_ms = self.faults.longest_ms(FaultKind::ChangeLag);
        if let Some(instance) = self.state.instances.get_mut(&next.id) {
            instance.supersede(next, self.now_ms, lag_ms);
        }
    }
}
