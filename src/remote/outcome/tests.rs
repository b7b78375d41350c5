//! Tests of `outcome`.

use super::*;
use crate::remote::transport_error::TransportError;

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
        verdict(&Err(NoResponse::Lost(TransportError {
            may_have_arrived,
            is_permanent: false,
            what: String::new(),
            hint: None,
        })))
    };
    assert_eq!(lost(false), PostVerdict::NotSent);
    assert_eq!(lost(true), PostVerdict::Unknown(Unanswered));
    let disconnected = |in_flight| {
        verdict(&Err(NoResponse::Disconnected {
            in_flight,
            cause: String::new(),
        }))
    };
    assert_eq!(disconnected(false), PostVerdict::NotSent);
    assert_eq!(disconnected(true), PostVerdict::Unknown(Unanswered));
    let not_sent = verdict(&Err(NoResponse::NotSent("stopped")));
    assert_eq!(not_sent, PostVerdict::NotSent);
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
fn a_success_counts_only_with_id_and_element() {
    let whole = r#"{"id":7,"token":"t","name":"n","element":{"key":"jira"}}"#;
    assert!(matches!(of(200, whole), PostVerdict::Created(_)));
    assert!(matches!(of(201, whole), PostVerdict::Created(_)));
    for no_token in ["", r#""token":"","#, r#""token":"********","#] {
        let body = format!(r#"{{"id":7,{no_token}"element":{{"key":"jira"}}}}"#);
        let PostVerdict::Created(seen) = of(200, &body) else {
            panic!("{body}");
        };
        assert_eq!(seen.token, None, "{body}");
    }
    for body in [
        "",
        "{}",
        HTML,
        r#"{"id":7,"token":"t","name":"n"}"#,
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
