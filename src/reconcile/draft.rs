//! The lock entry to record after a step, and how its lifecycle is shown.

use std::collections::BTreeMap;

use serde_json::Value;

use super::normalize::declared;
use crate::model::{
    DesiredInstance, DesiredValue, Lifecycle, LockEntryDraft, LockedInstance, SecretRecord,
};

/// The declared part of a lock entry.
pub(super) fn draft(
    desired: &DesiredInstance,
    record: impl Fn(&str) -> SecretRecord,
) -> LockEntryDraft {
    let mut configuration = BTreeMap::new();
    let mut secrets = BTreeMap::new();
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
        element: desired.element.clone(),
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
        // Another element is replaced, and not recorded.
        element: _,
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

/// Whether the lock file has the value of a configuration key as a secret.
pub(super) fn was_secret(locked: Option<&LockedInstance>, name: &str) -> bool {
    locked.is_some_and(|entry| entry.secrets.contains_key(name))
}

/// The lifecycle as fields of a change.
pub(super) fn lifecycle_fields(lifecycle: &Lifecycle) -> [(&'static str, Value); 3] {
    let Lifecycle {
        protect,
        on_remove,
        moved_from: _,
        ignore_changes,
    } = lifecycle;
    let on_remove = serde_json::to_value(on_remove).unwrap_or_default();
    [
        ("lifecycle.protect", (*protect).into()),
        ("lifecycle.onRemove", on_remove),
        (
            "lifecycle.ignoreChanges",
            ignore_changes.iter().cloned().collect(),
        ),
    ]
}
