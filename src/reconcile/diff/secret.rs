//! What is done about each secret: it is compared by fingerprint, and sent only where it has to be.

use std::collections::BTreeMap;

use super::super::Resend;
use super::super::planner::Planner;
use super::super::subject::Subject;
use crate::model::{
    DesiredInstance, DesiredValue, LockedInstance, ObservedInstance, Reason, SecretFact,
    SecretRecord, VersusLock, VersusPlatform,
};

/// What is done about one secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decision {
    /// Why it is sent; `None` where it is not.
    pub(super) send: Option<Reason>,
    pub(super) record: SecretRecord,
    /// Whether the entry changes although nothing is sent.
    pub(super) rerecord: bool,
    pub(super) uncompared: Option<Uncompared>,
}

/// Why a secret was not compared, or not taken as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Uncompared {
    NoCredentials,
    KeyRotated,
    /// It was to be accepted, and visibly is another.
    NotAccepted,
}

/// A secret that is as it should be.
const SAME: Decision = Decision {
    send: None,
    record: SecretRecord::Present,
    rerecord: false,
    uncompared: None,
};

const TAKE_AS_IS: Decision = Decision {
    rerecord: true,
    ..SAME
};

fn send(reason: Reason) -> Decision {
    Decision {
        send: Some(reason),
        ..SAME
    }
}

fn leave(why: Uncompared) -> Decision {
    Decision {
        record: SecretRecord::Keep,
        uncompared: Some(why),
        ..SAME
    }
}

/// What the decision about one secret depends on, besides the facts.
#[derive(Clone, Copy, Debug)]
struct Circumstances {
    mode: SecretMode,
    /// The instance was made but refused by the vendor: its own credentials are sent once more.
    repair: bool,
    entry: Entry,
}

/// What the caller asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SecretMode {
    Compare,
    /// Send it, whatever its fingerprint says.
    Send,
    /// What the platform has is right.
    Accept,
}

/// What is recorded of the instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    /// It, and this secret.
    WithSecret,
    /// It, without this secret.
    WithoutSecret,
    /// Nothing.
    None,
}

impl Planner<'_> {
    /// Decides about every secret of an instance that exists.
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
            // What was sent to an instance that is not valid was refused by the vendor, so sending it
            // for ever mends nothing; what nobody knows to have arrived is sent once.
            let is_known = |entry: &LockedInstance| entry.secrets.get(name) != Some(&None);
            let circumstances = Circumstances {
                // What is ignored is not sent, so it can only be taken as it is.
                mode: match mode {
                    SecretMode::Send if ignored => SecretMode::Compare,
                    mode => mode,
                },
                repair: !seen.valid && !ignored && !entry.is_some_and(is_known),
                entry: match entry {
                    Some(entry) if entry.secrets.contains_key(name) => Entry::WithSecret,
                    Some(_) => Entry::WithoutSecret,
                    None => Entry::None,
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
        // Even without its value it is plain that the manifest asks for one secret more.
        (Lock::NotCompared, _) if entry == Entry::WithoutSecret => {
            send(Reason::ConfigurationChanged)
        }
        (Lock::NotCompared, _) => leave(Uncompared::NoCredentials),
        // Recording it as right would be a lie that the next plan finds out.
        (_, Platform::Differs) if accepts => leave(Uncompared::NotAccepted),
        (_, Platform::Same | Platform::Hidden) if accepts => TAKE_AS_IS,
        // One of them recorded anew would not change the key that the others were recorded under,
        // so the next run could not compare it either.
        (Lock::KeyRotated, _) => leave(Uncompared::KeyRotated),
        (Lock::Changed | Lock::Unverified | Lock::NotRecorded, Platform::Same) => TAKE_AS_IS,
        (Lock::Same, Platform::Differs) => send(Reason::Drifted),
        (Lock::Changed, Platform::Differs | Platform::Hidden) => send(Reason::SecretChanged),
        (Lock::Unverified, Platform::Differs | Platform::Hidden) => send(Reason::SecretUnverified),
        (Lock::NotRecorded, Platform::Differs | Platform::Hidden) => send(match entry {
            Entry::WithSecret | Entry::WithoutSecret => Reason::ConfigurationChanged,
            Entry::None => Reason::SecretUnverified,
        }),
    }
}
