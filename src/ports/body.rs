//! Request bodies, which borrow from a plan and from the resolved secrets.
//!
//! Must not own a secret or implement `Serialize`: only `remote` puts a secret on the wire.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::model::{ElementRef, PlainValue, SecretJson};

/// A configuration value to send.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BodyValue<'a> {
    /// From the plan.
    Plain(&'a PlainValue),
    /// From the resolved secrets.
    Secret(&'a SecretJson),
}

impl<'a> BodyValue<'a> {
    /// The value itself, with the same caution as for [`SecretJson::expose`].
    pub fn expose(self) -> &'a Value {
        match self {
            Self::Plain(value) => &value.0,
            Self::Secret(value) => value.expose(),
        }
    }
}

/// The body of a create (docs/platform.md#create).
#[derive(Clone, Debug, PartialEq)]
pub struct CreateBody<'a> {
    /// The connector.
    pub element: &'a ElementRef,
    /// The name.
    pub name: &'a str,
    /// All tags, the marker among them.
    pub tags: &'a [String],
    /// By configuration key.
    pub configuration: BTreeMap<&'a str, BodyValue<'a>>,
    /// Write-only.
    pub provider_data: Option<&'a SecretJson>,
    /// `none` or `initial`.
    pub external_authentication: Option<&'a str>,
    /// Whether the response lists the instance's objects.
    pub retrieve_objects: Option<bool>,
}

/// The body of an update (docs/platform.md#patch): only the members that change.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PatchBody<'a> {
    /// The new name.
    pub name: Option<&'a str>,
    /// The complete new set of tags.
    pub tags: Option<&'a BTreeSet<String>>,
    /// By configuration key; the platform merges it into the existing configuration.
    pub configuration: BTreeMap<&'a str, BodyValue<'a>>,
}
