//! Whether a lock file, a manifest and a platform belong together.

use crate::error::{CliError, Exit};
use crate::model::{Desired, InventoryName, Lock, Tenant};

/// The lock file belongs to this inventory.
pub(super) fn same_inventory(lock: Option<&Lock>, wanted: &InventoryName) -> Result<(), CliError> {
    match lock {
        Some(lock) if lock.header.inventory != *wanted => Err(CliError::new(
            Exit::Refused,
            format!(
                "the lock file belongs to the inventory `{}`, and the manifest is of `{wanted}`",
                lock.header.inventory
            ),
        )
        .hint("the marker of every instance names the inventory: put the old name back, or use a lock file of its own with --lock")),
        _ => Ok(()),
    }
}

/// The lock file belongs to this platform.
pub(super) fn same_url(lock: Option<&Lock>, url: &str) -> Result<(), CliError> {
    let recorded = lock
        .and_then(|lock| lock.header.api.as_ref())
        .map(|api| api.url.as_str());
    match recorded {
        Some(recorded) if recorded != url => Err(CliError::new(
            Exit::Authentication,
            format!("the lock file belongs to {recorded}, and this is {url}"),
        )
        .hint("one lock file records one platform: use the URL it was made for, or a lock file of its own with --lock")),
        _ => Ok(()),
    }
}

/// The credentials belong to the tenant that the manifest pins and the lock file records.
pub(super) fn same_tenant(
    lock: Option<&Lock>,
    desired: &Desired,
    tenant: &Tenant,
    is_sandbox: bool,
) -> Result<(), CliError> {
    let refused = |message: String| Err(CliError::new(Exit::Authentication, message));
    let pinned = desired.api.organization.filter(|_| !is_sandbox);
    match (pinned, tenant.organization) {
        (Some(pinned), Some(found)) if pinned != found => {
            return refused(format!(
                "the manifest is for organization {pinned}, and the credentials are of {found}"
            ));
        }
        (Some(pinned), None) => {
            return refused(format!(
                "the manifest is for organization {pinned}, and the credentials may not ask which theirs is"
            ));
        }
        _ => {}
    }
    let recorded = lock
        .and_then(|lock| lock.header.api.as_ref())
        .and_then(|api| api.organization);
    match (recorded, tenant.organization) {
        (Some(recorded), Some(found)) if recorded != found => refused(format!(
            "the lock file belongs to organization {recorded}, and the credentials are of {found}"
        )),
        _ => Ok(()),
    }
}
