//! What to do with each secret. Secrets are compared by fingerprint and sent only if necessary.

use std::collections::BTreeMap;

use super::super::Resend;
use super::super::planner::Planner;
use super::super::subject::Declared;
use crate::model::{
    DesiredValue, LockedInstance, ObservedInstance, Reason, SecretFact, VersusLock, VersusPlatform,
};

/// What to do with one secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// It is unchanged.
    Leave,
    /// It is unchanged, and the platform keeps another value instead.
    LeaveRewritten,
    /// Record the value on the platform as the present one.
    Accept,
    Send(Reason),
    /// Keep what is recorded: there were no credentials.
    NotCompared,
    /// Keep what is recorded: its fingerprint was made with another key.
    KeyRotated,
    /// Keep what is recorded: it was to be accepted but differs on the platform.
    NotAccepted,
}

/// What the decision about one secret depends on besides the facts.
#[derive(Clone, Copy, Debug)]
struct Circumstances {
    mode: SecretMode,
    /// The vendor rejected the credentials of the instance, and it is not known which were sent:
    /// they are sent once more.
    repair: bool,
    /// The lock file records the instance without this secret.
    newly_declared: bool,
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

impl Planner<'_> {
    /// Decides about every secret of an existing instance.
    pub(super) fn secrets(
        &self,
        declared: Declared<'_>,
        seen: &ObservedInstance,
    ) -> BTreeMap<String, Decision> {
        let Declared { subject, desired } = declared;
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
                newly_declared: entry.is_some_and(|entry| !entry.secrets.contains_key(name)),
            };
            let fact = self.input.secrets.get(subject.key, seen.id, name);
            decisions.insert(name.clone(), decide(fact, circumstances));
        }
        decisions
    }
}

fn decide(fact: SecretFact, circumstances: Circumstances) -> Decision {
    use Decision::{Accept, KeyRotated, Leave, LeaveRewritten, NotAccepted, NotCompared, Send};
    use {VersusLock as Lock, VersusPlatform as Platform};

    let Circumstances {
        mode,
        repair,
        newly_declared,
    } = circumstances;
    if mode == SecretMode::Send {
        return Send(Reason::SecretResent);
    }
    if repair && mode == SecretMode::Compare && fact.versus_lock != Lock::NotCompared {
        return Send(Reason::Invalid);
    }
    let accepts = mode == SecretMode::Accept;
    match (fact.versus_lock, fact.versus_platform) {
        (Lock::Same, Platform::Same | Platform::Hidden) => Leave,
        (Lock::Same, Platform::Rewritten) => LeaveRewritten,
        // The secret is new in the manifest, which is known even without its value.
        (Lock::NotCompared, _) if newly_declared => Send(Reason::ConfigurationChanged),
        (Lock::NotCompared, _) => NotCompared,
        // It differs visibly, so recording it as correct would only hide that until the next plan.
        (_, Platform::Differs | Platform::Rewritten) if accepts => NotAccepted,
        (_, Platform::Same | Platform::Hidden) if accepts => Accept,
        // The key check of the lock file changes only once all secrets are recorded under the new
        // key. Until then, a single new fingerprint could not be compared either.
        (Lock::KeyRotated, _) => KeyRotated,
        (Lock::Changed | Lock::Unverified | Lock::NotRecorded, Platform::Same) => Accept,
        (Lock::Same, Platform::Differs) => Send(Reason::Drifted),
        // The value that is kept belongs to the one that was sent before.
        (Lock::Changed, Platform::Differs | Platform::Rewritten | Platform::Hidden) => {
            Send(Reason::SecretChanged)
        }
        (Lock::NotRecorded, Platform::Differs | Platform::Rewritten | Platform::Hidden)
            if newly_declared =>
        {
            Send(Reason::ConfigurationChanged)
        }
        (
            Lock::Unverified | Lock::NotRecorded,
            Platform::Differs | Platform::Rewritten | Platform::Hidden,
        ) => Send(Reason::SecretUnverified),
    }
}
