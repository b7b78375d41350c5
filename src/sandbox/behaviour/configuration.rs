//! Configuration: merged, defaulted, required and masked (docs/platform.md#configuration and
//! docs/platform.md#masking).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::elements::ResolvedElement;
use super::text;
use crate::catalog::ConfigurationType;
use crate::sandbox::assumptions::{Assumptions, NullValue, SentMask, VendorType};

pub(in crate::sandbox) const MASK: &str = "********";

/// Whether responses mask the value of this key.
pub(in crate::sandbox) fn is_masked(element: ResolvedElement<'_>, key: &str) -> bool {
    matches!(key, "oauth.api.key" | "oauth.api.secret")
        || element
            .row(key)
            .is_some_and(|row| row.kind == ConfigurationType::Password)
}

/// What is stored after `given` is merged into `before`: keys that were never set have their defaults,
/// and unknown keys are accepted silently.
pub(in crate::sandbox) fn merged(
    element: ResolvedElement<'_>,
    before: &BTreeMap<String, Option<String>>,
    given: &Map<String, Value>,
    assumptions: &Assumptions,
) -> BTreeMap<String, Option<String>> {
    let default = |key: &str| element.row(key).and_then(|row| row.default.clone());
    let mut stored: BTreeMap<String, Option<String>> = element
        .rows()
        .into_iter()
        .map(|row| (row.key.clone(), row.default.clone()))
        .collect();
    stored.extend(before.clone());
    for (key, value) in given {
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
    element: ResolvedElement<'_>,
    stored: &BTreeMap<String, Option<String>>,
) -> Vec<&'static str> {
    let value = |key: &str| {
        stored
            .get(key)
            .and_then(Option::as_deref)
            .filter(|text| !text.is_empty())
    };
    let variant = value("authentication.type");
    element
        .rows()
        .into_iter()
        .filter(|row| row.required && value(&row.key).is_none())
        .filter(|row| match (&row.group, variant) {
            (None, _) => true,
            (Some(group), Some(variant)) => group.eq_ignore_ascii_case(variant),
            (Some(_), None) => false,
        })
        .map(|row| row.key.as_str())
        .collect()
}
