//! The base URL: given with or without its suffix, used and recorded in one form.

use url::{Host, Url};

/// Every path of the platform is below this (docs/platform.md#base-urls).
const SUFFIX: &str = "/elements/api-v2";

/// A checked base URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    base: String,
    loopback: bool,
}

/// Why a text is no base URL.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It does not parse.
    #[error("it is no URL")]
    NotAUrl,
    /// Neither http nor https.
    #[error("it starts with neither https:// nor http://")]
    Scheme,
    /// User name or password in it.
    #[error("it has a user name or a password in it")]
    Credentials,
    /// A query or a fragment.
    #[error("it has a query or a fragment")]
    Query,
    /// Plain http to another machine.
    #[error("plain http would send the secrets readable over the network")]
    PlainHttp,
    /// The address of the web pages.
    #[error("`my.…` is the address of the web pages; the API's starts with `api.`")]
    WebPages,
}

impl Address {
    /// Checks and completes a base URL.
    ///
    /// # Errors
    /// [`AddressError`].
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
        })
    }

    /// The whole base URL, suffix included, no slash at the end: what the lock file records.
    pub fn as_str(&self) -> &str {
        &self.base
    }

    /// Whether it is this machine, to which no proxy leads.
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_whatever_is_given() {
        for given in [
            "https://api.example.com",
            "https://api.example.com/",
            "https://API.example.com/elements/api-v2",
            "https://api.example.com:443/elements/api-v2/",
        ] {
            let address = Address::parse(given, false).expect(given);
            assert_eq!(address.as_str(), "https://api.example.com/elements/api-v2");
        }
    }

    #[test]
    fn what_cannot_be_right_is_refused() {
        for (given, error) in [
            ("api.example.com", AddressError::NotAUrl),
            ("ftp://api.example.com", AddressError::Scheme),
            ("http://api.example.com", AddressError::PlainHttp),
            ("https://a:b@api.example.com", AddressError::Credentials),
            ("https://api.example.com?x=1", AddressError::Query),
            (
                "https://my.openconnectors.us2.ext.hana.ondemand.com",
                AddressError::WebPages,
            ),
        ] {
            assert_eq!(Address::parse(given, false), Err(error), "{given}");
        }
        assert!(Address::parse("http://127.0.0.1:8080", false).is_ok());
        assert!(Address::parse("http://api.example.com", true).is_ok());
    }
}
