//! What the manifest asks for, validated and typed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{ElementRef, InstanceKey, InventoryName, OrganizationId, PlainValue, Template};

/// The whole manifest, all its files united.
#[derive(Clone, Debug, PartialEq)]
pub struct Desired {
    /// Names the marker.
    pub inventory: InventoryName,
    /// Where the platform is.
    pub api: ApiSettings,
    /// The instances wanted, by key.
    pub instances: BTreeMap<InstanceKey, DesiredInstance>,
}

/// The `api` block of the manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiSettings {
    /// The base URL as written, with or without `/elements/api-v2`.
    pub url: Option<String>,
    /// Refuse any other tenant.
    pub organization: Option<OrganizationId>,
}

/// One instance the manifest wants.
#[derive(Clone, Debug, PartialEq)]
pub struct DesiredInstance {
    /// Which connector.
    pub element: ElementRef,
    /// The name on the platform; the key where the manifest has none.
    pub name: String,
    /// The whole set of tags, the marker apart; `None` where the manifest declares none, and then
    /// the tags on the platform are left alone.
    pub tags: Option<BTreeSet<String>>,
    /// The declared configuration, and nothing else is managed.
    pub configuration: BTreeMap<String, DesiredValue>,
    /// Sent at create, never compared or replayed (docs/manifest.md).
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
    /// May be shown and stored.
    Plain(PlainValue),
    /// Holds a reference, or stands under a key the catalogue types as a credential.
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
    /// Paths, such as `name`, `tags`, `enabled` or `configuration.subdomain`, whose difference is
    /// never a change.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub ignore_changes: BTreeSet<String>,
    /// What removal from the manifest means.
    pub on_remove: OnRemove,
    /// Refuse to delete or replace.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protect: bool,
    /// The key this instance had before. Not stored: a rename is done once.
    #[serde(skip)]
    pub moved_from: Option<InstanceKey>,
}

/// What happens to an instance that leaves the manifest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnRemove {
    /// It stays on the platform and in the lock file, unless pruned.
    #[default]
    Keep,
    /// It is deleted.
    Delete,
}
