//! Says in one line why a request has no response, and what to do about it. Must not: show a URL, whose query
//! may contain anything, or the names of a library's types.

use std::error::Error;
use std::io;
use std::time::Duration;

use rustls::{CertificateError, Error as TlsError};

/// Name resolution, connection and TLS handshake together.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

const CHECK_ADDRESS: &str = "check the host and port in the base URL, and the proxy";
const CHECK_CLOCK: &str = "check the clock of this machine, and the certificate of the platform";
const CHECK_HOST: &str = "check the host in the base URL";
const CHECK_NETWORK: &str = "check the host, the network and the proxy";
const CHECK_PROXY: &str =
    "check `HTTPS_PROXY` and `NO_PROXY`; if this network has a login page, sign in first";
const PASS_CA_FILE: &str =
    "if the platform uses a private certificate authority, pass its certificate with `--ca-file`";
pub(super) const PROXY_PASSWORD: &str =
    "put user and password into `HTTPS_PROXY`, as in `http://USER:PASSWORD@HOST:PORT`";
const USE_HTTP: &str = "use the port that speaks TLS, or `http://` if this one is meant";
pub(super) const USE_HTTPS: &str = "the port probably expects TLS: use `https://` in the base URL";

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct TransportError {
    /// Whether any of it may have reached the platform.
    pub may_have_arrived: bool,
    /// Whether another attempt would fail in the same way: another protocol, or a certificate that is not
    /// trusted.
    pub is_permanent: bool,
    /// What happened, without the URL.
    pub what: String,
    pub hint: Option<String>,
}

/// What is known about a failure.
struct Failure {
    what: String,
    hint: Option<&'static str>,
    /// Whether another attempt would fail in the same way.
    is_permanent: bool,
}

impl Failure {
    fn passing(what: impl Into<String>, hint: impl Into<Option<&'static str>>) -> Self {
        Self {
            what: what.into(),
            hint: hint.into(),
            is_permanent: false,
        }
    }

    fn permanent(what: impl Into<String>, hint: impl Into<Option<&'static str>>) -> Self {
        Self {
            is_permanent: true,
            ..Self::passing(what, hint)
        }
    }
}

pub(super) fn explain(error: &reqwest::Error, timeout: Duration) -> TransportError {
    let Failure {
        what,
        hint,
        is_permanent,
    } = failure(error, timeout);
    TransportError {
        may_have_arrived: !(error.is_connect() || error.is_builder()),
        is_permanent,
        what,
        hint: hint.map(str::to_owned),
    }
}

fn failure(error: &reqwest::Error, timeout: Duration) -> Failure {
    if error.is_timeout() && error.is_connect() {
        let seconds = CONNECT_TIMEOUT.as_secs();
        return Failure::passing(format!("no connection within {seconds} s"), CHECK_NETWORK);
    }
    if error.is_timeout() {
        return Failure::passing(format!("no response within {} s", timeout.as_secs()), None);
    }
    if error.is_builder() {
        return Failure::permanent("the request cannot be built", None);
    }
    let mut innermost: &dyn Error = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
        if let Some(tls) = tls_error(cause) {
            return handshake(tls);
        }
        // A server that speaks TLS answers a plain request with an alert, which is no HTTP.
        if cause
            .downcast_ref::<hyper::Error>()
            .is_some_and(hyper::Error::is_parse)
        {
            let is_plain = error.url().is_some_and(|url| url.scheme() == "http");
            let hint = if is_plain { USE_HTTPS } else { CHECK_ADDRESS };
            return Failure::permanent("the response is not HTTP", hint);
        }
    }
    let cause = innermost.to_string();
    let lower = cause.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if !error.is_connect() {
        Failure::passing(format!("connection lost: {cause}"), None)
    } else if has(&["proxy authorization required"]) {
        Failure::permanent(
            "the proxy requires authentication (status 407)",
            PROXY_PASSWORD,
        )
    } else if has(&["tunnel error"]) {
        Failure::permanent(
            "the proxy did not open a connection to the platform",
            CHECK_PROXY,
        )
    } else if has(&["handshake eof"]) {
        let what = "the connection was closed during the TLS handshake";
        Failure::passing(what, "check that the port speaks TLS, and the proxy")
    } else if has(&["dns", "lookup", "name or service"]) {
        Failure::passing(format!("cannot resolve the host name: {cause}"), CHECK_HOST)
    } else {
        Failure::passing(format!("cannot connect: {cause}"), CHECK_ADDRESS)
    }
}

/// The TLS library's error. I/O errors wrap it, and do not name it as their source.
fn tls_error<'e>(cause: &'e (dyn Error + 'static)) -> Option<&'e TlsError> {
    let wrapped = cause
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    wrapped.map_or_else(|| cause.downcast_ref(), |inner| tls_error(inner))
}

fn handshake(error: &TlsError) -> Failure {
    let what = match error {
        TlsError::InvalidMessage(_) => {
            return Failure::permanent(
                "TLS handshake failed: the port does not speak TLS",
                USE_HTTP,
            );
        }
        TlsError::InvalidCertificate(error) => return certificate(error),
        TlsError::AlertReceived(_) => "the server refused it",
        TlsError::PeerIncompatible(_) => "the server supports no common TLS version or cipher",
        _ => "unexpected message from the server",
    };
    Failure::passing(format!("TLS handshake failed: {what}"), CHECK_ADDRESS)
}

fn certificate(error: &CertificateError) -> Failure {
    use CertificateError as E;
    let (what, hint) = match error {
        E::NotValidForName | E::NotValidForNameContext { .. } => {
            ("is for another host", CHECK_HOST)
        }
        E::Expired | E::ExpiredContext { .. } => ("has expired", CHECK_CLOCK),
        E::NotValidYet | E::NotValidYetContext { .. } => ("is not valid yet", CHECK_CLOCK),
        E::Revoked => ("is revoked", CHECK_ADDRESS),
        E::UnknownIssuer => ("is signed by an unknown authority", PASS_CA_FILE),
        _ => ("cannot be verified", PASS_CA_FILE),
    };
    let what = format!("TLS handshake failed: the server's certificate {what}");
    Failure::permanent(what, hint)
}
