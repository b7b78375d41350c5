//! What can come back from the platform besides what was asked for.

use crate::model::ObservedInstance;

/// A request that did not succeed. Holds no secret: the body is bounded and only the platform's own
/// `message` is kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{method} {path}: {message}")]
pub struct RemoteError {
    /// What follows from it.
    pub kind: RemoteErrorKind,
    /// Such as `GET`.
    pub method: &'static str,
    /// The path below the base URL, without query.
    pub path: String,
    /// The HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// The platform's `requestId`, to be given to its support.
    pub request_id: Option<String>,
    /// What happened, in one sentence, request id and status included.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// What follows from a failed request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemoteErrorKind {
    /// 401: the secrets are wrong, or the tenant is another.
    Authentication,
    /// 403: these credentials may not do this, or the object is somebody else's (docs/platform.md#q12).
    Forbidden,
    /// The platform's own 404.
    NotFound,
    /// The platform refused the request, and nothing happened.
    Rejected,
    /// Something answered that is not the platform: HTML, a bare 404, a redirect, no JSON.
    NotThePlatform,
    /// The request never left: name, connection or TLS.
    Unreachable,
    /// It left, and nobody can tell whether it took effect.
    Ambiguous,
}

/// What is known after a `POST /instances` (docs/lifecycle.md#create).
#[derive(Clone, Debug, PartialEq)]
pub enum CreateOutcome {
    /// It exists; the answer has id and token.
    Created(Box<ObservedInstance>),
    /// Proven: nothing was created.
    Rejected(RemoteError),
    /// Nobody can tell yet.
    Unknown {
        /// How long, and how, to look for it.
        class: UnknownClass,
        /// What came back.
        error: RemoteError,
    },
}

/// How an unknown outcome is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum UnknownClass {
    /// The vendor refused (400 or 429 with `providerMessage`, any 409, a plain 400): search once;
    /// found invalid means adopt and repair, none means failed, the intent stays for the list lag.
    Refused,
    /// The platform answered with its own 500 or 503: search for the list lag.
    Answered,
    /// No usable answer: search for the whole settle window.
    Unanswered,
}
