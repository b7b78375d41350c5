//! One instance as it stands in the lock file and in the journal.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::{Element, Fingerprint, InstanceId, Lifecycle, LockedInstance, Secret};

/// The stored form of [`LockedInstance`]; members in the order they are written.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Entry {
    id: InstanceId,
    token: String,
    element: Element,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tags: Option<BTreeSet<String>>,
    configuration: BTreeMap<String, String>,
    secrets: BTreeMap<String, Option<Fingerprint>>,
    enabled: bool,
    valid: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created_date: Option<String>,
    lifecycle: Lifecycle,
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
        } = instance;
        Self {
            id: *id,
            // The one place where a token becomes text again: the lock file is where it belongs.
            token: token.expose().to_owned(),
            element: element.clone(),
            name: name.clone(),
            tags: tags.clone(),
            configuration: configuration.clone(),
            secrets: secrets.clone(),
            enabled: *enabled,
            valid: *valid,
            created_date: created_date.clone(),
            lifecycle: lifecycle.clone(),
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
        Self {
            id,
            token: Secret::new(token),
            element,
            name,
            tags,
            configuration,
            secrets,
            enabled,
            valid,
            created_date,
            lifecycle,
        }
    }
}
