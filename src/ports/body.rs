//! The bodies of writes: views of a plan and of the resolved secrets, put together right before they
//! are sent.
//!
//! Must not own a secret or be serialisable: a secret stays in its [`SecretJson`] until the wire.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::model::{ElementRef, PlainValue, SecretJson};

/// A configuration value on its way to the platform.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BodyValue<'a> {
    /// From the plan.
    Plain(&'a PlainValue),
    /// From the resolved secrets.
    Secret(&'a SecretJson),
}

impl<'a> BodyValue<'a> {
    /// The value itself, for the wire. The same caution as for [`SecretJson::expose`].
    pub fn expose(self) -> &'a Value {
        match self {
            Self::Plain(value) => &value.0,
            Self::Secret(value) => value.expose(),
        }
    }
}

/// What a create sends (docs/platform.md#create).
#[derive(Clone, Debug, PartialEq)]
pub struct CreateBody<'a> {
    /// Which connector.
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
    /// Whether the answer lists the instance's objects.
    pub retrieve_objects: Option<bool>,
}

/// What an update sends (docs/platform.md#patch): only the members that change.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PatchBody<'a> {
    /// The new name.
    pub name: Option<&'a str>,
    /// The whole new set of tags.
    pub tags: Option<&'a BTreeSet<String>>,
    /// Merged by the platform into what is there.
    pub configuration: BTreeMap<&'a str, BodyValue<'a>>,
}
