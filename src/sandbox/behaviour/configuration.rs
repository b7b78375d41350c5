//! Configuration: merged, defaulted, required and masked (docs/platform.md#configuration and
//! docs/platform.md#masking).

use serde_json::{Map, Value};

use super::text;
use crate::catalog::{ConfigurationKey, ConfigurationType};
use crate::sandbox::assumptions::{Assumptions, NullValue, SentMask, VendorType};
use crate::sandbox::state::{Configuration, Element};

pub(in crate::sandbox) const MASK: &str = "********";

/// The value of a key that is set and not empty.
pub(in crate::sandbox) fn given<'a>(
    configuration: &'a Configuration,
    key: &str,
) -> Option<&'a str> {
    let value = configuration.get(key)?.as_deref();
    value.filter(|text| !text.is_empty())
}

/// Whether responses mask the value of this key.
pub(in crate::sandbox) fn is_masked(element: &Element, key: &str) -> bool {
    matches!(key, "oauth.api.key" | "oauth.api.secret")
        || element
            .row(key)
            .is_some_and(|row| row.kind == ConfigurationType::Password)
}

/// What is stored after `changes` are merged into `before`: keys that were never set have their defaults,
/// and unknown keys are accepted silently.
pub(in crate::sandbox) fn merged(
    element: &Element,
    before: &Configuration,
    changes: &Map<String, Value>,
    assumptions: &Assumptions,
) -> Configuration {
    let default = |key: &str| element.row(key).and_then(|row| default(element, &row));
    let defaults = element
        .rows()
        .map(|row| (row.key.clone(), self::default(element, &row)));
    let mut stored: Configuration = defaults.collect();
    stored.extend(before.clone());
    for (key, value) in changes {
        let value = text::value(value);
        let is_mask = value.as_deref() == Some(MASK) && is_masked(element, key);
        let value = match value {
            Some(_) if is_mask && assumptions.q8 == SentMask::Unchanged => continue,
            Some(text)
                if key == "event.vendor.type"
                    && text == "webhooks"
                    && assumptions.q22 == VendorType::Normalized =>
            {
                Some("webhook".to_owned())
            }
            None if assumptions.q10 == NullValue::Default => default(key),
            value => value,
        };
        stored.insert(key.clone(), value);
    }
    stored
}

/// A connector that can poll has a description of what it polls (docs/platform.md#events).
fn default(element: &Element, row: &ConfigurationKey) -> Option<String> {
    let polls = || element.events().iter().any(|event| event == "polling");
    let of_polling = match row.key.as_str() {
        "event.metadata" => Some(r#"{"polling":{"contacts":{"idField":"id"}}}"#),
        "event.poller.configuration" => Some(
            r#"{"contacts":{"url":"/contacts","idField":"id","datesConfiguration":{"updatedDateField":"updatedDate","createdDateField":"createdDate"}}}"#,
        ),
        _ => None,
    };
    let of_polling = of_polling.filter(|_| row.default.is_none() && polls());
    of_polling
        .map(str::to_owned)
        .or_else(|| row.default.clone())
}

/// The required keys without a value, for the chosen `authentication.type`.
pub(in crate::sandbox) fn missing_required(
    element: &Element,
    stored: &Configuration,
) -> Vec<String> {
    let variant = given(stored, "authentication.type");
    element
        .rows()
        .filter(|row| row.required && given(stored, &row.key).is_none())
        .filter(|row| match (&row.group, variant) {
            (None, _) => true,
            (Some(group), Some(variant)) => group.eq_ignore_ascii_case(variant),
            (Some(_), None) => false,
        })
        .map(|row| row.key.clone())
        .collect()
}
