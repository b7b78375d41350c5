//! Checks of an instance against the catalogue. They are warnings, because the tenant's catalogue may
//! be newer than the one compiled in. The platform accepts unknown keys silently
//! (docs/platform.md#configuration), so nothing else would report them.
//!
//! Must not: resolve a reference.

use std::collections::BTreeMap;

use super::fields::{Members, OLD_BOOLEAN, Reader, did_you_mean, is_old_boolean, nearest};
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
    /// Everything declared, valid or not.
    pub(super) nodes: Members<'n>,
    /// Whether a layer could not be read, so that a key that seems missing may be in it.
    pub(super) is_partial: bool,
    /// The valid values.
    pub(super) values: BTreeMap<String, DesiredValue>,
}

pub(super) struct InstanceCheck<'a> {
    pub(super) name: &'a InstanceKey,
    pub(super) key: &'a Key,
    pub(super) entry: &'static ElementEntry,
    pub(super) configuration: &'a Configuration<'a>,
    /// Whether the instance signs in with a grant code or a refresh token. It then needs no
    /// `oauth.user.*` keys, but still the key and secret of the application.
    pub(super) signs_in: bool,
}

impl InstanceCheck<'_> {
    /// Whether a key belongs to the authentication variant of this instance.
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
    /// Warns about everything that contradicts the catalogue.
    pub(super) fn check(&mut self, check: &InstanceCheck<'_>) {
        let entry = check.entry;
        for (name, (key, node)) in &check.configuration.nodes {
            match Catalog::embedded().key_of(Some(entry), name) {
                None if HIDDEN_FAMILIES
                    .iter()
                    .any(|family| name.starts_with(family)) => {}
                None => {
                    let known = Catalog::embedded().keys_of(Some(entry));
                    let known = known.map(|known| known.key.as_str());
                    let otherwise =
                        "check the spelling; the platform accepts unknown keys silently";
                    let hint = did_you_mean(name, known, otherwise);
                    self.unknown_key(&key.span, name, &entry.key, hint);
                }
                Some(known) => {
                    if let Some(DesiredValue::Plain(value)) = check.configuration.values.get(*name)
                    {
                        self.check_value(&node.span, known, &value.canonical());
                    }
                }
            }
        }
        let missing = check.missing();
        if !missing.is_empty() && !check.configuration.is_partial {
            self.warning(
                &check.key.span,
                "missing-required",
                format!(
                    "`{}` has no value for the required configuration of `{}`: {}",
                    check.name,
                    entry.key,
                    missing.join(", ")
                ),
                "add the missing keys under `configuration`; the platform rejects a create without them",
            );
        }
    }

    /// Warns about an element that the catalogue does not have. One that is close to it is probably
    /// meant, so the keys that are close to one of that element are reported, too.
    pub(super) fn unknown_element(
        &mut self,
        at: &Span,
        element: &ElementRef,
        configuration: &Configuration<'_>,
    ) {
        let ElementRef::Key(element) = element else {
            return;
        };
        let catalog = Catalog::embedded();
        let known = catalog.elements().iter().map(|entry| entry.key.as_str());
        let near = nearest(element.as_str(), known).and_then(|near| catalog.element(near));
        let hint = match near {
            Some(near) => format!("did you mean `{}`?", near.key),
            None => "check the spelling; the configuration of a private element is not checked"
                .to_owned(),
        };
        self.warning(
            at,
            "unknown-element",
            format!("unknown element `{element}`"),
            hint,
        );
        let Some(near) = near else { return };
        for (name, (key, _)) in &configuration.nodes {
            let known = || catalog.keys_of(Some(near)).map(|known| known.key.as_str());
            if known().all(|known| known != *name)
                && let Some(meant) = nearest(name, known())
            {
                let hint = format!("did you mean `{meant}` of `{}`?", near.key);
                self.unknown_key(&key.span, name, element.as_str(), hint);
            }
        }
    }

    fn unknown_key(&mut self, at: &Span, name: &str, element: &str, hint: String) {
        let message = format!("unknown configuration key `{name}` for `{element}`");
        self.warning(at, "unknown-configuration", message, hint);
    }

    fn check_value(&mut self, at: &Span, known: &ConfigurationKey, value: &str) {
        let name = &known.key;
        let options = || known.options.iter().map(String::as_str);
        let (expected, hint) = match known.kind {
            ConfigurationType::Boolean if !matches!(value, "true" | "false") => {
                let hint = match is_old_boolean(value) {
                    true => OLD_BOOLEAN,
                    false => "write true or false",
                };
                ("true or false".to_owned(), hint.to_owned())
            }
            ConfigurationType::Combo
                if !options().any(|option| option.eq_ignore_ascii_case(value)) =>
            {
                let expected = format!("one of `{}`", known.options.join("`, `"));
                let hint = did_you_mean(value, options(), "use one of these values");
                (expected, hint)
            }
            _ => return,
        };
        let message = format!("invalid value for `{name}`: expected {expected}");
        self.warning(at, "wrong-value", message, hint);
    }
}
