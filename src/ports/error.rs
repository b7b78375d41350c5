//! Failed requests, and the possible outcomes of a create.

use crate::model::ObservedInstance;

/// A request that failed. Holds no secret: of a response body, only the platform's own `message` is
/// kept, up to a maximum length.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{method} {path}: {message}")]
pub struct RemoteError {
    /// What it means for the caller.
    pub kind: RemoteErrorKind,
    /// The HTTP method.
    pub method: &'static str,
    /// The path below the base URL, without query.
    pub path: String,
    /// The HTTP status, if there was a response.
    pub status: Option<u16>,
    /// The platform's `requestId`, for its support.
    pub request_id: Option<String>,
    /// What failed, with status and request id.
    pub message: String,
    /// What the reader can do.
    pub hint: Option<String>,
}

/// What a failed request means for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemoteErrorKind {
    /// 401: wrong secrets, or secrets of another tenant.
    Authentication,
    /// 403: the credentials lack permission, or the object belongs to another user
    /// (docs/platform.md#q12).
    Forbidden,
    /// The platform's own 404.
    NotFound,
    /// The platform rejected the request; nothing was changed.
    Rejected,
    /// The response is not the platform's: HTML, a 404 without a body, a redirect, no JSON.
    NotThePlatform,
    /// The request was not sent: no name resolution, connection or TLS session.
    Unreachable,
    /// No request of this run has reached the platform for too long, so nothing more is sent.
    Disconnected,
    /// The request was sent and may or may not have taken effect.
    Ambiguous,
}

/// The outcome of a `POST /instances` (docs/lifecycle.md#create).
#[derive(Clone, Debug, PartialEq)]
pub enum CreateOutcome {
    /// The response is an instance. Whose it is remains to be found out, and its token may be missing.
    Created(Box<ObservedInstance>),
    /// It is proven that nothing was created.
    Rejected(RemoteError),
    /// An instance may have been created.
    Unknown {
        /// How long to search for it.
        class: UnknownClass,
        /// Why the outcome is unknown.
        error: RemoteError,
    },
}

/// How long to search for an instance after an unknown outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum UnknownClass {
    /// The vendor rejected it (400 or 429 with `providerMessage`, any 409, a plain 400): search once.
    /// An instance that is found is adopted; otherwise the create has failed, and its intent stays
    /// open for the list lag.
    Refused,
    /// The platform's own 500 or 503: search for the list lag.
    Answered,
    /// No usable response: search for the whole settle window.
    Unanswered,
}
