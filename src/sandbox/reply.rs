//! Replies: the platform's statuses, headers and error bodies (docs/platform.md#responses and
//! docs/platform.md#errors).

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

#[derive(Debug)]
pub struct Reply {
    /// The response, if the connection lives long enough to carry it.
    pub response: Response<Bytes>,
    /// Whether and where the connection is cut.
    pub cut: Cut,
    /// How long to wait before the response.
    pub delay: Duration,
    /// Whether the state has changed and must be saved before the response.
    pub changed: bool,
}

impl Reply {
    /// A response at once, to a request that changed nothing.
    pub(super) fn new(response: Response<Bytes>) -> Self {
        Self {
            response,
            cut: Cut::None,
            delay: Duration::ZERO,
            changed: false,
        }
    }

    /// A reply of the sandbox's own admin routes: no platform has them.
    pub(super) fn admin(status: u16, body: &Value) -> Self {
        let mut response = Response::new(Bytes::from(body.to_string()));
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
        response
            .headers_mut()
            .insert("content-type", HeaderValue::from_static("application/json"));
        Self::new(response)
    }
}

/// Whether and where the connection is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Not at all.
    None,
    /// Before the first byte of the response.
    Whole,
    /// In the middle of the body.
    MidBody,
}

/// A successful response: always 200 (docs/platform.md#responses).
#[derive(Debug)]
pub(super) struct ApiResponse {
    body: Option<Value>,
    headers: Vec<(&'static str, String)>,
}

impl ApiResponse {
    pub(super) fn ok(body: Value) -> Self {
        Self {
            body: Some(body),
            headers: Vec::new(),
        }
    }

    pub(super) fn empty() -> Self {
        Self {
            body: None,
            headers: Vec::new(),
        }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }
}

/// An error in the platform's own words.
#[derive(Debug)]
pub(super) struct ApiError {
    pub(super) status: u16,
    message: String,
    provider_message: Option<String>,
    pub(super) headers: Vec<(&'static str, String)>,
}

impl ApiError {
    pub(super) fn new(status: u16, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            provider_message: None,
            headers: Vec::new(),
        }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(404, message)
    }

    pub(super) fn not_allowed() -> Self {
        Self::new(405, "Method is not allowed here")
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(
            401,
            "Invalid Organization or User secret, or invalid Element token provided.",
        )
    }

    /// The vendor's error, passed on.
    pub(super) fn vendor(status: u16, message: impl Into<String>) -> Self {
        Self {
            provider_message: Some(message.into()),
            ..Self::new(status, "The connector's provider refused the request")
        }
    }
}

/// The line that browsers need (docs/platform.md#responses).
const EXPOSED: &str = "Elements-Returned-Count, Elements-Total-Count, Elements-Request-Id, Elements-Next-Page-Token, Elements-Trace-Id, Elements-Error, Content-Disposition";

pub(super) fn finish(
    result: Result<ApiResponse, ApiError>,
    request_id: &str,
    has_origin: bool,
) -> Response<Bytes> {
    let failed = result.is_err();
    let (status, body, headers) = match result {
        Ok(response) => (200, response.body, response.headers),
        Err(error) => {
            let mut body = json!({"requestId": request_id, "message": error.message});
            if let Some(provider) = error.provider_message {
                body["providerMessage"] = provider.into();
            }
            (error.status, Some(body), error.headers)
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

/// The error page of a gateway in front of the platform.
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
