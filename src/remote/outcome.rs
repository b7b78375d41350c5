//! What a response to `POST /instances` proves: the table of docs/lifecycle.md#create in code.
//!
//! | What came back | PostVerdict |
//! | --- | --- |
//! | no connection, TLS handshake failed | not sent |
//! | 2xx with a usable instance | created |
//! | 401, 403, 404, 405, 406, 415 in the platform's own words | rejected |
//! | 429 in the platform's own words | rejected, may be sent again |
//! | 400 in the platform's own words; 400 or 429 of the vendor; any 409 | unknown, refused |
//! | 500 or 503 in the platform's own words | unknown, answered |
//! | anything else: timeout, cut, HTML, a gateway's error, an unusable 2xx | unknown, unanswered |

use bytes::Bytes;
use http::Response;

use super::error_body::platform_error;
use super::no_response::NoResponse;
use super::wire::{self, Detail};
use crate::model::ObservedInstance;
use crate::ports::UnknownClass;

#[derive(Debug, PartialEq)]
pub(super) enum PostVerdict {
    Created(Box<ObservedInstance>),
    /// The request never left this machine.
    NotSent,
    Rejected,
    /// Rejected by rate limiting: nothing was created.
    Throttled,
    Unknown(UnknownClass),
}

/// Applies the table.
pub(super) fn verdict(answer: &Result<Response<Bytes>, NoResponse>) -> PostVerdict {
    let response = match answer {
        Err(cause) if cause.may_have_arrived() => {
            return PostVerdict::Unknown(UnknownClass::Unanswered);
        }
        Err(_) => return PostVerdict::NotSent,
        Ok(response) => response,
    };
    let own = platform_error(response);
    let from_vendor = own
        .as_ref()
        .is_some_and(|error| error.provider_message.is_some());
    match (response.status().as_u16(), own.is_some(), from_vendor) {
        (200..=299, _, _) => match created(response.body()) {
            Some(instance) => PostVerdict::Created(Box::new(instance)),
            None => PostVerdict::Unknown(UnknownClass::Unanswered),
        },
        (400, true, _) | (429, true, true) | (409, _, _) => {
            PostVerdict::Unknown(UnknownClass::Refused)
        }
        (429, true, false) => PostVerdict::Throttled,
        (401 | 403 | 404 | 405 | 406 | 415, true, _) => PostVerdict::Rejected,
        (500 | 503, true, _) => PostVerdict::Unknown(UnknownClass::Answered),
        _ => PostVerdict::Unknown(UnknownClass::Unanswered),
    }
}

/// Its token may be missing, and it may be somebody else's.
fn created(body: &Bytes) -> Option<ObservedInstance> {
    let value = serde_json::from_slice(body).ok()?;
    wire::instance(&value, Detail::Abridged)
}

#[cfg(test)]
mod tests;
