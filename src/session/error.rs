//! Why a run ends without success. What exit code that is decides `error`.

use std::collections::BTreeSet;

use crate::apply::Unproven;
use crate::diagnostic::{Capped, Diagnostics, Length, capped};
use crate::lockfile::LockError;
use crate::manifest::nearest;
use crate::model::{InstanceId, InstanceKey, InventoryName, Marker, OrganizationId, Refusal};
use crate::ports::{RemoteError, SinkError};
use crate::reconcile::Violation;
use crate::sealing::OpenError;
use crate::secrets::NoRandomness;

/// Why a run ends without success.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The results of this run are in the journal, and could not be written to the lock file.
    #[error("the lock file was not updated")]
    NotFolded(#[source] LockError),
    /// Nothing was sent that writes.
    #[error(transparent)]
    Journal(#[from] SinkError),
    #[error(transparent)]
    Remote(#[from] RemoteError),
    #[error("cannot resolve a reference in the manifest; nothing was sent")]
    Unresolved(Diagnostics),
    /// Under `--strict`; the warnings are of values, which were resolved.
    #[error(
        "a value in the manifest has a warning, which `--strict` makes an error; nothing was sent"
    )]
    Warned(Diagnostics),
    /// Of a value that is only needed after the first round of an apply.
    #[error("a value in the manifest cannot be used; only a part of the plan was applied")]
    UnresolvedLater(Diagnostics),
    /// Manifest, lock file and credentials do not belong together.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// A pattern or key of the command line that names nothing.
    #[error("`{option} {value}` matches no instance")]
    NoSuchInstance {
        option: &'static str,
        value: String,
        /// The known key that is closest, if any is close.
        nearest: Option<String>,
    },
    /// A selector that matches no instance of the platform.
    #[error("`--select {selector}` matches no instance")]
    NoSuchSelection {
        selector: String,
        /// What there is instead, the closest first.
        nearest: Vec<String>,
    },
    /// An id that no instance has.
    #[error("no instance has the id {0}")]
    NoSuchId(InstanceId),
    /// Each pattern matches, and together they leave no key.
    #[error("`--target` and `--exclude` leave no instance")]
    NothingSelected,
    /// A sealed token is needed.
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("cannot create fingerprints of secrets")]
    Randomness(#[from] NoRandomness),
    /// Neither the list nor a search shows whether an instance exists.
    #[error("cannot prove that no instance carries the marker `{marker}`; nothing was sent")]
    AbsenceUnproven {
        key: InstanceKey,
        marker: Marker,
        #[source]
        why: Unproven,
    },
    /// The same, where the lock file is rebuilt.
    #[error(
        "cannot prove that no instance carries the marker `{marker}`; the lock file was not changed"
    )]
    RebuildUnproven {
        key: InstanceKey,
        marker: Marker,
        #[source]
        why: Unproven,
    },
    /// The audit found a fault in a plan: a bug of this program.
    #[error("internal error: the plan failed its audit; nothing was sent")]
    BrokenPlan(Vec<Violation>),
    #[error("{}", refused(.0.len()))]
    Refused(Vec<Refusal>),
    #[error("not confirmed; nothing was changed")]
    Declined,
    /// A signal came before anything was sent that writes.
    #[error("interrupted; nothing was changed")]
    Interrupted,
    /// `--deadline` came before anything was sent that writes.
    #[error("the deadline came while the platform was being read; nothing was changed")]
    Deadline,
    #[error("cannot write to standard output")]
    Output(#[source] std::io::Error),
    #[error("cannot read the confirmation")]
    Question(#[source] std::io::Error),
}

/// Manifest, lock file and credentials do not belong together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    #[error("lock file belongs to inventory `{recorded}`, but the manifest declares `{declared}`")]
    Inventory {
        recorded: InventoryName,
        declared: InventoryName,
    },
    /// Its instances carry markers of both names.
    #[error(
        "inventory `{from}` is being renamed to `{to}`, and not every instance has its new marker"
    )]
    Moving {
        from: InventoryName,
        to: InventoryName,
    },
    #[error("lock file belongs to {recorded}, but the base URL is {used}")]
    Url { recorded: String, used: String },
    #[error("manifest requires organization {pinned}, but the credentials belong to {found}")]
    Pin {
        pinned: OrganizationId,
        found: OrganizationId,
    },
    /// The manifest pins a tenant, and the platform does not say whose the credentials are.
    #[error(
        "manifest requires organization {pinned}, but these credentials cannot read their organization"
    )]
    PinUnreadable { pinned: OrganizationId },
    #[error("lock file belongs to organization {recorded}, but the credentials belong to {found}")]
    Organization {
        recorded: OrganizationId,
        found: OrganizationId,
    },
}

/// Which keys an option may name.
fn known_keys(option: &str) -> String {
    match option {
        "--target" | "--exclude" | "--resend-secrets" => {
            "use a key from the manifest or the lock file; `*` matches any text".to_owned()
        }
        "KEY" => "use a recorded key, as `connectorctl list` shows them".to_owned(),
        _ => "use a key from the manifest or the lock file".to_owned(),
    }
}

/// Of many refusals of one kind, the first: the plan before the error has all of them.
fn of_kind(refusals: &[Refusal]) -> Capped<'_, Refusal> {
    capped(Length::Short, refusals, |refusal| refusal.code.as_str())
}

fn refused(reasons: usize) -> String {
    match reasons {
        1 => "plan refused; nothing was changed".to_owned(),
        many => format!("plan refused for {many} reasons; nothing was changed"),
    }
}

impl SessionError {
    pub(crate) fn no_such_instance<'k>(
        option: &'static str,
        value: &str,
        known: impl IntoIterator<Item = &'k InstanceKey>,
    ) -> Self {
        let known = known.into_iter().map(InstanceKey::as_str);
        Self::NoSuchInstance {
            option,
            value: value.to_owned(),
            nearest: nearest(value, known).map(str::to_owned),
        }
    }

    pub(super) fn no_such_selection(
        selector: String,
        pattern: &str,
        known: &BTreeSet<String>,
    ) -> Self {
        let near = nearest(pattern, known.iter().map(String::as_str)).map(str::to_owned);
        let others = known.iter().filter(|known| Some(*known) != near.as_ref());
        Self::NoSuchSelection {
            selector,
            nearest: near.iter().chain(others).take(5).cloned().collect(),
        }
    }

    /// What the reader can do about it.
    pub fn hints(&self) -> Vec<String> {
        let one = |hint: &str| vec![hint.to_owned()];
        match self {
            Self::Lock(error) => error.hint().into_iter().collect(),
            Self::NotFolded(error) => error
                .hint()
                .into_iter()
                .chain(one("run `apply` again: every recorded result is in the journal beside the lock file and will be merged"))
                .collect(),
            Self::Open(error) => vec![error.hint()],
            Self::Remote(error) => error.hint.clone().into_iter().collect(),
            Self::Mismatch(mismatch) => mismatch.hint().into_iter().collect(),
            Self::NoSuchInstance { nearest: Some(key), .. } => vec![format!("did you mean `{key}`?")],
            Self::NoSuchInstance { nearest: None, option, .. } => vec![known_keys(option)],
            Self::NoSuchSelection { nearest, .. } if nearest.is_empty() => {
                one("the platform has nothing to select; check the credentials")
            }
            Self::NoSuchSelection { nearest, .. } => {
                vec![format!("use one of `{}`; `*` matches any text", nearest.join("`, `"))]
            }
            Self::NoSuchId(_) => one("check the id, and whether these credentials see the instance"),
            Self::NothingSelected => one("exclude fewer keys, or select others"),
            Self::AbsenceUnproven { key, marker, .. } => vec![format!(
                "look on the platform for an instance with the tag `{marker}`; if there is none, pass `--assume-absent {key}`"
            )],
            Self::RebuildUnproven { key, marker, .. } => vec![format!(
                "run `lock rebuild` again; if that does not help, look on the platform for an instance with the \
                 tag `{marker}`; if there is none, leave `{key}` out of the manifest until the lock file is rebuilt"
            )],
            Self::BrokenPlan(_) => one("report this message together with the plan"),
            Self::Refused(refusals) => {
                let Capped { shown, .. } = of_kind(refusals);
                let mut known = BTreeSet::new();
                let hints = shown.into_iter().map(|refusal| &refusal.hint);
                hints.filter(|hint| known.insert(*hint)).cloned().collect()
            }
            Self::Deadline => one("pass a longer `--deadline`, or check the platform"),
            Self::Unresolved(_)
            | Self::Warned(_)
            | Self::UnresolvedLater(_)
            | Self::Journal(_)
            | Self::Randomness(_)
            | Self::Declined
            | Self::Interrupted
            | Self::Output(_)
            | Self::Question(_) => Vec::new(),
        }
    }

    /// What is wrong one by one, where it is more than one chain of causes.
    pub fn details(&self) -> Vec<String> {
        match self {
            Self::BrokenPlan(violations) => violations
                .iter()
                .map(|violation| format!("{}: {}", violation.key, violation.what))
                .collect(),
            Self::Refused(refusals) => {
                let Capped { shown, left_out } = of_kind(refusals);
                let one = |refusal: &Refusal| match &refusal.key {
                    Some(key) => format!("{key}: {}", refusal.message),
                    None => refusal.message.clone(),
                };
                shown.into_iter().map(one).chain(left_out).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl Mismatch {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Inventory { declared, .. } => Some(format!(
                "restore the old name, run `connectorctl lock move --to {declared}` to rename the inventory, or pass `--lock` to use a separate lock file"
            )),
            Self::Moving { from, to } => Some(format!(
                "set `inventory: {to}` in the manifest and run `connectorctl lock move --to {to}` again; `--to {from}` takes it back"
            )),
            Self::Url { .. } => Some(
                "use the URL the lock file was written for, or pass `--lock` to use a separate lock file".to_owned(),
            ),
            Self::Pin { .. } | Self::PinUnreadable { .. } | Self::Organization { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RefusalCode;

    #[test]
    fn many_refusals_are_a_few_lines() {
        let refusal = |number: usize| Refusal {
            code: RefusalCode::ForeignMarker,
            key: InstanceKey::new(format!("k{number}")).ok(),
            message: "is claimed".to_owned(),
            hint: format!("select `k{number}`, too"),
        };
        let error = SessionError::Refused((0..200_000).map(refusal).collect());
        assert_eq!((error.details().len(), error.hints().len()), (21, 20));
    }
}
