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
        let ApiResponse { status, body, .. } = result.map_or_else(|error| error, ApiResponse::ok);
        let body = body.unwrap_or_default().to_string();
        Self::new(response(status, "application/json", body))
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

#[derive(Debug)]
pub(super) struct ApiResponse {
    /// Always 200 where it is not an error (docs/platform.md#responses).
    pub(super) status: u16,
    body: Option<Value>,
    pub(super) headers: Vec<(&'static str, String)>,
}

/// An error in the platform's own words.
pub(super) type ApiError = ApiResponse;

impl ApiResponse {
    pub(super) fn ok(body: Value) -> Self {
        Self {
            body: Some(body),
            ..Self::empty()
        }
    }

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

    pub(super) fn error(status: u16, message: impl Into<String>) -> Self {
        Self {
            status,
            ..Self::ok(json!({"message": message.into()}))
        }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::error(400, message)
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::error(404, message)
    }

    /// A wrong path; unlike an empty list, it does not say `No … found`.
    pub(super) fn no_such_path() -> Self {
        Self::not_found("The requested path does not exist")
    }

    pub(super) fn not_allowed() -> Self {
        Self::error(405, "Method is not allowed here")
    }

    pub(super) fn unauthorized() -> Self {
        Self::error(
            401,
            "Invalid Organization or User secret, or invalid Element token provided.",
        )
    }

    /// The vendor's error, passed on.
    pub(super) fn vendor(status: u16, message: &str) -> Self {
        let own = "The connector's provider refused the request";
        Self {
            status,
            ..Self::ok(json!({"message": own, "providerMessage": message}))
        }
    }
}

/// What most routes return: a body and no headers of their own.
pub(super) fn ok(body: Value) -> ApiResult {
    Ok(ApiResponse::ok(body))
}

/// The line that browsers need (docs/platform.md#responses).
const EXPOSED: &str = "Elements-Returned-Count, Elements-Total-Count, Elements-Request-Id, Elements-Next-Page-Token, Elements-Trace-Id, Elements-Error, Content-Disposition";

pub(super) fn finish(result: ApiResult, request_id: &str, has_origin: bool) -> Response<Bytes> {
    let failed = result.is_err();
    let ApiResponse {
        status,
        mut body,
        headers,
    } = result.unwrap_or_else(|error| error);
    if let (true, Some(body)) = (failed, &mut body) {
        body["requestId"] = request_id.into();
    }
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    let mut response = response(status, "application/json;charset=UTF-8", body);
    let standard = [
        Some(("elements-request-id", request_id)),
        Some(("elements-trace-id", request_id)),
        failed.then_some(("elements-error", "true")),
        has_origin.then_some(("access-control-expose-headers", EXPOSED)),
    ];
    let own = headers.iter().map(|(name, value)| (*name, value.as_str()));
    for (name, value) in standard.into_iter().flatten().chain(own) {
        if let Ok(value) = HeaderValue::from_str(value) {
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
