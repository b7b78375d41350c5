//! Elements: those of the catalogue and those made by the tenant.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::text::plain;
use crate::catalog::{Catalog, ConfigurationKey, ElementEntry};
use crate::sandbox::reply::ApiError;
use crate::sandbox::state::{Element, OwnElements};

/// Ids of catalogue entries without a known id start here, above every documented one.
const FIRST_UNKNOWN_ID: u64 = 9_000;
/// Ids of the tenant's elements start here, above every id in the catalogue.
pub(in crate::sandbox) const FIRST_OWN_ID: u64 = 100_001;

static KNOWN: LazyLock<Vec<Element>> = LazyLock::new(|| {
    let entries = Catalog::embedded()
        .elements()
        .iter()
        .zip(FIRST_UNKNOWN_ID..);
    let known = |(entry, place): (&ElementEntry, u64)| Element {
        id: entry.id.unwrap_or(place),
        key: entry.key.clone(),
        name: entry.name.clone(),
        hub: entry.hub.clone().unwrap_or_else(|| "general".to_owned()),
        authentication: entry.authentication.clone(),
        active: true,
        cloned_from: Some(entry.key.clone()),
        configuration: Vec::new(),
    };
    entries.map(known).collect()
});

/// The elements of the catalogue.
pub(in crate::sandbox) fn known<'a>() -> std::slice::Iter<'a, Element> {
    KNOWN.iter()
}

/// By id or by key; a number is an id. The catalogue wins where a tenant's element has the same key:
/// address that one by id (docs/platform.md#catalogue).
pub(in crate::sandbox) fn resolve<'a>(
    own: &'a OwnElements,
    key_or_id: &str,
) -> Result<&'a Element, ApiError> {
    let found = match key_or_id.parse::<u64>() {
        Ok(id) => find(own, id),
        Err(_) => find_by_key(own, key_or_id),
    };
    found.ok_or_else(|| no_element(key_or_id))
}

pub(in crate::sandbox) fn no_element(key_or_id: &str) -> ApiError {
    ApiError::not_found(format!("No element found with key {}", plain(key_or_id)))
}

pub(in crate::sandbox) fn find(own: &OwnElements, id: u64) -> Option<&Element> {
    let known = || known().find(|element| element.id == id);
    own.get(&id).or_else(known)
}

pub(in crate::sandbox) fn find_by_key<'a>(own: &'a OwnElements, key: &str) -> Option<&'a Element> {
    known()
        .chain(own.values())
        .find(|element| element.key == key)
}

impl Element {
    /// Whether the tenant made it.
    fn is_own(&self) -> bool {
        self.id >= FIRST_OWN_ID
    }

    fn entry(&self) -> Option<&'static ElementEntry> {
        Catalog::embedded().element(self.cloned_from.as_deref()?)
    }

    pub(in crate::sandbox) fn events(&self) -> &'static [String] {
        let entry = self.entry().filter(|_| !self.is_own());
        entry.map_or(&[], |entry| &entry.events)
    }

    /// Its configuration keys and the common ones; a clone has those of its source.
    pub(in crate::sandbox) fn rows(&self) -> impl Iterator<Item = &'static ConfigurationKey> {
        Catalog::embedded().keys_of(self.entry())
    }

    pub(in crate::sandbox) fn row(&self, key: &str) -> Option<&'static ConfigurationKey> {
        Catalog::embedded().key_of(self.entry(), key)
    }

    /// The element as an instance embeds it (docs/platform.md#the-instance).
    pub(in crate::sandbox) fn embedded(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "key": self.key,
            "description": format!("The {} connector", self.name),
            "active": self.active,
            "deleted": false,
            "typeOauth": self.authentication.starts_with("oauth"),
            "trialAccount": false,
            "transformationsEnabled": true,
            "bulkDownloadEnabled": false,
            "bulkUploadEnabled": false,
            "cloneable": true,
            "extendable": true,
            "beta": false,
            "authentication": {"type": self.authentication},
            "extended": false,
            "hub": self.hub,
            "protocolType": if self.key == "sftp" { "sftp" } else { "http" },
            "parameters": [],
            "private": self.is_own(),
        })
    }

    /// The catalogue entry with its configuration (docs/platform.md#catalogue).
    pub(in crate::sandbox) fn whole(&self) -> Value {
        let mut value = self.embedded();
        value["configuration"] = self.configuration();
        value
    }

    pub(in crate::sandbox) fn configuration(&self) -> Value {
        let rows = self.rows().enumerate();
        let known = rows.map(|(order, row)| row_json(order, row));
        known.chain(self.configuration.iter().cloned()).collect()
    }
}

fn row_json(order: usize, row: &ConfigurationKey) -> Value {
    let mut value = json!({
        "key": row.key,
        "name": row.key,
        "description": format!("The value of {}", row.key),
        "type": row.kind.as_str(),
        "required": row.required,
        "active": true,
        "internal": false,
        "hideFromConsole": false,
        "companyConfig": false,
        "resellerConfig": false,
        "groupControl": row.key == "authentication.type",
        "displayOrder": order,
    });
    if let Some(default) = &row.default {
        value["defaultValue"] = default.as_str().into();
    }
    if let Some(group) = &row.group {
        value["groupName"] = group.as_str().into();
    }
    if !row.options.is_empty() {
        value["options"] = row
            .options
            .iter()
            .map(|option| json!({"value": option, "description": option}))
            .collect();
    }
    value
}
