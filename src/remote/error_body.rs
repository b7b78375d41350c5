//! The platform's own error body, and what it proves (docs/platform.md#errors).

use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{Response, StatusCode};
use serde_json::Value;

use super::redactor::PlatformText;

#[derive(Debug)]
pub(super) struct PlatformError {
    pub(super) request_id: PlatformText,
    pub(super) message: PlatformText,
    /// Only in errors that come from the vendor.
    pub(super) provider_message: Option<PlatformText>,
}

/// The error body, if it is the platform's own.
pub(super) fn platform_error(response: &Response<Bytes>) -> Option<PlatformError> {
    let value: Value = serde_json::from_slice(response.body()).ok()?;
    let field = |name: &str| {
        value
            .get(name)
            .and_then(Value::as_str)
            .map(PlatformText::new)
    };
    Some(PlatformError {
        request_id: field("requestId")?,
        message: field("message")?,
        provider_message: field("providerMessage"),
    })
}

/// Whether the platform itself says that the object does not exist. A 404 of anything else proves
/// nothing.
pub(super) fn is_missing(response: &Response<Bytes>) -> bool {
    response.status() == StatusCode::NOT_FOUND && platform_error(response).is_some()
}

/// Whether a 404 says that a list of instances is empty (docs/platform.md#empty-lists). That nothing else
/// was found says nothing about instances.
pub(super) fn is_empty_list(response: &Response<Bytes>) -> bool {
    response.status() == StatusCode::NOT_FOUND
        && platform_error(response).is_some_and(|error| error.message.is(says_no_instances))
}

fn says_no_instances(message: &str) -> bool {
    let words: Vec<&str> = message.trim_end_matches('.').split(' ').collect();
    let found = words.iter().position(|word| *word == "found");
    words.first() == Some(&"No")
        && found.is_some_and(|found| {
            let last = words[..found].last();
            last.is_some_and(|last| matches!(*last, "instance" | "instances"))
        })
}

/// Whether the platform is rate limiting or overloaded. A 429 of the vendor concerns one vendor only.
pub(super) fn is_throttled(response: &Response<Bytes>) -> bool {
    match response.status().as_u16() {
        503 => !is_gateway_error(response),
        429 => platform_error(response).is_none_or(|error| error.provider_message.is_none()),
        _ => false,
    }
}

/// Whether a gateway answered because it cannot reach the platform. With `Retry-After` it asks for
/// a pause, which is not an outage.
pub(super) fn is_gateway_error(response: &Response<Bytes>) -> bool {
    matches!(response.status().as_u16(), 502..=504)
        && platform_error(response).is_none()
        && !response.headers().contains_key(RETRY_AFTER)
}
