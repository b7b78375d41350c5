//! Whether manifest, lock file, credentials and command line belong together.

use std::collections::BTreeSet;

use super::error::{Mismatch, SessionError};
use super::scope::Session;
use crate::lockfile::LockView;
use crate::model::{Desired, InstanceKey, InventoryMove, Lock, Tenant};
use crate::reconcile::{Policy, Resend, Selection, recipients_missing};

impl Session<'_> {
    /// The lock file belongs to this inventory.
    pub(super) fn same_inventory(&self, lock: &Lock) -> Result<(), Mismatch> {
        let (recorded, declared) = (&lock.header.inventory, &self.desired.inventory);
        if recorded == declared {
            return Ok(());
        }
        Err(Mismatch::Inventory {
            recorded: recorded.clone(),
            declared: declared.clone(),
        })
    }

    /// No rename of the inventory is half done: some instances have markers of the other name.
    pub(super) fn not_moving(&self, view: &LockView) -> Result<(), Mismatch> {
        match view.moving.clone() {
            None => Ok(()),
            Some(InventoryMove { from, to }) => Err(Mismatch::Moving { from, to }),
        }
    }

    /// Entries may be recorded in the lock file, as a plan would check it.
    ///
    /// # Errors
    /// It belongs to another inventory, or its tokens are sealed and those recorded now would not be.
    pub(super) fn may_record(&self, lock: &Lock) -> Result<(), SessionError> {
        self.same_inventory(lock)?;
        match recipients_missing(self.desired, lock) {
            Some(refusal) => Err(SessionError::Refused(vec![refusal])),
            None => Ok(()),
        }
    }

    /// The lock file belongs to this platform.
    pub(super) fn same_url(&self, lock: &Lock) -> Result<(), Mismatch> {
        let used = &self.identity.url;
        match &lock.header.api {
            Some(api) if api.url != *used => Err(Mismatch::Url {
                recorded: api.url.clone(),
                used: used.clone(),
            }),
            _ => Ok(()),
        }
    }

    /// The credentials belong to the tenant that the manifest pins and the lock file records.
    pub(super) fn same_tenant(&self, lock: &Lock, tenant: &Tenant) -> Result<(), Mismatch> {
        if let Some(pinned) = self.desired.api.organization
            && !self.identity.is_sandbox
        {
            match tenant.organization {
                Some(found) if pinned == found => {}
                Some(found) => return Err(Mismatch::Pin { pinned, found }),
                None => return Err(Mismatch::PinUnreadable { pinned }),
            }
        }
        let recorded = lock.header.api.as_ref().and_then(|api| api.organization);
        match (recorded, tenant.organization) {
            (Some(recorded), Some(found)) if recorded != found => {
                Err(Mismatch::Organization { recorded, found })
            }
            _ => Ok(()),
        }
    }
}

/// What the options name has to exist in the manifest or the lock file: a typing error would otherwise
/// apply nothing, or too much, and look like success.
///
/// # Errors
/// [`SessionError::NoSuchInstance`], [`SessionError::NothingSelected`].
pub(crate) fn selection(
    policy: &Policy,
    desired: &Desired,
    lock: Option<&Lock>,
) -> Result<(), SessionError> {
    let recorded = lock.into_iter().flat_map(|lock| lock.instances.keys());
    let known: BTreeSet<&InstanceKey> = desired.instances.keys().chain(recorded).collect();
    if let Resend::Send(patterns) = &policy.secrets {
        each_matches("--resend-secrets", patterns, &known)?;
    }
    for (option, keys) in [
        ("--replace", &policy.replace),
        ("--assume-absent", &policy.assume_absent),
    ] {
        if let Some(key) = keys.iter().find(|key| !known.contains(key)) {
            return Err(SessionError::no_such_instance(option, key.as_str(), known));
        }
    }
    selects(&policy.selection, &known)
}

/// Each pattern selects a known key, and together they leave one.
///
/// # Errors
/// [`SessionError::NoSuchInstance`], [`SessionError::NothingSelected`].
pub(crate) fn selects(
    selection: &Selection,
    known: &BTreeSet<&InstanceKey>,
) -> Result<(), SessionError> {
    let Selection { targets, excludes } = selection;
    each_matches("--target", targets, known)?;
    each_matches("--exclude", excludes, known)?;
    let mut keys = known.iter();
    if selection.is_everything() || keys.any(|key| selection.includes(key.as_str())) {
        Ok(())
    } else {
        Err(SessionError::NothingSelected)
    }
}

fn each_matches(
    option: &'static str,
    patterns: &BTreeSet<String>,
    known: &BTreeSet<&InstanceKey>,
) -> Result<(), SessionError> {
    for pattern in patterns {
        let one = Selection {
            targets: [pattern.clone()].into(),
            ..Selection::default()
        };
        // `*` may match nothing: an empty manifest is not a typing error.
        if pattern != "*" && !known.iter().any(|key| one.includes(key.as_str())) {
            let known = known.iter().copied();
            return Err(SessionError::no_such_instance(option, pattern, known));
        }
    }
    Ok(())
}
