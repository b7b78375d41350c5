//! Elements: those of the catalogue and those made by the tenant.

use serde_json::{Value, json};

use crate::catalog::{Catalog, ConfigurationKey, ElementEntry};
use crate::sandbox::state::{OwnElement, OwnElements};

/// Ids of catalogue entries without a known id start here, above every documented one.
const FIRST_UNKNOWN_ID: u64 = 9_000;

/// An element of either kind.
#[derive(Clone, Copy)]
pub(in crate::sandbox) enum ResolvedElement<'a> {
    Known(&'static ElementEntry),
    Own(&'a OwnElement),
}

/// By id or by key; a number is an id. The catalogue wins where a tenant's element has the same key:
/// address that one by id (docs/platform.md#catalogue).
pub(in crate::sandbox) fn resolve<'a>(
    own: &'a OwnElements,
    key_or_id: &str,
) -> Option<ResolvedElement<'a>> {
    match key_or_id.parse::<u64>() {
        Ok(id) => find(own, id),
        Err(_) => find_by_key(own, key_or_id),
    }
}

pub(in crate::sandbox) fn find(own: &OwnElements, id: u64) -> Option<ResolvedElement<'_>> {
    if let Some(element) = own.get(&id) {
        return Some(ResolvedElement::Own(element));
    }
    Catalog::embedded()
        .elements()
        .iter()
        .find(|entry| id_of(entry) == id)
        .map(ResolvedElement::Known)
}

pub(in crate::sandbox) fn find_by_key<'a>(
    own: &'a OwnElements,
    key: &str,
) -> Option<ResolvedElement<'a>> {
    let known = Catalog::embedded().element(key).map(ResolvedElement::Known);
    known.or_else(|| {
        own.values()
            .find(|element| element.key == key)
            .map(ResolvedElement::Own)
    })
}

fn id_of(entry: &ElementEntry) -> u64 {
    entry.id.unwrap_or_else(|| {
        let place = Catalog::embedded()
            .elements()
            .iter()
            .position(|other| other.key == entry.key)
            .unwrap_or(0);
        FIRST_UNKNOWN_ID + place as u64
    })
}

impl<'a> ResolvedElement<'a> {
    pub(in crate::sandbox) fn id(self) -> u64 {
        match self {
            Self::Known(entry) => id_of(entry),
            Self::Own(own) => own.id,
        }
    }

    pub(in crate::sandbox) fn key(self) -> &'a str {
        match self {
            Self::Known(entry) => &entry.key,
            Self::Own(own) => &own.key,
        }
    }

    pub(in crate::sandbox) fn name(self) -> &'a str {
        match self {
            Self::Known(entry) => &entry.name,
            Self::Own(own) => &own.name,
        }
    }

    pub(in crate::sandbox) fn hub(self) -> &'a str {
        match self {
            Self::Known(entry) => entry.hub.as_deref().unwrap_or("general"),
            Self::Own(own) => &own.hub,
        }
    }

    pub(in crate::sandbox) fn authentication(self) -> &'a str {
        match self {
            Self::Known(entry) => &entry.authentication,
            Self::Own(own) => &own.authentication,
        }
    }

    pub(in crate::sandbox) fn events(self) -> &'static [String] {
        match self {
            Self::Known(entry) => &entry.events,
            Self::Own(_) => &[],
        }
    }

    /// Its configuration keys and the common ones; a clone has those of its source.
    pub(in crate::sandbox) fn rows(self) -> Vec<&'static ConfigurationKey> {
        let catalog = Catalog::embedded();
        let entry = match self {
            Self::Known(entry) => Some(entry),
            Self::Own(own) => own
                .cloned_from
                .as_deref()
                .and_then(|key| catalog.element(key)),
        };
        catalog.keys_of(entry).collect()
    }

    pub(in crate::sandbox) fn row(self, key: &str) -> Option<&'static ConfigurationKey> {
        self.rows().into_iter().find(|row| row.key == key)
    }

    /// The element as an instance embeds it (docs/platform.md#the-instance).
    pub(in crate::sandbox) fn embedded(self) -> Value {
        json!({
            "id": self.id(),
            "name": self.name(),
            "key": self.key(),
            "description": format!("The {} connector", self.name()),
            "active": self.is_active(),
            "deleted": false,
            "typeOauth": self.authentication().starts_with("oauth"),
            "trialAccount": false,
            "transformationsEnabled": true,
            "bulkDownloadEnabled": false,
            "bulkUploadEnabled": false,
            "cloneable": true,
            "extendable": true,
            "beta": false,
            "authentication": {"type": self.authentication()},
            "extended": false,
            "hub": self.hub(),
            "protocolType": if self.key() == "sftp" { "sftp" } else { "http" },
            "parameters": [],
            "private": matches!(self, Self::Own(_)),
        })
    }

    pub(in crate::sandbox) fn is_active(self) -> bool {
        match self {
            Self::Known(_) => true,
            Self::Own(own) => own.active,
        }
    }

    /// The catalogue entry with its configuration (docs/platform.md#catalogue).
    pub(in crate::sandbox) fn whole(self) -> Value {
        let mut value = self.embedded();
        value["configuration"] = self.configuration();
        value
    }

    pub(in crate::sandbox) fn configuration(self) -> Value {
        let rows = self.rows();
        let known = rows
            .iter()
            .enumerate()
            .map(|(order, row)| row_json(order, row));
        match self {
            Self::Known(_) => known.collect(),
            Self::Own(own) => known.chain(own.configuration.iter().cloned()).collect(),
        }
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
