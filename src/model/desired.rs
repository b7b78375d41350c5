//! The manifest, validated and typed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{ElementRef, InstanceKey, InventoryName, OrganizationId, PlainValue, Template};

/// The whole manifest, merged from all its files.
#[derive(Clone, Debug, PartialEq)]
pub struct Desired {
    /// The inventory that all markers name.
    pub inventory: InventoryName,
    /// The platform to manage.
    pub api: ApiSettings,
    /// For whom tokens are sealed; empty where they are recorded as plain text.
    pub recipients: BTreeSet<String>,
    /// The declared instances, by key.
    pub instances: BTreeMap<InstanceKey, DesiredInstance>,
}

/// The `api` block of the manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiSettings {
    /// The base URL as written, with or without `/elements/api-v2`.
    pub url: Option<String>,
    /// The organization that the credentials must belong to.
    pub organization: Option<OrganizationId>,
}

/// One declared instance.
#[derive(Clone, Debug, PartialEq)]
pub struct DesiredInstance {
    /// The connector.
    pub element: ElementRef,
    /// The name on the platform; the key if the manifest declares none.
    pub name: String,
    /// The complete set of tags except the marker. `None` if the manifest declares none; then the
    /// tags on the platform are left alone.
    pub tags: Option<BTreeSet<String>>,
    /// The declared configuration. Nothing else is managed.
    pub configuration: BTreeMap<String, DesiredValue>,
    /// The versions of secret values, by configuration key. Where one is declared, it is compared instead
    /// of the value.
    pub secret_versions: BTreeMap<String, String>,
    /// Sent at create; never compared, never sent again (docs/manifest.md).
    pub provider_data: Option<Template>,
    /// `none` or `initial`; sent at create (docs/platform.md#credentials).
    pub external_authentication: Option<String>,
    /// Sent at create (docs/platform.md#create).
    pub retrieve_objects: Option<bool>,
    /// Whether the instance accepts calls.
    pub enabled: bool,
    /// How this tool treats the instance.
    pub lifecycle: Lifecycle,
}

/// A declared configuration value.
#[derive(Clone, Debug, PartialEq)]
pub enum DesiredValue {
    /// Not secret: may be shown and stored.
    Plain(PlainValue),
    /// Contains a reference, or is a credential according to the catalogue.
    Secret(Template),
}

/// The `lifecycle` block of an instance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    rename_all = "camelCase",
    deny_unknown_fields,
    expecting = "an object with `onRemove`"
)]
pub struct Lifecycle {
    /// Ignore differences at these paths, such as `name`, `tags`, `enabled` or
    /// `configuration.subdomain`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub ignore_changes: BTreeSet<String>,
    /// What happens if it leaves the manifest.
    pub on_remove: OnRemove,
    /// Refuse to delete or replace the instance.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protect: bool,
    /// The key before a rename. Not stored, because a rename happens once.
    #[serde(skip)]
    pub moved_from: Option<InstanceKey>,
}

/// What happens to an instance that leaves the manifest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnRemove {
    /// It is kept on the platform and in the lock file, unless pruned.
    #[default]
    Keep,
    /// It is deleted.
    Delete,
}
