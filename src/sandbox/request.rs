//! A request, parsed. Must not: decide anything about it.

use bytes::Bytes;
use http::header::{AUTHORIZATION, COOKIE, ORIGIN};
use http::{Method, Request};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::authorization::Authorization;
use super::reply::{ApiError, ApiResult};

/// Every platform path is below this (docs/platform.md#base-urls).
pub(super) const BASE: &str = "/elements/api-v2";
/// The platform's limit for a request (docs/platform.md#errors).
pub(super) const MAX_BYTES: usize = 8 * 1024 * 1024;

#[derive(Clone)]
pub(super) struct ApiRequest {
    pub(super) method: String,
    /// Below the base, without a trailing slash.
    pub(super) path: String,
    segments: Vec<String>,
    pub(super) query: Vec<(String, String)>,
    pub(super) authorization: Authorization,
    pub(super) has_origin: bool,
    /// Whether the caller wants objects with all their names (docs/platform.md#requests).
    pub(super) is_helium: bool,
    /// The session token of the newer sign-in.
    pub(super) bearer: Option<String>,
    /// The session cookie of the older sign-in.
    pub(super) cookie: Option<String>,
    pub(super) headers: Vec<String>,
    pub(super) body: Bytes,
    /// Whether the path is below the base.
    pub(super) below_base: bool,
}

impl ApiRequest {
    /// The same request with another body.
    pub(super) fn with(&self, body: Bytes) -> Self {
        Self {
            body,
            ..self.clone()
        }
    }

    pub(super) fn new(request: &Request<Bytes>) -> Self {
        let whole = request.uri().path();
        let (path, below_base) = match whole.strip_prefix(BASE) {
            Some(path) if path.is_empty() || path.starts_with('/') => (path, true),
            _ => (whole, false),
        };
        // A trailing slash is tolerated (docs/platform.md#requests).
        let path = path.trim_end_matches('/');
        let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let segments = path.split('/').skip(1).map(decode).collect();
        let query = request.uri().query().unwrap_or_default();
        let query = url::form_urlencoded::parse(query.as_bytes());
        let headers = request.headers();
        let header = |name| headers.get(name)?.to_str().ok();
        let authorization = header(AUTHORIZATION).unwrap_or_default();
        let method = match request.method() {
            // The server leaves the body out.
            &Method::HEAD => &Method::GET,
            method => method,
        };
        Self {
            method: method.as_str().to_owned(),
            path: if path.is_empty() {
                "/".to_owned()
            } else {
                path.to_owned()
            },
            segments,
            query: query.into_owned().collect(),
            authorization: Authorization::parse(authorization),
            bearer: authorization.strip_prefix("Bearer ").map(str::to_owned),
            cookie: header(COOKIE).map(str::to_owned),
            has_origin: headers.contains_key(ORIGIN),
            is_helium: headers
                .get("elements-version")
                .is_some_and(|version| version == "Helium"),
            headers: headers.keys().map(ToString::to_string).collect(),
            body: request.body().clone(),
            below_base,
        }
    }

    /// The decoded segments of the path, for a match.
    pub(super) fn segments(&self) -> Vec<&str> {
        self.segments.iter().map(String::as_str).collect()
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters(name).next()
    }

    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        self.parameter(name)
            .map(|value| value.eq_ignore_ascii_case("true"))
    }

    pub(super) fn parameters(&self, name: &str) -> impl Iterator<Item = &str> {
        self.query
            .iter()
            .filter(move |(own, _)| own == name)
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn object(&self) -> ApiResult<Map<String, Value>> {
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(members)) => Ok(members),
            Ok(_) => Err(ApiError::bad_request(
                "The request body must be a JSON object",
            )),
            Err(_) => Err(ApiError::bad_request("The request body is not valid JSON")),
        }
    }
}

/// A member of a body that must be an object if it is present.
pub(super) fn object_member<'a>(
    body: &'a Map<String, Value>,
    name: &str,
) -> ApiResult<Option<&'a Map<String, Value>>> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(members)) => Ok(Some(members)),
        Some(_) => Err(ApiError::bad_request(format!("{name} must be an object"))),
    }
}
