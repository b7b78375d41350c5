//! Configuration: merged, defaulted, required and masked (docs/platform.md#configuration and
//! docs/platform.md#masking).

use serde_json::{Map, Value};

use super::text;
use crate::catalog::ConfigurationType;
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
    let default = |key: &str| element.row(key).and_then(|row| row.default.clone());
    let defaults = element
        .rows()
        .map(|row| (row.key.clone(), row.default.clone()));
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

/// The required keys without a value, for the chosen `authentication.type`.
pub(in crate::sandbox) fn missing_required(
    element: &Element,
    stored: &Configuration,
) -> Vec<&'static str> {
    let variant = given(stored, "authentication.type");
    element
        .rows()
        .filter(|row| row.required && given(stored, &row.key).is_none())
        .filter(|row| match (&row.group, variant) {
            (None, _) => true,
            (Some(group), Some(variant)) => group.eq_ignore_ascii_case(variant),
            (Some(_), None) => false,
        })
        .map(|row| row.key.as_str())
        .collect()
}
