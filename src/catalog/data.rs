//! The types of the catalogue, and the catalogue compiled into the program.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::model::{ElementRef, codes};

static TEXT: &str = include_str!("catalogue.json");

/// All elements known at build time.
#[derive(Debug)]
pub struct Catalog {
    common: Vec<ConfigurationKey>,
    elements: Vec<ElementEntry>,
    by_key: BTreeMap<String, usize>,
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CatalogFile {
    #[serde(rename = "version")]
    _version: u32,
    common: Vec<ConfigurationKey>,
    elements: Vec<ElementEntry>,
}

impl Catalog {
    /// The catalogue compiled into the program; parsed once, on first use.
    pub fn embedded() -> &'static Self {
        static CATALOG: OnceLock<Catalog> = OnceLock::new();
        CATALOG.get_or_init(|| {
            let CatalogFile {
                common, elements, ..
            } = serde_json::from_str(TEXT)
                .expect("the embedded catalogue is valid; a test reads it");
            let by_key = elements
                .iter()
                .enumerate()
                .map(|(index, entry)| (entry.key.clone(), index))
                .collect();
            Self {
                common,
                elements,
                by_key,
            }
        })
    }

    pub fn elements(&self) -> &[ElementEntry] {
        &self.elements
    }

    /// The configuration keys that every element accepts.
    pub fn common(&self) -> &[ConfigurationKey] {
        &self.common
    }

    /// The element that a manifest names; `None` if the catalogue does not have it.
    pub fn entry(&self, element: &ElementRef) -> Option<&ElementEntry> {
        match element {
            ElementRef::Key(key) => self.element(key.as_str()),
            ElementRef::Id(id) => self.element_by_id(id.0),
        }
    }

    pub fn element(&self, key: &str) -> Option<&ElementEntry> {
        self.by_key.get(key).map(|&index| &self.elements[index])
    }

    /// The element with this id in the landscape of the documentation.
    pub fn element_by_id(&self, id: u64) -> Option<&ElementEntry> {
        self.elements.iter().find(|entry| entry.id == Some(id))
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
