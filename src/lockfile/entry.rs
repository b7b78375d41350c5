//! One instance as it stands in the lock file and in the journal.
//!
//! The stored forms are types of their own: each refuses a member it does not know, for what is not
//! read would be gone with the next write.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::unique::no_key_twice;
use crate::model::{
    Element, ElementId, ElementKey, Fingerprint, InstanceId, Lifecycle, LockedInstance, OnRemove,
    Secret,
};

/// The stored form of [`LockedInstance`]; members in the order they are written.
#[derive(Serialize, Deserialize)]
#[serde(
    rename_all = "camelCase",
    deny_unknown_fields,
    expecting = "an instance"
)]
pub(super) struct Entry {
    id: InstanceId,
    token: String,
    element: StoredElement,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tags: Option<BTreeSet<String>>,
    #[serde(deserialize_with = "no_key_twice")]
    configuration: BTreeMap<String, String>,
    #[serde(deserialize_with = "no_key_twice")]
    secrets: BTreeMap<String, Option<StoredFingerprint>>,
    enabled: bool,
    valid: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created_date: Option<String>,
    lifecycle: StoredLifecycle,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an element")]
struct StoredElement {
    key: ElementKey,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<ElementId>,
}

/// The stored form of [`Fingerprint`].
#[derive(Serialize, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a fingerprint, an object of `salt` and `fingerprint`"
)]
pub(super) struct StoredFingerprint {
    salt: String,
    fingerprint: String,
}

/// Without `movedFrom`: a rename is done once and then history.
#[derive(Serialize, Deserialize)]
#[serde(
    rename_all = "camelCase",
    deny_unknown_fields,
    expecting = "a lifecycle"
)]
struct StoredLifecycle {
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    ignore_changes: BTreeSet<String>,
    on_remove: OnRemove,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    protect: bool,
}

impl From<Fingerprint> for StoredFingerprint {
    fn from(Fingerprint { salt, fingerprint }: Fingerprint) -> Self {
        Self { salt, fingerprint }
    }
}

impl From<StoredFingerprint> for Fingerprint {
    fn from(StoredFingerprint { salt, fingerprint }: StoredFingerprint) -> Self {
        Self { salt, fingerprint }
    }
}

impl From<&LockedInstance> for Entry {
    fn from(instance: &LockedInstance) -> Self {
        let LockedInstance {
            id,
            token,
            element,
            name,
            tags,
            configuration,
            secrets,
            enabled,
            valid,
            created_date,
            lifecycle,
        } = instance.clone();
        let Element {
            key,
            id: element_id,
        } = element;
        let Lifecycle {
            protect,
            on_remove,
            moved_from: _,
            ignore_changes,
        } = lifecycle;
        Self {
            id,
            // The one place where a token becomes text again: the lock file is where it belongs.
            token: token.expose().to_owned(),
            element: StoredElement {
                key,
                id: element_id,
            },
            name,
            tags,
            configuration,
            secrets: secrets
                .into_iter()
                .map(|(name, secret)| (name, secret.map(StoredFingerprint::from)))
                .collect(),
            enabled,
            valid,
            created_date,
            lifecycle: StoredLifecycle {
                ignore_changes,
                on_remove,
                protect,
            },
        }
    }
}

impl From<Entry> for LockedInstance {
    fn from(entry: Entry) -> Self {
        let Entry {
            id,
            token,
            element,
            name,
            tags,
            configuration,
            secrets,
            enabled,
            valid,
            created_date,
            lifecycle,
        } = entry;
        let StoredElement {
            key,
            id: element_id,
        } = element;
        let StoredLifecycle {
            ignore_changes,
            on_remove,
            protect,
        } = lifecycle;
        Self {
            id,
            token: Secret::new(token),
            element: Element {
                key,
                id: element_id,
            },
            name,
            tags,
            configuration,
            secrets: secrets
                .into_iter()
                .map(|(name, secret)| (name, secret.map(Fingerprint::from)))
                .collect(),
            enabled,
            valid,
            created_date,
            lifecycle: Lifecycle {
                protect,
                on_remove,
                moved_from: None,
                ignore_changes,
            },
        }
    }
}
