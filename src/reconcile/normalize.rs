//! Both sides in one spelling before anything is compared, so that the diff stays stupid. Every
//! habit of the platform that a comparison must know is here.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::is_platform_owned;
use crate::model::observed::MASK;
use crate::model::value::canonical_text;
use crate::model::{
    Element, ElementRef, Lock, LockedInstance, Marker, Observed, ObservedInstance, PlainValue,
    Secret,
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
/// not at all (API.md section 2.1).
pub(super) fn shown(instance: &ObservedInstance, name: &str) -> ShownValue {
    if is_platform_owned(name) {
        return ShownValue::Hidden;
    }
    let value = instance
        .configuration
        .as_ref()
        .and_then(|configuration| configuration.get(name));
    match value {
        None | Some(None) => ShownValue::Clear(String::new()),
        Some(Some(text)) if text.expose() == MASK => ShownValue::Hidden,
        Some(Some(text)) => ShownValue::Clear(canonical(text.expose())),
    }
}

/// The spelling that both sides are brought into.
pub(super) fn wanted(value: &PlainValue) -> String {
    canonical(&value.canonical())
}

/// Booleans come back in lower case whatever was sent.
fn canonical(text: &str) -> String {
    if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") {
        return text.to_ascii_lowercase();
    }
    canonical_text(text)
}

/// Tags without markers.
pub(super) fn own_tags(instance: &ObservedInstance) -> BTreeSet<String> {
    instance
        .tags
        .iter()
        .flatten()
        .filter(|tag| Marker::state_of(tag).is_none())
        .cloned()
        .collect()
}

/// Whether an instance is of the element the manifest names.
pub(super) fn is_of(element: &Element, wanted: &ElementRef) -> bool {
    match wanted {
        ElementRef::Key(key) => element.key == *key,
        ElementRef::Id(id) => element.id == Some(*id),
    }
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
            all.insert(Marker::live(&lock.inventory, key).to_string());
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
