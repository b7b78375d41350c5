//! Brings values into one spelling before they are compared, so that the diff stays simple.
//! Everything a comparison must know about the platform's spelling is here.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Catalog, ElementEntry, is_platform_owned};
use crate::model::{
    Lock, LockedInstance, MASK, Marker, Observed, ObservedInstance, PlainValue, Secret,
    canonical_text,
};

/// What the platform shows under a configuration key; `None` for a mask, and for what it changes
/// itself. An unset key comes back as null, as an empty text or not at all
/// (docs/platform.md#configuration).
pub fn shown(instance: &ObservedInstance, name: &str) -> Option<String> {
    if is_platform_owned(name) {
        return None;
    }
    let text = instance.value(name).map_or("", Secret::expose);
    (text != MASK).then(|| canonical(text))
}

/// A declared value in the spelling used for comparison.
pub(super) fn declared(value: &PlainValue) -> String {
    canonical(&value.canonical())
}

/// Whether the platform has the declared value, in whatever spelling.
pub(super) fn same(
    element: Option<&ElementEntry>,
    name: &str,
    value: &PlainValue,
    shown: &str,
) -> bool {
    let declared = declared(value);
    if declared == shown {
        return true;
    }
    // An empty value for a key with a default may come back as the default (docs/platform.md#q10).
    if declared.is_empty() {
        let key = Catalog::embedded().key_of(element, name);
        let default = key.and_then(|key| key.default.as_deref());
        return default.is_some_and(|default| canonical(default) == shown);
    }
    is_same_fraction(value, shown)
}

/// The value that the platform shows, where the lock file records another one, compared as a plan
/// compares. A value that is not shown counts as unchanged.
pub fn unlike_recorded(seen: &ObservedInstance, name: &str, recorded: &str) -> Option<String> {
    let shown = shown(seen, name)?;
    let element = Catalog::embedded().element(seen.element.key.as_str());
    // The lock file does not record whether the value was declared as a number.
    let fraction = recorded.parse().ok().filter(serde_json::Number::is_f64);
    let value = match fraction {
        Some(number) => PlainValue(number.into()),
        None => PlainValue::text(recorded),
    };
    (!same(element, name, &value, &shown)).then_some(shown)
}

/// Whether the platform shows this value, in whatever spelling, or does not show what it has.
pub fn has(seen: &ObservedInstance, name: &str, value: &PlainValue) -> bool {
    let element = Catalog::embedded().element(seen.element.key.as_str());
    shown(seen, name).is_none_or(|shown| same(element, name, value, &shown))
}

/// A fraction may come back in another spelling, such as `1` for `1.0`. An integer has only one.
fn is_same_fraction(value: &PlainValue, shown: &str) -> bool {
    match &value.0 {
        serde_json::Value::Number(number) if number.is_f64() => {
            shown.parse::<f64>().ok() == number.as_f64()
        }
        _ => false,
    }
}

/// Booleans come back in lower case.
fn canonical(text: &str) -> String {
    if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") {
        return text.to_ascii_lowercase();
    }
    canonical_text(text)
}

/// The recorded state in the form of an observed one, for offline plans.
pub(super) fn as_recorded(lock: &Lock) -> Observed {
    let instances = lock
        .instances
        .iter()
        .map(|(key, entry)| {
            let LockedInstance {
                id,
                token: _,
                element,
                name,
                tags,
                configuration,
                secrets,
                read_back: _,
                enabled,
                valid,
                created_date,
                lifecycle: _,
            } = entry;
            let mut all = tags.clone().unwrap_or_default();
            all.insert(Marker::live(&lock.header.inventory, key).to_string());
            let values: BTreeMap<String, Option<Secret>> = configuration
                .iter()
                .map(|(name, value)| (name.clone(), Some(Secret::new(value.as_str()))))
                .chain(
                    secrets
                        .keys()
                        .map(|name| (name.clone(), Some(Secret::new(MASK)))),
                )
                .collect();
            let instance = ObservedInstance {
                id: *id,
                name: name.clone(),
                element: element.clone(),
                tags: Some(all),
                configuration: Some(values),
                enabled: *enabled,
                valid: *valid,
                created_date: created_date.clone(),
                token: None,
            };
            (*id, instance)
        })
        .collect();
    Observed {
        instances,
        gone: BTreeSet::new(),
        ..Observed::default()
    }
}
