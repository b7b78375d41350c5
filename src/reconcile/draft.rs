//! The lock entry to record after a step.

use crate::model::{
    DesiredInstance, DesiredValue, Lifecycle, LockEntryDraft, LockedInstance, SecretRecord,
};

use super::normalize::declared;

/// The declared part of a lock entry.
pub(super) fn draft(
    desired: &DesiredInstance,
    record: impl Fn(&str) -> SecretRecord,
) -> LockEntryDraft {
    let mut configuration = std::collections::BTreeMap::new();
    let mut secrets = std::collections::BTreeMap::new();
    for (name, value) in &desired.configuration {
        match value {
            DesiredValue::Plain(value) => {
                configuration.insert(name.clone(), declared(value));
            }
            DesiredValue::Secret(_) => {
                secrets.insert(name.clone(), record(name));
            }
        }
    }
    LockEntryDraft {
        name: desired.name.clone(),
        tags: desired.tags.clone(),
        configuration,
        secrets,
        enabled: desired.enabled,
        // A rename happens once, so it is not recorded.
        lifecycle: Lifecycle {
            moved_from: None,
            ..desired.lifecycle.clone()
        },
    }
}

/// Whether recording the draft would change the lock entry. Secrets are compared by name only:
/// whether their fingerprints change is decided per secret.
pub(super) fn differs(draft: &LockEntryDraft, locked: &LockedInstance) -> bool {
    let LockEntryDraft {
        name,
        tags,
        configuration,
        secrets,
        enabled,
        lifecycle,
    } = draft;
    *name != locked.name
        || *tags != locked.tags
        || *configuration != locked.configuration
        || !secrets.keys().eq(locked.secrets.keys())
        || *enabled != locked.enabled
        || *lifecycle != locked.lifecycle
}
