//! Tests of `address`.

use super::*;

#[test]
fn every_accepted_form_becomes_one() {
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
fn unusable_urls_are_errors() {
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

#[test]
fn only_plain_http_to_this_machine_needs_no_certificates() {
    for (text, needed) in [
        ("http://127.0.0.1:1", false),
        ("http://localhost:1", false),
        ("https://127.0.0.1:1", true),
        ("http://example.com", true),
        ("https://example.com", true),
    ] {
        let address = Address::parse(text, true).unwrap();
        assert_eq!(address.needs_tls(), needed, "{text}");
    }
}
