//! Both sides in one spelling before anything is compared, so that the diff stays stupid. Every
//! habit of the platform that a comparison must know is here.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Catalog, ElementEntry, is_platform_owned};
use crate::model::{
    Lock, LockedInstance, MASK, Marker, Observed, ObservedInstance, PlainValue, Secret,
    canonical_text,
};

/// A value as the platform shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ShownValue {
    /// In clear.
    Clear(String),
    /// It cannot be told: masked, or a value the platform changes by itself.
    Hidden,
}

/// What the platform shows under a configuration key. Unset comes back as null, as an empty text or
/// not at all (docs/platform.md#configuration).
pub(super) fn shown(instance: &ObservedInstance, name: &str) -> ShownValue {
    if is_platform_owned(name) {
        return ShownValue::Hidden;
    }
    match instance.value(name) {
        None => ShownValue::Clear(String::new()),
        Some(text) if text.expose() == MASK => ShownValue::Hidden,
        Some(text) => ShownValue::Clear(canonical(text.expose())),
    }
}

/// The spelling that both sides are brought into.
pub(super) fn wanted(value: &PlainValue) -> String {
    canonical(&value.canonical())
}

/// Whether the platform has what is wanted, in whatever spelling.
pub(super) fn same(
    element: Option<&ElementEntry>,
    name: &str,
    value: &PlainValue,
    shown: &str,
) -> bool {
    let wanted = wanted(value);
    if wanted == shown {
        return true;
    }
    // Nothing, sent to a key with a default, may come back as the default (docs/platform.md#q10).
    if wanted.is_empty() {
        let key = Catalog::embedded().key_of(element, name);
        let default = key.and_then(|key| key.default.as_deref());
        return default.is_some_and(|default| canonical(default) == shown);
    }
    is_same_fraction(value, shown)
}

/// Whether the platform shows what the lock file records under a configuration key, compared as a plan
/// compares. A value that is not shown counts as unchanged.
pub fn is_as_recorded(seen: &ObservedInstance, name: &str, recorded: &str) -> bool {
    let ShownValue::Clear(shown) = shown(seen, name) else {
        return true;
    };
    let element = Catalog::embedded().element(seen.element.key.as_str());
    // Whether it was declared as a number is not recorded.
    let fraction = recorded.parse().ok().filter(serde_json::Number::is_f64);
    let value = match fraction {
        Some(number) => PlainValue(number.into()),
        None => PlainValue::text(recorded),
    };
    same(element, name, &value, &shown)
}

/// A fraction may come back in another spelling, `1.0` as `1` say; an integer has only one.
fn is_same_fraction(value: &PlainValue, shown: &str) -> bool {
    match &value.0 {
        serde_json::Value::Number(number) if number.is_f64() => {
            shown.parse::<f64>().ok() == number.as_f64()
        }
        _ => false,
    }
}

/// Booleans come back in lower case whatever was sent.
fn canonical(text: &str) -> String {
    if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") {
        return text.to_ascii_lowercase();
    }
    canonical_text(text)
}

/// Offline, what is recorded is taken for what is.
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
    }
}
