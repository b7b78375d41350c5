//! What is done about each secret: it is compared by fingerprint, and sent only where it has to be.

use super::{PlanInput, Resend};
use crate::model::plan::SecretRecord;
use crate::model::{InstanceKey, Reason, SecretFact, VersusLock, VersusPlatform};

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

/// Why a secret could not be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Uncompared {
    NoCredentials,
    KeyRotated,
}

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

/// Decides about one secret of an instance that exists.
pub(super) fn decide(
    input: &PlanInput,
    key: &InstanceKey,
    fact: SecretFact,
    recorded: Entry,
    repair: bool,
) -> Decision {
    if input.policy.secrets.sends(key) {
        return send(Reason::SecretResent);
    }
    if repair {
        return send(Reason::Invalid);
    }
    let SecretFact {
        versus_lock,
        versus_platform,
    } = fact;
    let accepts = input.policy.secrets == Resend::Accept;
    match (versus_lock, versus_platform) {
        (VersusLock::Same, VersusPlatform::Same | VersusPlatform::Hidden) => SAME,
        (VersusLock::NotCompared, _) => Decision {
            record: SecretRecord::Keep,
            uncompared: Some(Uncompared::NoCredentials),
            ..SAME
        },
        (_, VersusPlatform::Differs) if accepts => TAKE_AS_IS,
        (VersusLock::Same, VersusPlatform::Differs) => send(Reason::Drifted),
        (_, VersusPlatform::Same) => TAKE_AS_IS,
        (_, _) if accepts => TAKE_AS_IS,
        (VersusLock::KeyRotated, _) => Decision {
            record: SecretRecord::Keep,
            uncompared: Some(Uncompared::KeyRotated),
            ..SAME
        },
        (VersusLock::Changed, _) => send(Reason::SecretChanged),
        (VersusLock::Unverified, _) => send(Reason::SecretUnverified),
        (VersusLock::NotRecorded, _) => send(match recorded {
            Entry::There => Reason::ConfigurationChanged,
            Entry::None => Reason::SecretUnverified,
        }),
    }
}

/// Whether the instance is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    There,
    None,
}
