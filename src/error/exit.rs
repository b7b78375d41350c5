//! The exit codes; `docs/exit-codes.md` has the same table, and a test holds one against the other.

use std::process::ExitCode;

use crate::model::{ApplyReport, OutcomeKind, StepOutcome};

/// How the process ends: the discriminant is the code, `TABLE` says what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    Success = 0,
    Failed = 1,
    Changes = 2,
    Partial = 3,
    Unknown = 4,
    Refused = 5,
    Stale = 6,
    Authentication = 7,
    Usage = 8,
    Lock = 9,
    Interrupted = 130,
}

/// Where several apply, the last of these wins.
const BY_SEVERITY: [Exit; 11] = [
    Exit::Success,
    Exit::Changes,
    Exit::Failed,
    Exit::Partial,
    Exit::Interrupted,
    Exit::Unknown,
    Exit::Refused,
    Exit::Stale,
    Exit::Authentication,
    Exit::Usage,
    Exit::Lock,
];

impl Exit {
    /// Every code with its meaning, in numeric order.
    pub const TABLE: &'static [(Self, &'static str)] = &[
        (Self::Success, "done, or nothing to do"),
        (Self::Failed, "failed; nothing was changed"),
        (
            Self::Changes,
            "changes pending (`--detailed-exitcode` only; `drift`, `lock verify`: a difference)",
        ),
        (Self::Partial, "partly applied; see the report"),
        (
            Self::Unknown,
            "the outcome of a request is unknown; run `apply` again",
        ),
        (Self::Refused, "refused by a guard or by protection"),
        (
            Self::Stale,
            "stale plan, the lock is held, or the lock file was changed during the run",
        ),
        (
            Self::Authentication,
            "authentication failed, or wrong organization",
        ),
        (Self::Usage, "invalid manifest or usage"),
        (
            Self::Lock,
            "lock file damaged, from a newer version, or cannot be decrypted",
        ),
        (Self::Interrupted, "interrupted cleanly"),
    ];

    pub fn code(self) -> u8 {
        self as u8
    }

    /// The code that the outcomes of an apply come to.
    pub fn of(report: &ApplyReport) -> Self {
        let any = |kind: OutcomeKind| {
            let mut outcomes = report.outcomes.iter();
            outcomes.any(|outcome| outcome.outcome == kind)
        };
        let mut exit = Self::Success;
        if any(OutcomeKind::Failed) || any(OutcomeKind::Skipped) {
            exit = Self::least(report);
        }
        if report.interrupted {
            exit = exit.or_worse(Self::Interrupted);
        }
        if any(OutcomeKind::Unknown) {
            exit = exit.or_worse(Self::Unknown);
        }
        exit
    }

    /// The mildest code of a run that failed after these outcomes.
    pub(super) fn least(report: &ApplyReport) -> Self {
        let has_changed =
            |outcome: &StepOutcome| outcome.outcome == OutcomeKind::Applied || outcome.changed;
        if report.outcomes.iter().any(has_changed) {
            Self::Partial
        } else {
            Self::Failed
        }
    }

    /// The one of two that wins.
    #[must_use]
    pub fn or_worse(self, other: Self) -> Self {
        let severity = |exit| BY_SEVERITY.iter().position(|known| *known == exit);
        if severity(self) >= severity(other) {
            self
        } else {
            other
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests;
