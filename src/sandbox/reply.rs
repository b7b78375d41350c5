//! Replies: the platform's statuses, headers and error bodies (docs/platform.md#responses and docs/platform.md#errors).

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

/// What comes back for a request.
#[derive(Debug)]
pub struct Reply {
    /// The answer, where there is one.
    pub response: Response<Bytes>,
    /// Whether and where the connection is cut.
    pub cut: Cut,
    /// How long it takes.
    pub delay: Duration,
    /// Whether anything is to be kept.
    pub changed: bool,
}

/// Whether and where the connection is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Not at all.
    None,
    /// Before a byte of the answer.
    Whole,
    /// In the middle of the body.
    MidBody,
}

/// An answer on its way.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Option<Value>,
    pub(super) headers: Vec<(&'static str, String)>,
}

impl Answer {
    pub(super) fn ok(body: Value) -> Self {
        Self {
            status: 200,
            body: Some(body),
            headers: Vec::new(),
        }
    }

    /// 200 without a body, as for DELETE (docs/platform.md#responses).
    pub(super) fn empty() -> Self {
        Self {
            status: 200,
            body: None,
            headers: Vec::new(),
        }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }
}

/// A refusal in the platform's words.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) status: u16,
    pub(super) message: String,
    pub(super) provider_message: Option<String>,
    pub(super) headers: Vec<(&'static str, String)>,
}

impl Problem {
    pub(super) fn new(status: u16, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            provider_message: None,
            headers: Vec::new(),
        }
    }

    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    pub(super) fn missing(message: impl Into<String>) -> Self {
        Self::new(404, message)
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(
            401,
            "Invalid Organization or User secret, or invalid Element token provided.",
        )
    }

    /// The vendor's refusal, passed on.
    pub(super) fn vendor(status: u16, message: impl Into<String>) -> Self {
        Self {
            provider_message: Some(message.into()),
            ..Self::new(status, "The connector's provider refused the request")
        }
    }
}

/// The line that browsers need (docs/platform.md#responses).
const EXPOSED: &str = "Elements-Returned-Count, Elements-Total-Count, Elements-Request-Id, Elements-Next-Page-Token, Elements-Trace-Id, Elements-Error, Content-Disposition";

/// Puts an answer or a refusal on the wire.
pub(super) fn finish(
    result: Result<Answer, Problem>,
    request_id: &str,
    has_origin: bool,
) -> Response<Bytes> {
    let failed = result.is_err();
    let (status, body, headers) = match result {
        Ok(answer) => (answer.status, answer.body, answer.headers),
        Err(problem) => {
            let mut body = json!({"requestId": request_id, "message": problem.message});
            if let Some(provider) = problem.provider_message {
                body["providerMessage"] = provider.into();
            }
            (problem.status, Some(body), problem.headers)
        }
    };
    let bytes = body.map(|body| body.to_string()).unwrap_or_default();
    let mut response = Response::new(Bytes::from(bytes));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let own = response.headers_mut();
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            own.insert(name, value);
        }
    };
    set("content-type", "application/json;charset=UTF-8");
    set("elements-request-id", request_id);
    set("elements-trace-id", request_id);
    set("x-frame-options", "DENY");
    if failed {
        set("elements-error", "true");
    }
    if has_origin {
        set("access-control-expose-headers", EXPOSED);
    }
    for (name, value) in headers {
        set(name, &value);
    }
    response
}

/// A gateway's page: no platform speaks like this.
pub(super) fn html(status: u16) -> Response<Bytes> {
    let page =
        "<html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>";
    let mut response = Response::new(Bytes::from_static(page.as_bytes()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    response
        .headers_mut()
        .insert("content-type", HeaderValue::from_static("text/html"));
    response
}
