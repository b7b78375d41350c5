//! A platform that keeps other values than it is sent. Must not: touch a tag, which may be a marker.

use bytes::Bytes;
use serde_json::{Map, Value};

/// A body with its name and its configuration as they are stored: trimmed, in lower case, without a
/// slash at the end.
pub(super) fn rewritten(body: &Bytes) -> Bytes {
    with_object(body, |object| {
        object.get_mut("name").map(rewrite);
        let configuration = object.get_mut("configuration");
        let values = configuration.and_then(Value::as_object_mut);
        values
            .into_iter()
            .flat_map(Map::values_mut)
            .for_each(rewrite);
    })
}

fn rewrite(value: &mut Value) {
    if let Value::String(text) = value {
        *text = text.trim().trim_end_matches('/').to_lowercase();
    }
}

/// A body without name and configuration.
pub(super) fn without_values(body: &Bytes) -> Bytes {
    with_object(body, |object| {
        object.retain(|member, _| !matches!(member.as_str(), "name" | "configuration"));
    })
}

fn with_object(body: &Bytes, edit: impl FnOnce(&mut Map<String, Value>)) -> Bytes {
    match serde_json::from_slice(body) {
        Ok(Value::Object(mut object)) => {
            edit(&mut object);
            Bytes::from(Value::Object(object).to_string())
        }
        _ => body.clone(),
    }
}
