//! The base URL: accepted with or without its suffix, used and recorded in one form. Must not: connect
//! to it.

use url::{Host, Url};

/// Every path of the platform is below this (docs/platform.md#base-urls).
const SUFFIX: &str = "/elements/api-v2";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    base: String,
    loopback: bool,
    known: bool,
}

/// Why a text is not a usable base URL.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("not a valid URL")]
    NotAUrl,
    #[error("expected a URL that starts with https:// or http://")]
    Scheme,
    #[error("it contains a user name or a password")]
    Credentials,
    #[error("it contains a query or a fragment")]
    Query,
    /// Plain http to another machine, which was not allowed.
    #[error("plain http would send the secrets unencrypted")]
    PlainHttp,
    /// The host of the web pages.
    #[error("`my.…` is the host of the web pages; the host of the API starts with `api.`")]
    WebPages,
}

impl Address {
    /// Checks and completes a base URL.
    pub fn parse(text: &str, allow_http: bool) -> Result<Self, AddressError> {
        let url = Url::parse(text.trim()).map_err(|_| AddressError::NotAUrl)?;
        let host = url.host().ok_or(AddressError::NotAUrl)?;
        let loopback = match &host {
            Host::Domain(name) => *name == "localhost",
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        };
        match url.scheme() {
            "https" => {}
            "http" if loopback || allow_http => {}
            "http" => return Err(AddressError::PlainHttp),
            _ => return Err(AddressError::Scheme),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError::Credentials);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(AddressError::Query);
        }
        if matches!(&host, Host::Domain(name) if name.starts_with("my.openconnectors.")) {
            return Err(AddressError::WebPages);
        }
        let origin = url.origin().ascii_serialization();
        let path = url.path().trim_end_matches('/');
        let path = path.strip_suffix(SUFFIX).unwrap_or(path);
        Ok(Self {
            base: format!("{origin}{path}{SUFFIX}"),
            loopback,
            known: matches!(&host, Host::Domain(name) if is_known(name)),
        })
    }

    /// The base URL with its suffix and without a trailing slash: what the lock file records.
    pub fn as_str(&self) -> &str {
        &self.base
    }

    /// Whether it is this machine, which is never reached through a proxy.
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// Whether a certificate can be needed on the way to it: elsewhere than on this machine, a proxy may be
    /// reached by https although the address is not.
    pub(super) fn needs_tls(&self) -> bool {
        !self.loopback || self.base.starts_with("https:")
    }

    /// Whether the host can only be the platform's, or is this machine. Elsewhere account secrets go only if
    /// somebody other than the author of the manifest says so.
    pub fn is_known(&self) -> bool {
        self.known || self.loopback
    }
}

/// Hosts outside SAP's domains (docs/platform.md#base-urls).
const CLOUD_ELEMENTS: [&str; 5] = [
    "api.cloud-elements.com",
    "console.cloud-elements.com",
    "api.cloud-elements.co.uk",
    "staging.cloud-elements.com",
    "snapshot.cloud-elements.com",
];

/// SAP's hosts are `api.openconnectors`, up to two labels for the region, and one of two endings. Elsewhere
/// below the same domains, such as in `cfapps.…`, every customer of SAP can have a host.
fn is_known(host: &str) -> bool {
    const ENDINGS: [&str; 2] = ["ext.hana.ondemand.com", "ext.hanatrial.ondemand.com"];
    let host = host.strip_suffix('.').unwrap_or(host);
    let region = ENDINGS.iter().find_map(|ending| {
        let rest = host.strip_prefix("api.openconnectors.")?;
        let region = rest.strip_suffix(ending)?;
        (region.is_empty() || region.ends_with('.')).then_some(region)
    });
    CLOUD_ELEMENTS.contains(&host) || region.is_some_and(|region| region.matches('.').count() <= 2)
}

#[cfg(test)]
mod tests;
