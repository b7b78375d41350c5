//! One request out, one answer in: what is sent is sent once.

use std::error::Error as _;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::{Request, Response};

use crate::ports::kill;

/// Name, connection and TLS together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A create talks to the vendor inside the request, and takes 10 s and more (docs/platform.md#latency).
const CREATE_TIMEOUT: Duration = Duration::from_secs(180);
/// Everything else.
const OTHER_TIMEOUT: Duration = Duration::from_secs(60);
/// 200 hydrated instances are some MB.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// How long an answer is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeoutClass {
    /// A create: 180 s, on a connection of its own.
    Create,
    /// Everything else: 60 s.
    Other,
}

/// A request without an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct TransportError {
    /// Whether any of it may have reached the platform.
    pub may_have_arrived: bool,
    /// What happened, without the URL.
    pub what: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Sends requests. Must not repeat any.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends one request and reads the whole answer.
    ///
    /// # Errors
    /// [`TransportError`].
    async fn send(
        &self,
        request: Request<Bytes>,
        timeout_class: TimeoutClass,
    ) -> Result<Response<Bytes>, TransportError>;
}

/// The client could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TransportSetupError {
    /// The certificates of `--ca-file`.
    #[error("the file of --ca-file holds no usable PEM certificate")]
    Certificates,
    /// Anything else.
    #[error("cannot set up TLS")]
    Tls(#[source] reqwest::Error),
}

/// The real thing: reqwest over rustls, HTTP/1.1.
pub struct HttpTransport {
    /// Keeps connections open.
    pooled: reqwest::Client,
    /// Opens a connection for every request. On a connection that was kept open, the HTTP library
    /// would repeat a request by itself where the server has just closed it; a create must not be
    /// repeated by anybody.
    fresh: reqwest::Client,
}

impl HttpTransport {
    /// Sets it up; `certificates` is PEM text to trust besides the system's roots, and `direct`
    /// says that no proxy leads there.
    ///
    /// # Errors
    /// [`TransportSetupError`].
    pub fn new(certificates: Option<&[u8]>, direct: bool) -> Result<Self, TransportSetupError> {
        // Only the first call of a process has an effect; all ask for the same.
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
                    what: format!("the answer is larger than {} MiB", MAX_BYTES / 1024 / 1024),
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
            what: "the answer is not HTTP".to_owned(),
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

/// The innermost cause says most; the outer ones repeat the URL, and a query may hold anything.
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
        (format!("no answer within {} s", timeout.as_secs()), None)
    } else if error.is_connect() && (lower.contains("certificate") || lower.contains("tls")) {
        (
            format!("TLS was refused: {cause}"),
            Some("where the platform is behind a certificate of your own, pass --ca-file"),
        )
    } else if error.is_connect()
        && (lower.contains("dns") || lower.contains("lookup") || lower.contains("name or service"))
    {
        (
            format!("the host name cannot be found: {cause}"),
            Some("check the host in the base URL"),
        )
    } else if error.is_connect() {
        (
            format!("the connection was refused: {cause}"),
            Some("check the host and port in the base URL, and the proxy"),
        )
    } else if error.is_builder() {
        ("the request cannot be made".to_owned(), None)
    } else {
        (format!("the connection was lost: {cause}"), None)
    };
    TransportError {
        may_have_arrived,
        what,
        hint: hint.map(str::to_owned),
    }
}
