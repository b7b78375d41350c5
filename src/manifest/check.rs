//! Checks of an instance against the catalogue. All are warnings, for the tenant's own catalogue may
//! be newer than the one compiled in; the platform takes unknown keys without a word
//! (docs/platform.md#configuration), so nobody else would tell.

use std::collections::BTreeMap;

use super::fields::{Members, OLD_BOOLEAN, Reader, is_old_boolean, nearest};
use super::parse::{Key, Span};
use crate::catalog::{Catalog, ConfigurationKey, ConfigurationType, ElementEntry};
use crate::model::{DesiredValue, ElementRef, InstanceKey};

/// Families of keys that every connector may have and few pages document.
const HIDDEN_FAMILIES: [&str; 5] = ["base.url", "bulk.", "pagination.", "oauth.", "aws."];

/// The key that chooses the variant of authentication.
const VARIANT: &str = "authentication.type";

/// The configuration of an instance, defaults included.
#[derive(Default)]
pub(super) struct Configuration<'n> {
    /// What is declared, right or wrong.
    pub(super) nodes: Members<'n>,
    /// Whether a layer could not be read, so that what seems to be missing may be there.
    pub(super) in_part: bool,
    /// What is right.
    pub(super) values: BTreeMap<String, DesiredValue>,
}

/// What is checked.
pub(super) struct InstanceCheck<'a> {
    pub(super) name: &'a InstanceKey,
    pub(super) key: &'a Key,
    pub(super) entry: &'static ElementEntry,
    pub(super) configuration: &'a Configuration<'a>,
    /// Whether a grant code or a refresh token stands for the rest of a sign-in; it does not for the
    /// application's own key and secret.
    pub(super) signs_in: bool,
}

impl InstanceCheck<'_> {
    /// Whether a key counts for the variant that the instance chooses.
    fn in_variant(&self, known: &ConfigurationKey) -> bool {
        let Some(group) = &known.group else {
            return true;
        };
        let chosen = match self.configuration.values.get(VARIANT) {
            Some(DesiredValue::Plain(value)) => Some(value.canonical()),
            Some(DesiredValue::Secret(_)) => return false,
            None => Catalog::embedded()
                .key_of(Some(self.entry), VARIANT)
                .and_then(|known| known.default.clone()),
        };
        chosen.is_some_and(|chosen| chosen.eq_ignore_ascii_case(group))
    }

    fn missing(&self) -> Vec<&'static str> {
        self.entry
            .configuration
            .iter()
            .filter(|known| known.required && known.default.is_none())
            .filter(|known| self.in_variant(known))
            .filter(|known| !self.configuration.nodes.contains_key(known.key.as_str()))
            .filter(|known| !(known.key.starts_with("oauth.user.") && self.signs_in))
            .map(|known| known.key.as_str())
            .collect()
    }
}

impl Reader<'_, '_> {
    /// Warns of what the catalogue does not agree with.
    pub(super) fn check(&mut self, check: &InstanceCheck<'_>) {
        let entry = check.entry;
        for (name, (key, node)) in &check.configuration.nodes {
            match Catalog::embedded().key_of(Some(entry), name) {
                None => self.unknown_key(&key.span, name, entry),
                Some(known) => {
                    if let Some(value) = check.configuration.values.get(*name) {
                        self.check_value(&node.span, known, value);
                    }
                }
            }
        }
        let missing = check.missing();
        if !missing.is_empty() && !check.configuration.in_part {
            self.warning(
                &check.key.span,
                "missing-required",
                format!(
                    "`{}` lacks what `{}` requires: {}",
                    check.name,
                    entry.key,
                    missing.join(", ")
                ),
                "add it under `configuration`; the platform refuses a create without it",
            );
        }
    }

    pub(super) fn unknown_element(&mut self, at: &Span, element: &ElementRef) {
        let ElementRef::Key(element) = element else {
            return;
        };
        let known = Catalog::embedded().elements().iter();
        let near = nearest(element.as_str(), known.map(|entry| entry.key.as_str()));
        self.warning(
            at,
            "unknown-element",
            format!("the catalogue knows no element `{element}`"),
            near.map_or_else(
                || "a private element is fine: its configuration is not checked then".to_owned(),
                |near| format!("did you mean `{near}`?"),
            ),
        );
    }

    fn unknown_key(&mut self, at: &Span, name: &str, entry: &ElementEntry) {
        if HIDDEN_FAMILIES
            .iter()
            .any(|family| name.starts_with(family))
        {
            return;
        }
        let known = Catalog::embedded().keys_of(Some(entry));
        let near = nearest(name, known.map(|known| known.key.as_str()));
        self.warning(
            at,
            "unknown-configuration",
            format!("the catalogue knows no key `{name}` for `{}`", entry.key),
            near.map_or_else(
                || "the platform takes unknown keys without a word: check the spelling".to_owned(),
                |near| format!("did you mean `{near}`?"),
            ),
        );
    }

    fn check_value(&mut self, at: &Span, known: &ConfigurationKey, value: &DesiredValue) {
        let DesiredValue::Plain(value) = value else {
            return;
        };
        let text = value.canonical();
        let name = &known.key;
        let (message, hint) = match known.kind {
            ConfigurationType::Boolean if !matches!(text.as_str(), "true" | "false") => (
                format!("`{name}` is a boolean: expected true or false"),
                if is_old_boolean(&text) {
                    OLD_BOOLEAN.to_owned()
                } else {
                    "write true or false".to_owned()
                },
            ),
            ConfigurationType::Combo
                if !known
                    .options
                    .iter()
                    .any(|option| option.eq_ignore_ascii_case(&text)) =>
            {
                (
                    format!("`{name}` has another set of values"),
                    format!("one of: {}", known.options.join(", ")),
                )
            }
            _ => return,
        };
        self.warning(at, "wrong-value", message, hint);
    }
}
