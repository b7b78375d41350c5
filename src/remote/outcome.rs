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
use super::transport::TransportError;
use super::wire::{self, Completeness};
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
pub(super) fn verdict(answer: &Result<Response<Bytes>, TransportError>) -> PostVerdict {
    let response = match answer {
        Err(error) if error.may_have_arrived => {
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

/// An instance without a token is useless: it is found by its marker and read by id instead.
fn created(body: &Bytes) -> Option<ObservedInstance> {
    let value = serde_json::from_slice(body).ok()?;
    let instance = wire::instance(&value, Completeness::Abridged)?;
    instance.token.is_some().then_some(instance)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = r#"{"requestId":"5b0437c6e4b07731ae39b533","message":"No"}"#;
    const VENDOR: &str =
        r#"{"requestId":"5b0437c6e4b07731ae39b533","message":"No","providerMessage":"Nope"}"#;
    const HTML: &str = "<html>Bad gateway</html>";

    fn of(status: u16, body: &str) -> PostVerdict {
        let response = Response::builder()
            .status(status)
            .body(Bytes::from(body.to_owned()))
            .expect("a response");
        verdict(&Ok(response))
    }

    #[test]
    fn every_row_of_the_table() {
        use UnknownClass::{Answered, Refused, Unanswered};

        let lost = |may_have_arrived| {
            verdict(&Err(TransportError {
                may_have_arrived,
                what: String::new(),
                hint: None,
            }))
        };
        assert_eq!(lost(false), PostVerdict::NotSent);
        assert_eq!(lost(true), PostVerdict::Unknown(Unanswered));
        for status in [401, 403, 404, 405, 406, 415] {
            assert_eq!(of(status, OWN), PostVerdict::Rejected, "{status}");
            assert_eq!(
                of(status, HTML),
                PostVerdict::Unknown(Unanswered),
                "{status}"
            );
        }
        assert_eq!(of(429, OWN), PostVerdict::Throttled);
        assert_eq!(of(429, VENDOR), PostVerdict::Unknown(Refused));
        assert_eq!(of(429, HTML), PostVerdict::Unknown(Unanswered));
        assert_eq!(of(400, OWN), PostVerdict::Unknown(Refused));
        assert_eq!(of(400, VENDOR), PostVerdict::Unknown(Refused));
        assert_eq!(of(400, HTML), PostVerdict::Unknown(Unanswered));
        for body in [OWN, VENDOR, HTML, ""] {
            assert_eq!(of(409, body), PostVerdict::Unknown(Refused), "{body}");
        }
        for status in [500, 503] {
            assert_eq!(of(status, OWN), PostVerdict::Unknown(Answered), "{status}");
            assert_eq!(
                of(status, HTML),
                PostVerdict::Unknown(Unanswered),
                "{status}"
            );
        }
        for status in [302, 408, 418, 502, 504] {
            assert_eq!(
                of(status, HTML),
                PostVerdict::Unknown(Unanswered),
                "{status}"
            );
        }
    }

    #[test]
    fn a_success_counts_only_with_id_and_token() {
        let whole = r#"{"id":7,"token":"t","name":"n","element":{"key":"jira"}}"#;
        assert!(matches!(of(200, whole), PostVerdict::Created(_)));
        assert!(matches!(of(201, whole), PostVerdict::Created(_)));
        for body in [
            "",
            "{}",
            HTML,
            r#"{"id":7,"name":"n","element":{"key":"jira"}}"#,
            r#"{"token":"t","element":{"key":"jira"}}"#,
            &whole[..20],
        ] {
            assert_eq!(
                of(200, body),
                PostVerdict::Unknown(UnknownClass::Unanswered),
                "{body}"
            );
        }
    }
}
