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
    pub(super) fn admin(result: ApiResult<Value>) -> Self {
        let (status, body) = match result {
            Ok(body) => (200, body),
            Err(error) => (error.status, error.body),
        };
        Self::new(response(status, "application/json", body.to_string()))
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

pub(super) type ApiResult<T = ApiResponse> = Result<T, ApiError>;

/// A successful response: always 200 (docs/platform.md#responses).
#[derive(Debug, Default)]
pub(super) struct ApiResponse {
    body: Option<Value>,
    headers: Vec<(&'static str, String)>,
}

impl ApiResponse {
    pub(super) fn new(body: Value) -> Self {
        Self {
            body: Some(body),
            headers: Vec::new(),
        }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }
}

/// What most routes return: a body and no headers of their own.
pub(super) fn ok(body: Value) -> ApiResult {
    Ok(ApiResponse::new(body))
}

/// An error in the platform's own words.
#[derive(Debug)]
pub(super) struct ApiError {
    pub(super) status: u16,
    body: Value,
    pub(super) headers: Vec<(&'static str, String)>,
}

impl ApiError {
    pub(super) fn new(status: u16, message: impl Into<String>) -> Self {
        Self {
            status,
            body: json!({"message": message.into()}),
            headers: Vec::new(),
        }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(404, message)
    }

    /// A wrong path; unlike an empty list, it does not say `No … found`.
    pub(super) fn no_such_path() -> Self {
        Self::not_found("The requested path does not exist")
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
        let mut error = Self::new(status, "The connector's provider refused the request");
        error.body["providerMessage"] = message.into().into();
        error
    }
}

/// The line that browsers need (docs/platform.md#responses).
const EXPOSED: &str = "Elements-Returned-Count, Elements-Total-Count, Elements-Request-Id, Elements-Next-Page-Token, Elements-Trace-Id, Elements-Error, Content-Disposition";

pub(super) fn finish(result: ApiResult, request_id: &str, has_origin: bool) -> Response<Bytes> {
    let failed = result.is_err();
    let (status, body, own) = match result {
        Ok(ApiResponse { body, headers }) => (200, body, headers),
        Err(ApiError {
            status,
            mut body,
            headers,
        }) => {
            body["requestId"] = request_id.into();
            (status, Some(body), headers)
        }
    };
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    let mut response = response(status, "application/json;charset=UTF-8", body);
    let mut headers = vec![
        ("elements-request-id", request_id.to_owned()),
        ("elements-trace-id", request_id.to_owned()),
    ];
    if failed {
        headers.push(("elements-error", "true".to_owned()));
    }
    if has_origin {
        headers.push(("access-control-expose-headers", EXPOSED.to_owned()));
    }
    for (name, value) in headers.into_iter().chain(own) {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// The error page of a gateway in front of the platform.
pub(super) fn html(status: u16) -> Response<Bytes> {
    let page =
        "<html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>";
    response(status, "text/html", page.to_owned())
}

fn response(status: u16, content_type: &'static str, body: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
        .headers_mut()
        .insert("content-type", HeaderValue::from_static(content_type));
    response
}
