//! What the manifest is to say of an instance: what a person would write, so that nothing differs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::keys::free;
use crate::catalog::{Catalog, ConfigurationKey, ConfigurationType, ElementEntry};
use crate::catalog::{holds_credential, is_credential, is_platform_owned};
use crate::model::{
    DesiredInstance, DesiredValue, InstanceKey, MASK, MAX_NAME, MAX_TAG, Observed,
    ObservedInstance, PlainValue, Secret, Stanza, StanzaValue, canonical_text, is_clear_text,
    variable_name,
};

/// Few pages document it, and many connectors have it.
const BASE_URL: &str = "base.url";
const EVENTS: &str = "event.notification.enabled";
const POLLING: [&str; 2] = ["event.metadata", "event.poller.configuration"];

/// Names of variables, each for one secret.
#[derive(Clone, Debug, Default)]
pub struct Variables(pub BTreeSet<String>);

impl Variables {
    /// `JIRA_EU_PASSWORD` for the key `jira-eu` and `password`. Two keys may come to one name, so that
    /// a number makes it unique.
    fn take(&mut self, key: &InstanceKey, name: &str) -> String {
        let name = variable_name(key, name);
        let name = free(&name, "_", &self.0).unwrap_or(name);
        self.0.insert(name.clone());
        name
    }
}

/// Whether the platform shows a secret that is not set as such. Some may show a mask for it
/// (docs/platform.md#q5): there, only what an element requires counts as set.
pub fn shows_unset(observed: &Observed) -> bool {
    observed.instances.values().any(|seen| {
        let entry = Catalog::embedded().element(seen.element.key.as_str());
        let values = seen.configuration.iter().flatten();
        let mut unset = values.filter(|(_, value)| is_empty(value.as_ref()));
        unset.any(|(name, _)| {
            let known = Catalog::embedded().key_of(entry, name);
            known.is_some_and(|known| known.kind == ConfigurationType::Password)
        })
    })
}

fn is_empty(value: Option<&Secret>) -> bool {
    value.is_none_or(Secret::is_empty)
}

/// The stanza of an instance.
pub fn stanza(
    key: &InstanceKey,
    seen: &ObservedInstance,
    variables: &mut Variables,
    shows_unset: bool,
) -> Stanza {
    let entry = Catalog::embedded().element(seen.element.key.as_str());
    let mut ignore_changes = BTreeSet::new();
    let name = is_clear_text(&seen.name, MAX_NAME).then(|| seen.name.clone());
    if name.is_none() {
        // Left out it would be the key, and the next apply would rename the instance.
        ignore_changes.insert("name".to_owned());
    }
    let tags = seen.own_tags();
    // Without tags, the platform tags an instance with its name (docs/platform.md#tags).
    let is_default = tags.iter().eq([&seen.name]);
    let can_be_declared = tags.iter().all(|tag| is_clear_text(tag, MAX_TAG));
    let has_events = seen.value(EVENTS).is_some_and(|it| it.expose() == "true");
    let mut configuration = BTreeMap::new();
    for (name, value) in seen.configuration.iter().flatten() {
        let value = value.as_ref().filter(|value| !value.is_empty());
        // A connector that can poll describes by itself what it polls (docs/platform.md#events).
        let value = value.filter(|_| has_events || !POLLING.contains(&name.as_str()));
        if let Some(value) = value
            && let Some(kept) = Kind::of(entry, name, value.expose(), shows_unset)
        {
            let value = match kept {
                Kind::Plain(plain) => StanzaValue::Plain(plain),
                Kind::Secret => StanzaValue::Variable(variables.take(key, name)),
            };
            configuration.insert(name.clone(), value);
        }
    }
    Stanza {
        key: key.clone(),
        element: seen.element.key.clone(),
        name: name.filter(|name| name != key.as_str()),
        tags: Some(tags).filter(|tags| !tags.is_empty() && !is_default && can_be_declared),
        configuration,
        enabled: (!seen.enabled).then_some(false),
        ignore_changes,
    }
}

/// A value that the manifest has to declare.
enum Kind {
    Plain(PlainValue),
    Secret,
}

impl Kind {
    /// `None` for a default, and for what only the platform sets.
    fn of(entry: Option<&ElementEntry>, name: &str, text: &str, shows_unset: bool) -> Option<Self> {
        if is_platform_owned(name) {
            return None;
        }
        let known = Catalog::embedded().key_of(entry, name);
        if text == MASK {
            let is_set = shows_unset || known.is_none_or(|known| known.required);
            return is_set.then_some(Self::Secret);
        }
        if known.is_some_and(|known| is_default(known, text)) {
            return None;
        }
        if entry.is_some() && known.is_none() && name != BASE_URL {
            // Nobody knows what it is, the platform may change it, and what is not declared is left alone.
            return None;
        }
        let value = typed(text);
        let is_secret = is_credential(entry, name) || holds_credential(entry, name, &value);
        Some(match is_secret {
            true => Self::Secret,
            false => Self::Plain(PlainValue(value)),
        })
    }
}

fn is_default(known: &ConfigurationKey, text: &str) -> bool {
    known.default.as_deref().is_some_and(|default| {
        canonical_text(default) == canonical_text(text) || default.eq_ignore_ascii_case(text)
    })
}

/// The value with the type that a person would give it; its spelling on the platform is the same.
fn typed(text: &str) -> Value {
    let number = text.parse::<i64>().ok();
    let value = match text {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => match (number, serde_json::from_str(&canonical_text(text))) {
            (Some(number), _) => number.into(),
            (None, Ok(nested @ (Value::Array(_) | Value::Object(_)))) => nested,
            (None, _) => text.into(),
        },
    };
    let is_same = PlainValue(value.clone()).canonical() == canonical_text(text);
    if is_same { value } else { text.into() }
}

/// Adds to a stanza what the manifest's `defaults` would change: `loaded` is the instance as the
/// manifest with the stanza declares it. What `defaults` say of secrets stays theirs.
pub fn overrule(stanza: &mut Stanza, loaded: &DesiredInstance, seen: &ObservedInstance) {
    let own = seen.own_tags();
    if loaded.tags.as_ref().is_some_and(|tags| *tags != own) {
        stanza.tags = Some(own);
    }
    if loaded.enabled != seen.enabled {
        stanza.enabled = Some(seen.enabled);
    }
    for (name, value) in &loaded.configuration {
        let DesiredValue::Plain(value) = value else {
            continue;
        };
        let shown = seen.value(name).map_or("", Secret::expose);
        let is_same = value
            .canonical()
            .eq_ignore_ascii_case(&canonical_text(shown));
        if !is_same && shown != MASK && !is_platform_owned(name) {
            let value = StanzaValue::Plain(PlainValue(typed(shown)));
            stanza.configuration.insert(name.clone(), value);
        }
    }
    let from_defaults = |name: &String| match loaded.configuration.get(name) {
        Some(DesiredValue::Secret(_)) => !stanza.configuration.contains_key(name),
        Some(DesiredValue::Plain(_)) | None => false,
    };
    let shared: Vec<String> = loaded
        .configuration
        .keys()
        .filter(|name| from_defaults(name))
        .cloned()
        .collect();
    for name in shared {
        if is_empty(seen.value(&name)) {
            // It would be sent, although the instance has none.
            stanza
                .ignore_changes
                .insert(format!("configuration.{name}"));
        }
    }
}
