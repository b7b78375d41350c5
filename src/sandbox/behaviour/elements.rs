//! Elements: those of the catalogue and those made by the tenant.

use std::borrow::Cow;
use std::sync::LazyLock;

use serde_json::{Value, json};

use super::text::{plain, without_nulls};
use crate::catalog::{Catalog, ConfigurationKey, ConfigurationType, ElementEntry, is_credential};
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
        description: format!("The {} connector", entry.name),
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

/// By id or by key; a number is an id.
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

/// The tenant's element wins where one of the catalogue has the same key (docs/platform.md#catalogue).
pub(in crate::sandbox) fn find_by_key<'a>(own: &'a OwnElements, key: &str) -> Option<&'a Element> {
    own.values()
        .chain(known())
        .find(|element| element.key == key)
}

impl Element {
    /// What is left of an element that the tenant has deleted.
    pub(in crate::sandbox) fn gone(id: u64, key: &str) -> Self {
        Self {
            id,
            key: key.to_owned(),
            name: key.to_owned(),
            description: String::new(),
            hub: "general".to_owned(),
            authentication: "custom".to_owned(),
            active: false,
            cloned_from: None,
            configuration: Vec::new(),
        }
    }

    /// Whether the tenant made it.
    pub(in crate::sandbox) fn is_own(&self) -> bool {
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
    pub(in crate::sandbox) fn rows(&self) -> impl Iterator<Item = Cow<'static, ConfigurationKey>> {
        let own = self.configuration.iter().filter_map(own_row);
        let known = Catalog::embedded().keys_of(self.entry());
        let known = known.filter(|row| self.own_entry(&row.key).is_none());
        known.map(Cow::Borrowed).chain(own.map(Cow::Owned))
    }

    pub(in crate::sandbox) fn row(&self, key: &str) -> Option<Cow<'static, ConfigurationKey>> {
        match self.own_entry(key) {
            Some(entry) => own_row(entry).map(Cow::Owned),
            None => Catalog::embedded()
                .key_of(self.entry(), key)
                .map(Cow::Borrowed),
        }
    }

    fn own_entry(&self, key: &str) -> Option<&Value> {
        self.configuration.iter().find(|entry| entry["key"] == key)
    }

    pub(in crate::sandbox) fn is_credential(&self, key: &str) -> bool {
        let row = self.row(key);
        row.map_or_else(|| is_credential(None, key), |row| row.secret)
    }

    /// The element as an instance embeds it (docs/platform.md#the-instance).
    pub(in crate::sandbox) fn embedded(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "key": self.key,
            "description": self.description,
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
        value["hooks"] = json!([]);
        value["resources"] = json!([]);
        value
    }

    pub(in crate::sandbox) fn configuration(&self) -> Value {
        let rows = self.rows().enumerate();
        let own = |key: &str| self.own_entry(key).cloned();
        rows.map(|(order, row)| own(&row.key).unwrap_or_else(|| row_json(order, &row)))
            .collect()
    }
}

/// An entry as the tenant sent it; older clients have other names for two members
/// (docs/platform.md#catalogue).
fn own_row(entry: &Value) -> Option<ConfigurationKey> {
    let text = |names: &[&str]| {
        let mut values = names.iter().filter_map(|name| entry[*name].as_str());
        values.next().map(str::to_owned)
    };
    let kind = text(&["type", "configDataType"]);
    let kind = kind.and_then(|kind| serde_json::from_value(kind.into()).ok());
    let kind = kind.unwrap_or(ConfigurationType::TextField1000);
    let key = text(&["key"])?;
    let required = [&entry["required"], &entry["mandatory"]];
    Some(ConfigurationKey {
        secret: kind == ConfigurationType::Password || is_credential(None, &key),
        key,
        kind,
        required: required.contains(&&Value::Bool(true)),
        default: text(&["defaultValue"]),
        options: Vec::new(),
        group: text(&["groupName"]),
    })
}

fn row_json(order: usize, row: &ConfigurationKey) -> Value {
    let options = row.options.iter();
    let options: Vec<Value> = options
        .map(|option| json!({"value": option, "description": option}))
        .collect();
    without_nulls(json!({
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
        "defaultValue": row.default,
        "groupName": row.group,
        "options": (!options.is_empty()).then_some(options),
    }))
}
