//! The types of the catalogue, and the catalogue compiled into the program.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::model::{ElementRef, codes};

static TEXT: &str = include_str!("catalogue.json");

/// All elements known at build time.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalog {
    #[serde(rename = "version")]
    _version: u32,
    /// The configuration keys that every element accepts.
    common: Vec<ConfigurationKey>,
    /// Sorted by key.
    elements: Vec<ElementEntry>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElementEntry {
    /// For example `freshdeskv2`.
    pub key: String,
    /// The id in the landscape of the documentation.
    pub id: Option<u64>,
    pub name: String,
    /// For example `helpdesk`.
    pub hub: Option<String>,
    /// `basic`, `custom`, `apiKey`, `oauth1` or `oauth2`.
    pub authentication: String,
    /// Its configuration keys, sorted, without the common ones.
    pub configuration: Vec<ConfigurationKey>,
    /// The documented kinds of events: `polling`, `webhook`.
    pub events: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigurationKey {
    /// Case-sensitive.
    pub key: String,
    #[serde(rename = "type")]
    pub kind: ConfigurationType,
    /// Required at create unless it has a default; with a group, only in that variant.
    pub required: bool,
    /// Whether it is a credential, whatever its type.
    pub secret: bool,
    /// The value that the platform sets if none is sent.
    pub default: Option<String>,
    /// The values of a `COMBO`, compared case-insensitively.
    #[serde(default)]
    pub options: Vec<String>,
    /// The value of `authentication.type` that the key belongs to.
    #[serde(default)]
    pub group: Option<String>,
}

codes! {
    /// The platform's configuration types (docs/platform.md#configuration).
    ConfigurationType {
        TextField32 = "TEXTFIELD_32",
        TextField64 = "TEXTFIELD_64",
        TextField128 = "TEXTFIELD_128",
        TextField1000 = "TEXTFIELD_1000",
        TextArea = "TEXTAREA",
        Boolean = "BOOLEAN",
        Password = "PASSWORD",
        Combo = "COMBO",
        CodeEditor = "CODE_EDITOR",
    }
}

impl Catalog {
    /// The catalogue compiled into the program; parsed once, on first use.
    pub fn embedded() -> &'static Self {
        static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
            serde_json::from_str(TEXT).expect("the embedded catalogue is valid; a test reads it")
        });
        &CATALOG
    }

    pub fn elements(&self) -> &[ElementEntry] {
        &self.elements
    }

    /// The element that a manifest names; `None` if the catalogue does not have it.
    pub fn entry(&self, element: &ElementRef) -> Option<&ElementEntry> {
        match element {
            ElementRef::Key(key) => self.element(key.as_str()),
            // In the landscape of the documentation.
            ElementRef::Id(id) => self.elements.iter().find(|entry| entry.id == Some(id.0)),
        }
    }

    pub fn element(&self, key: &str) -> Option<&ElementEntry> {
        let elements = &self.elements;
        let found = elements.binary_search_by(|entry| entry.key.as_str().cmp(key));
        found.ok().map(|place| &elements[place])
    }

    /// The configuration keys that an element accepts: its own, then the common ones. Without an
    /// element only the common ones.
    pub fn keys_of<'a>(
        &'a self,
        element: Option<&'a ElementEntry>,
    ) -> impl Iterator<Item = &'a ConfigurationKey> {
        let own = element.map_or(&[][..], |element| &element.configuration);
        own.iter().chain(&self.common)
    }

    /// One of the keys of [`Self::keys_of`].
    pub fn key_of<'a>(
        &'a self,
        element: Option<&'a ElementEntry>,
        key: &str,
    ) -> Option<&'a ConfigurationKey> {
        self.keys_of(element).find(|known| known.key == key)
    }
}

#[cfg(test)]
mod tests;
