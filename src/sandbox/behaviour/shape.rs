//! An instance as responses show it (docs/platform.md#the-instance).

use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use super::configuration::{MASK, given, is_masked};
use super::elements;
use crate::sandbox::assumptions::{Assumptions, ListedTags, OwnSecrets, UnsetSecret};
use crate::sandbox::digest::is_sealed;
use crate::sandbox::platform::Platform;
use crate::sandbox::state::{Element, StoredInstance};

/// How much of an instance a response shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct Parts {
    pub(in crate::sandbox) configuration: bool,
    /// `None`: the response has no member `tags`.
    pub(in crate::sandbox) tags: Option<ListedTags>,
}

/// How many characters of a tag are left where tags are cut: so few that tags which one tool makes for
/// several instances become equal.
const CUT_TAG: usize = 12;

fn cut(tag: &str) -> String {
    tag.chars().take(CUT_TAG).collect()
}

impl Parts {
    pub(in crate::sandbox) const ALL: Self = Self {
        configuration: true,
        tags: Some(ListedTags::All),
    };
}

/// The value of one key as shown: masked, unset, or as stored.
fn shown(
    element: Option<&Element>,
    key: &str,
    value: Option<&str>,
    assumptions: &Assumptions,
) -> Value {
    let masked = element.is_some_and(|element| is_masked(element, key));
    match value {
        // What is known of a secret from a state file.
        Some(text) if is_sealed(text) => MASK.into(),
        _ if !masked || assumptions.q19 == OwnSecrets::Owner => {
            value.map_or(Value::Null, Into::into)
        }
        Some(text) if !text.is_empty() => MASK.into(),
        _ if assumptions.q5 == UnsetSecret::Mask => MASK.into(),
        _ => Value::Null,
    }
}

/// An instance; with `volatile`, some values differ at every read.
pub(in crate::sandbox) fn instance(
    platform: &Platform,
    instance: &StoredInstance,
    parts: Parts,
    volatile: Option<u64>,
) -> Value {
    let Platform {
        state, assumptions, ..
    } = platform;
    let element = elements::find(&state.own_elements, instance.element);
    let created = UNIX_EPOCH + Duration::from_millis(instance.created_ms);
    let user = state.user(instance.owner);
    let events = given(&instance.configuration, "event.notification.enabled") == Some("true");
    let mut value = json!({
        "id": instance.id,
        "name": instance.name,
        "createdDate": humantime::format_rfc3339_seconds(created).to_string(),
        "token": instance.token,
        "element": element.map_or_else(|| gone(instance), Element::embedded),
        "elementId": instance.element,
        "provisionInteractions": [],
        "valid": instance.valid,
        "disabled": instance.disabled,
        "maxCacheSize": 0,
        "cacheTimeToLive": 0,
        "cachingEnabled": false,
        "eventsEnabled": events,
        "traceLoggingEnabled": instance.trace_logging,
        "externalAuthentication": instance.external_authentication,
        "user": {
            "id": instance.owner,
            "emailAddress": user.map_or("", |user| user.email.as_str()),
            "firstName": "Sand",
            "lastName": "Box",
        },
    });
    match parts.tags {
        None => {}
        Some(ListedTags::All) => value["tags"] = instance.tags.as_slice().into(),
        Some(ListedTags::Empty) => value["tags"] = json!([]),
        Some(ListedTags::Cut) => {
            value["tags"] = instance.tags.iter().map(|tag| cut(tag)).collect();
        }
    }
    if parts.configuration {
        let mut configuration: Map<String, Value> = instance
            .configuration
            .iter()
            .map(|(key, value)| {
                let value = shown(element, key, value.as_deref(), assumptions);
                (key.clone(), value)
            })
            .collect();
        if let Some(turn) = volatile {
            for key in ["oauth.user.token", "oauth.user.refresh_time", "session.id"] {
                configuration.insert(key.to_owned(), format!("volatile-{turn}").into());
            }
        }
        value["configuration"] = configuration.into();
    }
    value
}

/// The element of an instance whose element the tenant has deleted.
fn gone(instance: &StoredInstance) -> Value {
    json!({
        "id": instance.element,
        "key": instance.element_key,
        "name": instance.element_key,
        "deleted": true,
    })
}

/// The entries of `/instances/{id}/configuration` (docs/platform.md#configuration-entries). Their ids
/// belong to the instance, not to the catalogue.
pub(in crate::sandbox) fn entries(platform: &Platform, instance: &StoredInstance) -> Vec<Value> {
    let element = elements::find(&platform.state.own_elements, instance.element);
    instance
        .configuration
        .iter()
        .enumerate()
        .map(|(place, (key, value))| {
            let row = element.and_then(|element| element.row(key));
            json!({
                "id": instance.id * 1000 + place as u64,
                "key": key,
                "name": key,
                "description": format!("The value of {key}"),
                "type": row.as_ref().map_or("TEXTFIELD_1000", |row| row.kind.as_str()),
                "required": row.is_some_and(|row| row.required),
                "active": true,
                "hideFromConsole": false,
                "propertyValue": shown(element, key, value.as_deref(), &platform.assumptions),
            })
        })
        .collect()
}
