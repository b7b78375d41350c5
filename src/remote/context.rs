//! Which request an outcome belongs to, and the errors that follow from it. Must not: decide what to
//! do about them.

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode, header};
use serde_json::Value;

use super::error_body::{PlatformError, platform_error};
use super::no_response::NoResponse;
use super::redactor::{PlatformText, Redactor};
use super::transport_error::{PROXY_PASSWORD, USE_HTTPS};

use crate::ports::{RemoteError, RemoteErrorKind};

const CHECK_SECRETS: &str = "check CONNECTORCTL_USER_SECRET and CONNECTORCTL_ORGANIZATION_SECRET, and that they belong to this base URL";
const CHECK_ROLE: &str = "ask for the missing role, or use the credentials of the instance's owner";
const CHECK_BASE_URL: &str = "check the base URL: it is the host of the API, such as https://api.openconnectors.us2.ext.hana.ondemand.com";

const CHECK_LOGIN_PAGE: &str =
    "check the base URL; if this network or a proxy has a login page, sign in to it first";

#[derive(Clone)]
pub(super) struct RequestContext {
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) redactor: Redactor,
}

impl RequestContext {
    /// The error for a request without a response.
    pub(super) fn no_response(&self, cause: &NoResponse) -> RemoteError {
        let kind = match cause {
            // A read changes nothing, so its outcome is never unknown.
            _ if cause.may_have_arrived() && self.method != "GET" => RemoteErrorKind::Ambiguous,
            NoResponse::Disconnected { .. } => RemoteErrorKind::Disconnected,
            NoResponse::Lost(_) | NoResponse::NotSent(_) => RemoteErrorKind::Unreachable,
        };
        RemoteError {
            hint: cause.hint(),
            ..self.error(kind, cause.message())
        }
    }

    /// The error for a response that is no success.
    pub(super) fn response_error(&self, response: &Response<Bytes>) -> RemoteError {
        let status = response.status();
        match platform_error(response) {
            Some(error) => self.platform_error(status, &error),
            None => self.unexpected(response),
        }
    }

    fn platform_error(&self, status: StatusCode, error: &PlatformError) -> RemoteError {
        let request_id = self.redactor.sanitize(&error.request_id);
        let mut message = format!(
            "{} (status {}, request id {request_id})",
            self.redactor.sanitize(&error.message),
            status.as_u16(),
        );
        if let Some(provider) = &error.provider_message {
            let provider = self.redactor.sanitize(provider);
            message.push_str(&format!("; the vendor says: {provider}"));
        }
        let (kind, hint) = match status.as_u16() {
            401 => (RemoteErrorKind::Authentication, Some(CHECK_SECRETS)),
            403 => (RemoteErrorKind::Forbidden, Some(CHECK_ROLE)),
            404 => (RemoteErrorKind::NotFound, None),
            500.. => (RemoteErrorKind::Ambiguous, None),
            _ => (RemoteErrorKind::Rejected, None),
        };
        RemoteError {
            status: Some(status.as_u16()),
            request_id: Some(request_id),
            hint: hint.map(str::to_owned),
            ..self.error(kind, message)
        }
    }

    /// The error for a response that does not come from the platform.
    fn unexpected(&self, response: &Response<Bytes>) -> RemoteError {
        let status = response.status();
        let kind = match status.as_u16() {
            401 => RemoteErrorKind::Authentication,
            500.. => RemoteErrorKind::Ambiguous,
            _ => RemoteErrorKind::NotThePlatform,
        };
        if !status.is_redirection() {
            return self.not_usable(kind, response, "not from the Open Connectors API");
        }
        let host = text(response.headers(), header::LOCATION.as_str())
            .and_then(|location| url::Url::parse(location).ok())
            .and_then(|location| location.host_str().map(|host| self.sanitize(host)))
            .unwrap_or_else(|| "another path".to_owned());
        let what = format!("redirected to `{host}`; redirects are not followed with credentials");
        self.not_usable(kind, response, &what)
    }

    /// The error for a success whose body is not what was asked for.
    pub(super) fn unreadable(&self, response: &Response<Bytes>, expected: &str) -> RemoteError {
        let kind = RemoteErrorKind::NotThePlatform;
        self.not_usable(kind, response, &format!("expected {expected}"))
    }

    /// The body, which must be JSON.
    pub(super) fn json(&self, response: &Response<Bytes>) -> Result<Value, RemoteError> {
        serde_json::from_slice(response.body()).map_err(|_| self.unreadable(response, "JSON"))
    }

    fn sanitize(&self, text: &str) -> String {
        self.redactor.sanitize(&PlatformText::new(text))
    }

    fn not_usable(
        &self,
        kind: RemoteErrorKind,
        response: &Response<Bytes>,
        what: &str,
    ) -> RemoteError {
        let (status, headers) = (response.status().as_u16(), response.headers());
        let content_type = text(headers, header::CONTENT_TYPE.as_str())
            .and_then(|value| value.split(';').next())
            .unwrap_or("no content type");
        let content_type = self.sanitize(content_type);
        let bytes = response.body().len();
        let message =
            format!("unexpected response: {what} (status {status}, {content_type}, {bytes} bytes)");
        RemoteError {
            status: Some(status),
            request_id: text(headers, REQUEST_ID).map(|id| self.sanitize(id)),
            hint: Some(remedy(response).to_owned()),
            ..self.error(kind, message)
        }
    }

    pub(super) fn error(&self, kind: RemoteErrorKind, message: String) -> RemoteError {
        let kind = match kind {
            // A read changes nothing, so its outcome is never unknown: it only failed.
            RemoteErrorKind::Ambiguous if self.method == "GET" => RemoteErrorKind::Unreachable,
            kind => kind,
        };
        RemoteError {
            kind,
            method: self.method,
            path: self.path.clone(),
            status: None,
            request_id: None,
            message,
            hint: None,
        }
    }
}

/// What to do about a response that something between here and the platform sent.
fn remedy(response: &Response<Bytes>) -> &'static str {
    let status = response.status();
    let body = String::from_utf8_lossy(response.body());
    let is_page = text(response.headers(), header::CONTENT_TYPE.as_str())
        .is_some_and(|value| value.starts_with("text/html"));
    if status == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
        PROXY_PASSWORD
    } else if status == StatusCode::BAD_REQUEST
        && ["HTTPS", "SSL-enabled", "requires TLS"]
            .iter()
            .any(|words| body.contains(words))
    {
        USE_HTTPS
    } else if status == StatusCode::NETWORK_AUTHENTICATION_REQUIRED
        || status.is_redirection()
        || (status.is_success() && is_page)
    {
        CHECK_LOGIN_PAGE
    } else {
        CHECK_BASE_URL
    }
}

/// The header with the id that the platform's support asks for (docs/platform.md#responses).
pub(super) const REQUEST_ID: &str = "elements-request-id";

pub(super) fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
