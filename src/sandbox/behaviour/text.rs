//! Texts: markup is removed from names and tags (docs/platform.md#tags and docs/platform.md#names), and
//! values become strings.

use serde_json::{Map, Value};

use crate::sandbox::assumptions::{Assumptions, EmptyTags, TagLimit};
use crate::sandbox::reply::{ApiError, ApiResult};

/// Removes everything from `<` to the next `>`.
pub(in crate::sandbox) fn strip_markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('<') {
        let Some(close) = rest[open..].find('>') else {
            break;
        };
        out.push_str(&rest[..open]);
        rest = &rest[open + close + 1..];
    }
    out.push_str(rest);
    out
}

/// An object without its members that are null.
pub(in crate::sandbox) fn without_nulls(mut object: Value) -> Value {
    if let Value::Object(members) = &mut object {
        members.retain(|_, value| !value.is_null());
    }
    object
}

/// Text from a client, made safe for a message.
pub(in crate::sandbox) fn plain(text: &str) -> String {
    text.chars()
        .filter(|character| character.is_alphanumeric() || "._- ".contains(*character))
        .take(80)
        .collect()
}

/// The tags of a body, or `None` if it has none: a create then stores the name as its only tag.
pub(in crate::sandbox) fn tags(
    body: &Map<String, Value>,
    name: &str,
    assumptions: &Assumptions,
) -> ApiResult<Option<Vec<String>>> {
    let Some(given) = body.get("tags").filter(|given| !given.is_null()) else {
        return Ok(None);
    };
    let not_strings = || ApiError::bad_request("tags must be an array of strings");
    let mut tags: Vec<String> = Vec::new();
    for item in given.as_array().ok_or_else(not_strings)? {
        let tag = strip_markup(item.as_str().ok_or_else(not_strings)?);
        if assumptions.q14 == TagLimit::Limited && tag.chars().count() > 64 {
            return Err(ApiError::bad_request(
                "A tag must not be longer than 64 characters",
            ));
        }
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    if tags.is_empty() && assumptions.q3 == EmptyTags::Name {
        tags.push(name.to_owned());
    }
    Ok(Some(tags))
}

/// A configuration value as stored: every value is a string (docs/platform.md#configuration).
pub(in crate::sandbox) fn value(given: &Value) -> Option<String> {
    match given {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
