//! Typed names and numbers, so that an id is never passed where a key is meant.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A name that is not made of the characters its kind allows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} may only contain letters, digits, `.`, `_` and `-`, and must not be empty")]
pub struct InvalidName {
    /// What the name was meant for, e.g. `an instance key`.
    pub kind: &'static str,
}

fn is_plain_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl $name {
            /// A name of these characters only: `[A-Za-z0-9._-]+`.
            pub fn new(text: impl Into<String>) -> Result<Self, InvalidName> {
                let text = text.into();
                if is_plain_name(&text) {
                    Ok(Self(text))
                } else {
                    Err(InvalidName { kind: $kind })
                }
            }

            /// The text of the name.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;

            fn try_from(text: String) -> Result<Self, InvalidName> {
                Self::new(text)
            }
        }
    };
}

name_type! {
    /// The key of an instance inside the manifest: its identity for this tool.
    InstanceKey, "an instance key"
}
name_type! {
    /// The name of the set of instances that one manifest owns; part of every marker.
    InventoryName, "an inventory name"
}

macro_rules! number_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number_type! {
    /// The platform's id of an instance: a positive integer, ascending (docs/platform.md#the-instance).
    InstanceId
}
number_type! {
    /// The platform's id of an element. Differs between landscapes (docs/platform.md#connectors).
    ElementId
}
number_type! {
    /// The platform's id of an organization, from `GET /organizations/me` (docs/platform.md#accounts).
    OrganizationId
}

/// The platform's key of an element, such as `freshdeskv2`. Case-sensitive; any text the platform
/// accepts, for private elements name themselves.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ElementKey(pub String);

impl ElementKey {
    /// The text of the key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ElementKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
