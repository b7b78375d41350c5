//! One request out, one response in. Must not: send a request twice.

use std::error::Error as _;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::{Request, Response};

use crate::ports::kill;

/// Name resolution, connection and TLS handshake together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A create signs in to the vendor within the request, and takes 10 s and more (docs/platform.md#latency).
const CREATE_TIMEOUT: Duration = Duration::from_secs(180);
/// Everything else.
const OTHER_TIMEOUT: Duration = Duration::from_secs(60);
/// A page of 200 hydrated instances has a few MiB.
const MAX_BYTES: usize = 64 * 1024 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeoutClass {
    /// A create: 180 s, on a connection of its own.
    Create,
    /// Everything else: 60 s.
    Other,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct TransportError {
    /// Whether any of it may have reached the platform.
    pub may_have_arrived: bool,
    /// What happened, without the URL.
    pub what: String,
    pub hint: Option<String>,
}

/// Sends requests, each of them once.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends one request and reads the whole response.
    async fn send(
        &self,
        request: Request<Bytes>,
        timeout_class: TimeoutClass,
    ) -> Result<Response<Bytes>, TransportError>;
}

#[derive(Debug, thiserror::Error)]
pub enum TransportSetupError {
    #[error("`--ca-file` contains no usable PEM certificate")]
    Certificates,
    #[error("cannot set up TLS")]
    Tls(#[source] reqwest::Error),
}

/// The real thing: reqwest over rustls, HTTP/1.1.
pub struct HttpTransport {
    /// Reuses connections.
    pooled: reqwest::Client,
    /// Opens a connection for every request. On a reused connection that the server has just closed, the
    /// HTTP library repeats the request by itself; a create must never be repeated.
    fresh: reqwest::Client,
}

impl HttpTransport {
    /// Trusts the certificates in this PEM text in addition to the system's. `direct` ignores proxies.
    pub fn new(certificates: Option<&[u8]>, direct: bool) -> Result<Self, TransportSetupError> {
        // Only the first call of a process has an effect; every call passes the same provider.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut roots = Vec::new();
        if let Some(pem) = certificates {
            roots = reqwest::Certificate::from_pem_bundle(pem)
                .map_err(|_| TransportSetupError::Certificates)?;
            if roots.is_empty() {
                return Err(TransportSetupError::Certificates);
            }
        }
        let build = |keep: usize| {
            let mut builder = reqwest::Client::builder()
                .user_agent(concat!("connectorctl/", env!("CARGO_PKG_VERSION")))
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                .http1_only()
                .connect_timeout(CONNECT_TIMEOUT)
                .pool_max_idle_per_host(keep);
            if !roots.is_empty() {
                builder = builder.tls_certs_merge(roots.clone());
            }
            if direct {
                builder = builder.no_proxy();
            }
            builder.build().map_err(TransportSetupError::Tls)
        };
        Ok(Self {
            pooled: build(32)?,
            fresh: build(0)?,
        })
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(
        &self,
        request: Request<Bytes>,
        timeout_class: TimeoutClass,
    ) -> Result<Response<Bytes>, TransportError> {
        let (client, timeout) = match timeout_class {
            TimeoutClass::Create => (&self.fresh, CREATE_TIMEOUT),
            TimeoutClass::Other => (&self.pooled, OTHER_TIMEOUT),
        };
        let mut request =
            reqwest::Request::try_from(request).map_err(|error| explain(&error, timeout))?;
        *request.timeout_mut() = Some(timeout);
        let mut answer = client
            .execute(request)
            .await
            .map_err(|error| explain(&error, timeout))?;
        if timeout_class == TimeoutClass::Create {
            kill::at(kill::KillPoint::RequestSent);
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = answer
            .chunk()
            .await
            .map_err(|error| arrived(explain(&error, timeout)))?
        {
            if body.len() + chunk.len() > MAX_BYTES {
                return Err(TransportError {
                    may_have_arrived: true,
                    what: format!("response is larger than {} MiB", MAX_BYTES / 1024 / 1024),
                    hint: None,
                });
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = Response::builder().status(answer.status());
        if let Some(headers) = response.headers_mut() {
            *headers = std::mem::take(answer.headers_mut());
        }
        response.body(body.freeze()).map_err(|_| TransportError {
            may_have_arrived: true,
            what: "invalid HTTP response".to_owned(),
            hint: None,
        })
    }
}

fn arrived(error: TransportError) -> TransportError {
    TransportError {
        may_have_arrived: true,
        ..error
    }
}

/// Shows only the innermost cause: the outer ones repeat the URL, and its query may contain anything.
fn explain(error: &reqwest::Error, timeout: Duration) -> TransportError {
    let mut cause = String::new();
    let mut next = error.source();
    while let Some(inner) = next {
        cause = inner.to_string();
        next = inner.source();
    }
    let lower = cause.to_lowercase();
    let may_have_arrived = !(error.is_connect() || error.is_builder());
    let (what, hint) = if error.is_timeout() && error.is_connect() {
        (
            format!("no connection within {} s", CONNECT_TIMEOUT.as_secs()),
            Some("check the host, the network and the proxy"),
        )
    } else if error.is_timeout() {
        (format!("no response within {} s", timeout.as_secs()), None)
    } else if error.is_connect() && (lower.contains("certificate") || lower.contains("tls")) {
        (
            format!("TLS handshake failed: {cause}"),
            Some("if the platform uses a private certificate authority, pass `--ca-file`"),
        )
    } else if error.is_connect()
        && (lower.contains("dns") || lower.contains("lookup") || lower.contains("name or service"))
    {
        (
            format!("cannot resolve the host name: {cause}"),
            Some("check the host in the base URL"),
        )
    } else if error.is_connect() {
        (
            format!("cannot connect: {cause}"),
            Some("check the host and port in the base URL, and the proxy"),
        )
    } else if error.is_builder() {
        ("the request cannot be made".to_owned(), None)
    } else {
        (format!("connection lost: {cause}"), None)
    };
    TransportError {
        may_have_arrived,
        what,
        hint: hint.map(str::to_owned),
    }
}
