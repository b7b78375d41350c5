//! An answer taken apart: is it the platform's own, what does it say, and what of it may be shown.

use bytes::Bytes;
use http::{Response, StatusCode, header};
use serde_json::Value;

use super::retry::{RetryAdvice, retry_after};
use super::transport::TransportError;
use crate::model::{Secret, Timestamp};
use crate::ports::{RemoteError, RemoteErrorKind};

/// Longer messages are cut.
const MOST_MESSAGE: usize = 500;
/// Shorter values occur in any text by chance.
const SHORTEST_VALUE: usize = 6;

/// Texts that were sent and must not come back in a message: vendors echo credentials.
#[derive(Clone, Default)]
pub(super) struct Sent(Vec<Secret>);

impl Sent {
    pub(super) fn add(&mut self, value: &Value) {
        match value {
            Value::String(text) if text.len() >= SHORTEST_VALUE => {
                self.0.push(Secret::new(text.as_str()))
            }
            Value::Array(items) => items.iter().for_each(|item| self.add(item)),
            Value::Object(members) => members.values().for_each(|item| self.add(item)),
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    pub(super) fn extend(&mut self, other: &Self) {
        self.0.extend(other.0.iter().cloned());
    }

    fn is_in(&self, text: &str) -> bool {
        self.0.iter().any(|value| text.contains(value.expose()))
    }
}

/// Which request an answer belongs to.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) sent: Sent,
}

/// The platform's own error body (docs/platform.md#errors).
#[derive(Debug)]
pub(super) struct PlatformError {
    pub(super) request_id: String,
    pub(super) message: String,
    pub(super) provider_message: Option<String>,
}

/// The error body, where it is the platform's own.
pub(super) fn platform_error(body: &Bytes) -> Option<PlatformError> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let field = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    Some(PlatformError {
        request_id: field("requestId")?,
        message: field("message")?,
        provider_message: field("providerMessage"),
    })
}

/// Whether a 404 is an empty list in the platform's own words (docs/platform.md#empty-lists).
pub(super) fn is_empty_list(status: StatusCode, body: &Bytes) -> bool {
    status == StatusCode::NOT_FOUND
        && platform_error(body).is_some_and(|error| {
            let message = error.message.trim_end_matches('.');
            message.starts_with("No ")
                && (message.ends_with(" found") || message.contains(" found "))
        })
}

impl Asked {
    /// The error for a request without an answer.
    pub(super) fn lost(&self, error: &TransportError) -> RemoteError {
        RemoteError {
            kind: if error.may_have_arrived {
                self.reading(RemoteErrorKind::Ambiguous)
            } else {
                RemoteErrorKind::Unreachable
            },
            method: self.method,
            path: self.path.clone(),
            status: None,
            request_id: None,
            message: error.what.clone(),
            hint: error.hint.clone(),
        }
    }

    /// The error for an answer that is no success.
    pub(super) fn refused(&self, response: &Response<Bytes>) -> RemoteError {
        let status = response.status();
        match platform_error(response.body()) {
            Some(error) => self.by_platform(status, &error),
            None => self.by_something_else(response),
        }
    }

    fn by_platform(&self, status: StatusCode, error: &PlatformError) -> RemoteError {
        let mut message = format!(
            "{} (status {}, request id {})",
            self.shown(&error.message),
            status.as_u16(),
            self.shown(&error.request_id)
        );
        if let Some(provider) = &error.provider_message {
            message.push_str(&format!("; the vendor says: {}", self.shown(provider)));
        }
        let (kind, hint) = match status.as_u16() {
            401 => (
                RemoteErrorKind::Authentication,
                Some(
                    "check CONNECTORCTL_USER_SECRET and CONNECTORCTL_ORGANIZATION_SECRET, and that they belong to this base URL",
                ),
            ),
            403 => (
                RemoteErrorKind::Forbidden,
                Some(
                    "these credentials may not do this; ask for the role, or use those of the owner",
                ),
            ),
            404 => (RemoteErrorKind::NotFound, None),
            500.. => (RemoteErrorKind::Ambiguous, None),
            _ => (RemoteErrorKind::Rejected, None),
        };
        self.error(
            kind,
            Some(status),
            Some(error.request_id.clone()),
            message,
            hint,
        )
    }

    fn by_something_else(&self, response: &Response<Bytes>) -> RemoteError {
        const BASE_URL: &str = "check the base URL: it is the host of the API, such as https://api.openconnectors.us2.ext.hana.ondemand.com";
        let status = response.status();
        let kind_of_body = response
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .unwrap_or("no content type")
            .to_owned();
        let message = if status.is_redirection() {
            let host = response
                .headers()
                .get(header::LOCATION)
                .and_then(|value| value.to_str().ok())
                .and_then(|location| url::Url::parse(location).ok())
                .and_then(|location| location.host_str().map(str::to_owned));
            let host = host.unwrap_or_else(|| "another path".to_owned());
            format!(
                "redirected to {host} (status {}), which is not followed with credentials",
                status.as_u16()
            )
        } else {
            format!(
                "the answer is not the platform's (status {}, {kind_of_body}, {} bytes)",
                status.as_u16(),
                response.body().len()
            )
        };
        let kind = match status.as_u16() {
            401 => RemoteErrorKind::Authentication,
            500.. => RemoteErrorKind::Ambiguous,
            _ => RemoteErrorKind::NotThePlatform,
        };
        let request_id = response
            .headers()
            .get("elements-request-id")
            .and_then(|value| value.to_str().ok())
            .map(|id| self.shown(id));
        self.error(kind, Some(status), request_id, message, Some(BASE_URL))
    }

    /// The error for a success whose body cannot be used.
    pub(super) fn unreadable(&self, response: &Response<Bytes>, what: &str) -> RemoteError {
        let mut error = self.by_something_else(response);
        error.kind = RemoteErrorKind::NotThePlatform;
        error.message = format!("{what}; {}", error.message);
        error
    }

    pub(super) fn error(
        &self,
        kind: RemoteErrorKind,
        status: Option<StatusCode>,
        request_id: Option<String>,
        message: String,
        hint: Option<&str>,
    ) -> RemoteError {
        RemoteError {
            kind: self.reading(kind),
            method: self.method,
            path: self.path.clone(),
            status: status.map(|status| status.as_u16()),
            request_id,
            message,
            hint: hint.map(str::to_owned),
        }
    }

    /// A read changes nothing, so nothing about it can be unknown: it only failed.
    fn reading(&self, kind: RemoteErrorKind) -> RemoteErrorKind {
        match kind {
            RemoteErrorKind::Ambiguous if self.method == "GET" => RemoteErrorKind::Unreachable,
            kind => kind,
        }
    }

    /// A text of the platform or the vendor, bounded and harmless. Where it repeats something that
    /// was sent, it is withheld whole: replacing the part would miss other spellings beside it.
    fn shown(&self, text: &str) -> String {
        if self.sent.is_in(text) {
            return "(a message that repeats a value that was sent, and is withheld)".to_owned();
        }
        let mut shown: String = text
            .chars()
            .map(|character| {
                if character.is_control() {
                    ' '
                } else {
                    character
                }
            })
            .take(MOST_MESSAGE)
            .collect();
        if text.chars().count() > MOST_MESSAGE {
            shown.push('…');
        }
        shown
    }
}

/// Whether the platform has too much to do. The vendor's 429 speaks of one vendor only.
pub(super) fn is_too_much(response: &Response<Bytes>) -> bool {
    match response.status().as_u16() {
        503 => true,
        429 => platform_error(response.body()).is_none_or(|own| own.provider_message.is_none()),
        _ => false,
    }
}

/// Whether an answer asks for another try.
pub(super) fn retry_advice(
    response: &Response<Bytes>,
    method: &str,
    now: Timestamp,
) -> RetryAdvice {
    let again = match response.status().as_u16() {
        429 | 502 | 503 | 504 => true,
        500 => method == "GET",
        _ => false,
    };
    if again {
        RetryAdvice::after(retry_after(response.headers(), now))
    } else {
        RetryAdvice::No
    }
}
