//! The exit codes; `docs/exit-codes.md` has the same table, and a test holds one against the other.

use std::process::ExitCode;

use crate::model::{ApplyReport, OutcomeKind};

/// How the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done, or nothing to do.
    Success,
    /// Failed, nothing was changed.
    Failed,
    /// Changes are pending.
    Changes,
    /// Applied in part.
    Partial,
    /// An outcome is unknown.
    Unknown,
    /// Refused by a guard or by protection.
    Refused,
    /// The plan is stale, or the lock is held.
    Stale,
    /// Authentication failed, or the tenant is another.
    Authentication,
    /// Invalid manifest or usage.
    Usage,
    /// The lock file cannot be used.
    Lock,
    /// Interrupted, cleanly.
    Interrupted,
}

impl Exit {
    /// Every code with its meaning, in numeric order.
    pub const TABLE: &'static [(Self, &'static str)] = &[
        (Self::Success, "done, or nothing to do"),
        (Self::Failed, "failed, nothing was changed"),
        (
            Self::Changes,
            "changes pending (`--detailed-exitcode` only; `lock verify`: a difference)",
        ),
        (Self::Partial, "applied in part; the report says what"),
        (
            Self::Unknown,
            "an outcome is unknown; run `apply` again to settle it",
        ),
        (Self::Refused, "refused by a guard or by protection"),
        (Self::Stale, "stale plan, or the lock is held"),
        (
            Self::Authentication,
            "authentication failed, or the tenant is not the pinned one",
        ),
        (Self::Usage, "invalid manifest or usage"),
        (
            Self::Lock,
            "lock file damaged, from a newer version, or cannot be decrypted",
        ),
        (Self::Interrupted, "interrupted, cleanly"),
    ];

    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failed => 1,
            Self::Changes => 2,
            Self::Partial => 3,
            Self::Unknown => 4,
            Self::Refused => 5,
            Self::Stale => 6,
            Self::Authentication => 7,
            Self::Usage => 8,
            Self::Lock => 9,
            Self::Interrupted => 130,
        }
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
        let mut outcomes = report.outcomes.iter();
        if outcomes.any(|outcome| outcome.outcome == OutcomeKind::Applied) {
            Self::Partial
        } else {
            Self::Failed
        }
    }

    /// Where several apply, the first of 9, 8, 7, 6, 5, 4, 130, 3, 1 wins.
    #[must_use]
    pub fn or_worse(self, other: Self) -> Self {
        if self.rank() >= other.rank() {
            self
        } else {
            other
        }
    }

    fn rank(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Changes => 1,
            Self::Failed => 2,
            Self::Partial => 3,
            Self::Interrupted => 4,
            Self::Unknown => 5,
            Self::Refused => 6,
            Self::Stale => 7,
            Self::Authentication => 8,
            Self::Usage => 9,
            Self::Lock => 10,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worse_code_wins_in_the_documented_order() {
        let order = [130, 4, 5, 6, 7, 8, 9];
        let by_code = |code: u8| {
            Exit::TABLE
                .iter()
                .map(|(exit, _)| *exit)
                .find(|exit| exit.code() == code)
                .expect("a code of the table")
        };
        for pair in order.windows(2) {
            let (milder, worse) = (by_code(pair[0]), by_code(pair[1]));
            assert_eq!(milder.or_worse(worse), worse);
            assert_eq!(worse.or_worse(milder), worse);
        }
        assert_eq!(Exit::Failed.or_worse(Exit::Partial), Exit::Partial);
    }
}
