//! Which hosts the sandbox answers for. A web page can make the name of its own host resolve to this machine,
//! and would be let into the sandbox by the browser; the name in the request is still that of the page.

use std::net::IpAddr;

use http::Request;
use http::header::HOST;

/// Whether every host that the request names is an address, this machine, or one of these.
pub(super) fn is_allowed<B>(request: &Request<B>, allowed: &[String]) -> bool {
    let of_uri = request
        .uri()
        .authority()
        .map(|authority| authority.as_str());
    let headers = request.headers().get_all(HOST).iter();
    let headers = headers.map(|value| value.to_str().unwrap_or_default());
    let mut named = of_uri.into_iter().chain(headers).peekable();
    named.peek().is_some() && named.all(|authority| is_allowed_host(authority, allowed))
}

fn is_allowed_host(authority: &str, allowed: &[String]) -> bool {
    if let Some((address, port)) = authority
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    {
        return address.parse::<IpAddr>().is_ok() && (port.is_empty() || port.starts_with(':'));
    }
    let host = authority.split(':').next().unwrap_or_default();
    let host = host.strip_suffix('.').unwrap_or(host);
    let is = |known: &str| known.eq_ignore_ascii_case(host);
    host.parse::<IpAddr>().is_ok() || is("localhost") || allowed.iter().any(|known| is(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_no_page_can_have_are_allowed() {
        let own = ["sandbox.test".to_owned()];
        for (host, expected) in [
            ("127.0.0.1", true),
            ("127.0.0.1:80", true),
            ("[::1]:80", true),
            ("10.0.0.1", true),
            ("localhost:80", true),
            ("LOCALHOST.", true),
            ("Sandbox.test:1", true),
            ("sub.sandbox.test", false),
            ("127.0.0.1.example.com", false),
            ("localhost.example.com", false),
            ("[::1].example.com", false),
            ("[example.com]", false),
            ("user@localhost", false),
            ("", false),
        ] {
            assert_eq!(is_allowed_host(host, &own), expected, "{host}");
        }
    }
}
