//! One request out, one response in. Must not: send a request twice.

use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::{Request, Response};

use super::address::Address;
use super::transport_error::{CONNECT_TIMEOUT, TransportError, explain};
use crate::ports::kill;

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
    #[error("`--ca-file` contains no PEM certificate")]
    NoCertificate,
    #[error("`--ca-file` contains an invalid certificate")]
    InvalidCertificate,
    #[error("`--ca-file` is binary (DER); PEM is expected")]
    Der,
    #[error("`--ca-file` contains a private key and no certificate")]
    PrivateKey,
    #[error("cannot set up TLS")]
    Tls(#[source] reqwest::Error),
}

impl TransportSetupError {
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoCertificate | Self::InvalidCertificate => {
                Some("pass a file with `-----BEGIN CERTIFICATE-----`, one block per authority")
            }
            Self::Der => Some("convert it: `openssl x509 -inform der -in FILE -out FILE.pem`"),
            Self::PrivateKey => Some("pass the certificate of the authority, not its key"),
            Self::Tls(_) => None,
        }
    }
}

fn parse_certificates(pem: &[u8]) -> Result<Vec<reqwest::Certificate>, TransportSetupError> {
    // The tag of an ASN.1 sequence with a length of two bytes: what every certificate begins with.
    const DER: &[u8] = &[0x30, 0x82];
    let found = reqwest::Certificate::from_pem_bundle(pem).unwrap_or_default();
    if !found.is_empty() {
        return Ok(found);
    }
    let text = String::from_utf8_lossy(pem);
    Err(if pem.starts_with(DER) {
        TransportSetupError::Der
    } else if text.contains("PRIVATE KEY-----") {
        TransportSetupError::PrivateKey
    } else {
        TransportSetupError::NoCertificate
    })
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
    /// Trusts the certificates in this PEM text in addition to the system's. Reaches this machine without a
    /// proxy.
    pub fn new(
        address: &Address,
        certificates: Option<&[u8]>,
    ) -> Result<Self, TransportSetupError> {
        // Only the first call of a process has an effect; every call passes the same provider.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let roots = certificates.map(parse_certificates).transpose()?;
        let roots = roots.unwrap_or_default();
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
            } else if !address.needs_tls() {
                // Spares reading the system's certificates, the longest part of a short run.
                builder = builder.tls_certs_only([]);
            }
            if address.is_loopback() {
                builder = builder.no_proxy();
            }
            builder.build().map_err(|error| {
                if roots.is_empty() {
                    TransportSetupError::Tls(error)
                } else {
                    TransportSetupError::InvalidCertificate
                }
            })
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
                    is_permanent: false,
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
            is_permanent: false,
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
