//! `secretVersions`: the versions of secret values, beside `configuration`.
//!
//! Must not: show what stands there in a snippet, for it may be a misplaced secret.

use std::collections::BTreeMap;

use super::check::Configuration;
use super::fields::{Reader, did_you_mean};
use super::parse::{Key, Node};
use crate::model::{DesiredValue, InstanceKey};

/// A version is a short word: a date, a number, the id of a key.
const MAX_VERSION: usize = 128;

/// The declared versions, by configuration key.
#[derive(Default)]
pub(super) struct Versions<'n>(BTreeMap<&'n str, (&'n Key, String)>);

impl Versions<'_> {
    pub(super) fn values(&self) -> BTreeMap<String, String> {
        let versions = self.0.iter();
        versions
            .map(|(name, (_, version))| ((*name).to_owned(), version.clone()))
            .collect()
    }
}

impl Reader<'_, '_> {
    /// The merged layers of `secretVersions`.
    pub(super) fn secret_versions<'n>(&mut self, layers: Vec<&'n Node>) -> Versions<'n> {
        let mut versions = Versions::default();
        for layer in layers {
            for (key, value) in self.members(layer, "`secretVersions`").unwrap_or_default() {
                self.hide_member(key, value);
                if let Some(version) = self.secret_version(&key.text, value) {
                    versions.0.insert(&key.text, (key, version));
                }
            }
        }
        versions
    }

    fn secret_version(&mut self, name: &str, node: &Node) -> Option<String> {
        let text = self.text(node, "a version")?;
        let hint =
            "write the version out; it is stored in plaintext and compared instead of the value";
        let text = self.without_reference(&node.span, text, "a version", hint)?;
        let problem = if text.trim().is_empty() {
            "is empty".to_owned()
        } else if text.chars().any(char::is_control) {
            "contains a control character".to_owned()
        } else if text.chars().count() > MAX_VERSION {
            format!("is longer than {MAX_VERSION} characters")
        } else {
            return Some(text);
        };
        let message = format!("the version of `{name}` {problem}");
        let hint =
            "write a short word that changes whenever the value is to be sent, such as `2026-11`";
        self.error(&node.span, "bad-version", message, hint);
        None
    }

    /// Reports the versions of keys that the instance does not declare as secrets.
    pub(super) fn check_versions(
        &mut self,
        owner: &InstanceKey,
        versions: &Versions<'_>,
        configuration: &Configuration<'_>,
    ) {
        for (name, (key, _)) in &versions.0 {
            match configuration.values.get(*name) {
                Some(DesiredValue::Secret(_)) => {}
                Some(DesiredValue::Plain(_)) => {
                    let message = format!("a version for `{name}`, which is not secret");
                    let hint = "remove it; a value that is not secret is compared itself";
                    self.error(&key.span, "bad-version", message, hint);
                }
                // It is declared, and its value is reported.
                None if configuration.nodes.contains_key(name) || configuration.is_partial => {}
                None => {
                    let message =
                        format!("a version for `{name}`, which `{owner}` does not declare");
                    let known = configuration.nodes.keys().copied();
                    let otherwise = "declare the key under `configuration`, or remove its version";
                    let hint = did_you_mean(name, known, otherwise);
                    self.error(&key.span, "bad-version", message, hint);
                }
            }
        }
    }
}
