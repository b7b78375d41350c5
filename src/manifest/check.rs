//! Checks of an instance against the catalogue. All are warnings, for the tenant's own catalogue may
//! be newer than the one compiled in; the platform takes unknown keys without a word (
//! docs/platform.md#configuration), so nobody else would tell.

use std::collections::BTreeMap;

use super::fields::{Reader, is_old_boolean, nearest};
use super::parse::{Key, Kind, Node};
use crate::catalog::{Catalog, ConfigurationKey, ConfigurationType, ElementEntry};
use crate::diagnostic::{Diagnostic, Place};
use crate::model::{DesiredValue, ElementRef, InstanceKey};

/// Families of keys that every connector may have and few pages document.
const HIDDEN_FAMILIES: [&str; 5] = ["base.url", "bulk.", "pagination.", "oauth.", "aws."];
/// What there is of an instance, whatever else is wrong with it.
pub(super) struct Seen<'a> {
    pub(super) element: &'a ElementRef,
    pub(super) configuration: &'a BTreeMap<String, DesiredValue>,
    /// Whether that is all of the configuration.
    pub(super) whole: bool,
    /// Whether a grant code or a refresh token stands for the rest of a sign-in; it does not for the
    /// application's own key and secret.
    pub(super) signs_in: bool,
}

/// The key that chooses the variant of authentication.
const VARIANT: &str = "authentication.type";

impl Reader<'_, '_> {
    /// Warns of what the catalogue does not agree with.
    pub(super) fn check(
        &mut self,
        key: &InstanceKey,
        place: &Key,
        seen: &Seen<'_>,
        entry: Option<&ElementEntry>,
        configuration: Option<&Node>,
    ) {
        let Some(entry) = entry else {
            return self.unknown_element(place, seen.element);
        };
        let at = |reader: &Self, name: &str| {
            configuration
                .and_then(|node| member(node, name))
                .map_or_else(
                    || (reader.key_place(place), reader.key_place(place)),
                    |(key, node)| (reader.key_place(key), reader.place(node)),
                )
        };
        for (name, value) in seen.configuration {
            let (key_at, value_at) = at(self, name);
            match Catalog::embedded().key_of(Some(entry), name) {
                None => self.unknown_key(key_at, name, entry),
                Some(row) => self.check_value(value_at, row, value),
            }
        }
        let missing: Vec<&str> = entry
            .configuration
            .iter()
            .filter(|row| row.required && row.default.is_none())
            .filter(|row| in_variant(row, entry, seen))
            .filter(|row| !seen.configuration.contains_key(&row.key))
            .filter(|row| !(row.key.starts_with("oauth.user.") && seen.signs_in))
            .map(|row| row.key.as_str())
            .collect();
        if !missing.is_empty() && seen.whole {
            let problem = Diagnostic::warning(
                "missing-required",
                format!(
                    "`{key}` lacks what `{}` requires: {}",
                    entry.key,
                    missing.join(", ")
                ),
            )
            .at(self.key_place(place))
            .hint("add it under `configuration`; the platform refuses a create without it");
            self.out.push(problem);
        }
    }

    fn unknown_element(&mut self, place: &Key, element: &ElementRef) {
        let ElementRef::Key(element) = element else {
            return;
        };
        let known = Catalog::embedded()
            .elements()
            .iter()
            .map(|entry| entry.key.as_str());
        let problem = Diagnostic::warning(
            "unknown-element",
            format!("the catalogue knows no element `{element}`"),
        )
        .at(self.key_place(place));
        let problem = match nearest(element.as_str(), known) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => {
                problem.hint("a private element is fine: its configuration is not checked then")
            }
        };
        self.out.push(problem);
    }

    fn unknown_key(&mut self, at: Place, name: &str, entry: &ElementEntry) {
        if HIDDEN_FAMILIES
            .iter()
            .any(|family| name.starts_with(family))
        {
            return;
        }
        let rows = Catalog::embedded().keys_of(Some(entry));
        let problem = Diagnostic::warning(
            "unknown-configuration",
            format!("the catalogue knows no key `{name}` for `{}`", entry.key),
        )
        .at(at);
        let problem = match nearest(name, rows.map(|row| row.key.as_str())) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => {
                problem.hint("the platform takes unknown keys without a word: check the spelling")
            }
        };
        self.out.push(problem);
    }

    fn check_value(&mut self, at: Place, row: &ConfigurationKey, value: &DesiredValue) {
        let DesiredValue::Plain(value) = value else {
            return;
        };
        let text = value.canonical();
        let name = &row.key;
        let problem = match row.kind {
            ConfigurationType::Boolean if !matches!(text.as_str(), "true" | "false") => {
                let problem = Diagnostic::warning(
                    "wrong-value",
                    format!("`{name}` is a boolean: expected true or false"),
                );
                if is_old_boolean(&text) {
                    problem.hint("since YAML 1.2, `yes`, `no`, `on` and `off` are texts: write true or false")
                } else {
                    problem
                }
            }
            ConfigurationType::Combo
                if !row
                    .options
                    .iter()
                    .any(|option| option.eq_ignore_ascii_case(&text)) =>
            {
                Diagnostic::warning("wrong-value", format!("`{name}` has another set of values"))
                    .hint(format!("one of: {}", row.options.join(", ")))
            }
            _ => return,
        };
        self.out.push(problem.at(at));
    }
}

/// Whether a row counts for the variant that the instance chooses.
fn in_variant(row: &ConfigurationKey, entry: &ElementEntry, seen: &Seen<'_>) -> bool {
    let Some(group) = &row.group else {
        return true;
    };
    let chosen = match seen.configuration.get(VARIANT) {
        Some(DesiredValue::Plain(value)) => Some(value.canonical()),
        Some(DesiredValue::Secret(_)) => return false,
        None => entry
            .configuration
            .iter()
            .find(|row| row.key == VARIANT)
            .and_then(|row| row.default.clone()),
    };
    chosen.is_some_and(|chosen| chosen.eq_ignore_ascii_case(group))
}

fn member<'n>(node: &'n Node, name: &str) -> Option<&'n (Key, Node)> {
    match &node.kind {
        Kind::Map(members) => members.iter().find(|(key, _)| key.text == name),
        _ => None,
    }
}
