//! What to do with each secret. Secrets are compared by fingerprint and sent only if necessary.

use std::collections::BTreeMap;

use super::super::Resend;
use super::super::planner::Planner;
use super::super::subject::Subject;
use crate::model::{
    DesiredInstance, DesiredValue, LockedInstance, ObservedInstance, Reason, SecretFact,
    SecretRecord, VersusLock, VersusPlatform,
};

/// What to do with one secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decision {
    /// Why it is sent; `None` if it is not.
    pub(super) send: Option<Reason>,
    pub(super) record: SecretRecord,
    /// Whether the fingerprint changes in the lock file although nothing is sent.
    pub(super) rerecord: bool,
    pub(super) uncompared: Option<Uncompared>,
}

/// Why a secret was not compared or not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Uncompared {
    NoCredentials,
    KeyRotated,
    /// It was to be accepted but differs on the platform.
    NotAccepted,
}

/// An unchanged secret.
const SAME: Decision = Decision {
    send: None,
    record: SecretRecord::Present,
    rerecord: false,
    uncompared: None,
};

const ACCEPT: Decision = Decision {
    rerecord: true,
    ..SAME
};

fn send(reason: Reason) -> Decision {
    Decision {
        send: Some(reason),
        ..SAME
    }
}

fn keep(why: Uncompared) -> Decision {
    Decision {
        record: SecretRecord::Keep,
        uncompared: Some(why),
        ..SAME
    }
}

/// What the decision about one secret depends on besides the facts.
#[derive(Clone, Copy, Debug)]
struct Circumstances {
    mode: SecretMode,
    /// The vendor rejected the credentials of the instance, and it is not known which were sent:
    /// they are sent once more.
    repair: bool,
    entry: EntryState,
}

/// What the caller wants done with secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SecretMode {
    Compare,
    /// Send them even if unchanged.
    Send,
    /// Record those on the platform as correct.
    Accept,
}

/// What the lock file records about the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EntryState {
    /// The instance, with this secret.
    WithSecret,
    /// The instance, without this secret.
    WithoutSecret,
    /// Nothing.
    None,
}

impl Planner<'_> {
    /// Decides about every secret of an existing instance.
    pub(super) fn secrets(
        &mut self,
        subject: &Subject<'_>,
        desired: &DesiredInstance,
        seen: &ObservedInstance,
    ) -> BTreeMap<String, Decision> {
        let entry = subject.locked.filter(|entry| entry.id == seen.id);
        let policy = &self.input.policy.secrets;
        let mode = if policy.sends(subject.key) {
            SecretMode::Send
        } else if *policy == Resend::Accept {
            SecretMode::Accept
        } else {
            SecretMode::Compare
        };
        let mut decisions = BTreeMap::new();
        for (name, value) in &desired.configuration {
            if !matches!(value, DesiredValue::Secret(_)) {
                continue;
            }
            let path = format!("configuration.{name}");
            let ignored = desired.lifecycle.ignore_changes.contains(&path);
            // If an instance is not valid, the vendor rejected what was sent last, so sending it on
            // every run repairs nothing. A secret that may never have arrived is sent once.
            let is_known = |entry: &LockedInstance| entry.secrets.get(name) != Some(&None);
            let circumstances = Circumstances {
                // An ignored secret is never sent, so it can only be accepted.
                mode: match mode {
                    SecretMode::Send if ignored => SecretMode::Compare,
                    mode => mode,
                },
                repair: !seen.valid && !ignored && !entry.is_some_and(is_known),
                entry: match entry {
                    Some(entry) if entry.secrets.contains_key(name) => EntryState::WithSecret,
                    Some(_) => EntryState::WithoutSecret,
                    None => EntryState::None,
                },
            };
            let fact = self.input.secrets.get(subject.key, seen.id, name);
            let decision = decide(fact, circumstances);
            match decision.uncompared {
                Some(Uncompared::NoCredentials) => self.out.not_compared += 1,
                Some(Uncompared::KeyRotated) => self.out.rotated += 1,
                Some(Uncompared::NotAccepted) | None => {}
            }
            decisions.insert(name.clone(), decision);
        }
        decisions
    }
}

fn decide(fact: SecretFact, circumstances: Circumstances) -> Decision {
    use {VersusLock as Lock, VersusPlatform as Platform};

    let Circumstances {
        mode,
        repair,
        entry,
    } = circumstances;
    if mode == SecretMode::Send {
        return send(Reason::SecretResent);
    }
    if repair && mode == SecretMode::Compare && fact.versus_lock != Lock::NotCompared {
        return send(Reason::Invalid);
    }
    let accepts = mode == SecretMode::Accept;
    match (fact.versus_lock, fact.versus_platform) {
        (Lock::Same, Platform::Same | Platform::Hidden) => SAME,
        // The secret is new in the manifest, which is known even without its value.
        (Lock::NotCompared, _) if entry == EntryState::WithoutSecret => {
            send(Reason::ConfigurationChanged)
        }
        (Lock::NotCompared, _) => keep(Uncompared::NoCredentials),
        // It differs visibly, so recording it as correct would only hide that until the next plan.
        (_, Platform::Differs) if accepts => keep(Uncompared::NotAccepted),
        (_, Platform::Same | Platform::Hidden) if accepts => ACCEPT,
        // The key check of the lock file changes only once all secrets are recorded under the new
        // key. Until then, a single new fingerprint could not be compared either.
        (Lock::KeyRotated, _) => keep(Uncompared::KeyRotated),
        (Lock::Changed | Lock::Unverified | Lock::NotRecorded, Platform::Same) => ACCEPT,
        (Lock::Same, Platform::Differs) => send(Reason::Drifted),
        (Lock::Changed, Platform::Differs | Platform::Hidden) => send(Reason::SecretChanged),
        (Lock::Unverified, Platform::Differs | Platform::Hidden) => send(Reason::SecretUnverified),
        (Lock::NotRecorded, Platform::Differs | Platform::Hidden) => send(match entry {
            EntryState::WithSecret | EntryState::WithoutSecret => Reason::ConfigurationChanged,
            EntryState::None => Reason::SecretUnverified,
        }),
    }
}
