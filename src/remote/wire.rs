//! The platform's JSON, read tolerantly: remote data is input and never an invariant.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::model::{
    Element, ElementId, ElementKey, ElementRef, InstanceId, Marker, ObservedInstance,
    OrganizationId, Secret, SecretJson,
};
use crate::ports::{BodyValue, CreateBody, PatchBody};

/// What may be concluded from a missing member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// A read by id: what is missing does not exist.
    Whole,
    /// A list: what is missing may only have been left out (docs/platform.md#q2).
    Abridged,
}

/// An instance, or `None` if the JSON is not one.
pub(super) fn instance(value: &Value, detail: Detail) -> Option<ObservedInstance> {
    let id = InstanceId(number(value.get("id")?)?);
    let element = element(value)?;
    let configuration = match value.get("configuration") {
        Some(Value::Object(members)) if members.is_empty() && detail == Detail::Abridged => None,
        Some(Value::Object(members)) => Some(
            members
                .iter()
                .map(|(name, value)| (name.clone(), text(value).map(Secret::new)))
                .collect::<BTreeMap<_, _>>(),
        ),
        _ if detail == Detail::Whole => Some(BTreeMap::new()),
        _ => None,
    };
    let tags = match value.get("tags") {
        Some(Value::Array(items)) => Some(items.iter().filter_map(tag).collect::<BTreeSet<_>>()),
        _ if detail == Detail::Whole => Some(BTreeSet::new()),
        _ => None,
    };
    let name = value
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default();
    Some(ObservedInstance {
        id,
        name: name.to_owned(),
        element,
        tags,
        configuration,
        enabled: !value
            .get("disabled")
            .and_then(Value::as_bool)
            .unwrap_or(false),
        valid: value.get("valid").and_then(Value::as_bool).unwrap_or(true),
        created_date: value
            .get("createdDate")
            .and_then(Value::as_str)
            .map(str::to_owned),
        token: value
            .get("token")
            .and_then(Value::as_str)
            .and_then(Secret::token),
    })
}

/// The organization's id in `GET /organizations/me`.
pub(super) fn organization(value: &Value) -> Option<OrganizationId> {
    number(value.get("id")?).map(OrganizationId)
}

fn element(value: &Value) -> Option<Element> {
    let embedded = value.get("element");
    let key = embedded
        .and_then(|element| element.get("key"))
        .and_then(Value::as_str);
    let id = embedded
        .and_then(|element| element.get("id"))
        .or_else(|| value.get("elementId"))
        .and_then(number)
        .map(ElementId);
    match (key, id) {
        (Some(key), id) => Some(Element {
            key: ElementKey(key.to_owned()),
            id,
        }),
        (None, Some(id)) => Some(Element {
            key: ElementKey(format!("#{id}")),
            id: Some(id),
        }),
        (None, None) => None,
    }
}

fn number(value: &Value) -> Option<u64> {
    value
        .as_u64()
        .or_else(|| value.as_str().and_then(|text| text.parse().ok()))
}

/// Values are strings; any other JSON value becomes its text.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// A string, or the `{id, name}` of a sample from 2014 (docs/platform.md#the-instance).
fn tag(value: &Value) -> Option<String> {
    value
        .as_str()
        .or_else(|| value.get("name").and_then(Value::as_str))
        .map(str::to_owned)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Create<'a> {
    element: ElementBody<'a>,
    name: &'a str,
    tags: &'a [String],
    configuration: BTreeMap<&'a str, &'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_data: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_authentication: Option<&'a str>,
    #[serde(
        rename = "retrieveObjectsAfterInstantiation",
        skip_serializing_if = "Option::is_none"
    )]
    retrieve_objects: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum ElementBody<'a> {
    Key(&'a str),
    Id(u64),
}

#[derive(Serialize)]
struct Patch<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    configuration: BTreeMap<&'a str, &'a Value>,
}

/// The documented body of `POST /instances` (docs/platform.md#create).
pub(super) fn create(body: &CreateBody<'_>) -> Result<Bytes, serde_json::Error> {
    let CreateBody {
        element,
        name,
        tags,
        configuration,
        provider_data,
        external_authentication,
        retrieve_objects,
    } = body;
    json(&Create {
        element: match element {
            ElementRef::Key(key) => ElementBody::Key(key.as_str()),
            ElementRef::Id(id) => ElementBody::Id(id.0),
        },
        name,
        tags,
        configuration: exposed(configuration),
        provider_data: provider_data.map(SecretJson::expose),
        external_authentication: *external_authentication,
        retrieve_objects: *retrieve_objects,
    })
}

/// The body of `PATCH /instances/{id}` (docs/platform.md#patch).
pub(super) fn patch(body: &PatchBody<'_>) -> Result<Bytes, serde_json::Error> {
    let PatchBody {
        name,
        tags,
        configuration,
    } = body;
    json(&Patch {
        name: *name,
        // The marker first, as a create has it.
        tags: tags.map(|tags| {
            let mut tags: Vec<&str> = tags.iter().map(String::as_str).collect();
            tags.sort_by_key(|tag| Marker::state_of(tag).is_none());
            tags
        }),
        configuration: exposed(configuration),
    })
}

fn exposed<'a>(configuration: &BTreeMap<&'a str, BodyValue<'a>>) -> BTreeMap<&'a str, &'a Value> {
    configuration
        .iter()
        .map(|(name, value)| (*name, value.expose()))
        .collect()
}

/// Bytes that are wiped once the last request with them is dropped.
fn json(body: &impl Serialize) -> Result<Bytes, serde_json::Error> {
    let mut writer = WipingWriter(Zeroizing::new(Vec::with_capacity(1024)));
    serde_json::to_writer(&mut writer, body)?;
    Ok(Bytes::from_owner(writer.0))
}

/// Grows by copying into a new buffer, since a `Vec` would leave the old one behind unwiped.
struct WipingWriter(Zeroizing<Vec<u8>>);

impl std::io::Write for WipingWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let needed = self.0.len() + bytes.len();
        if needed > self.0.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity(needed * 2));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
