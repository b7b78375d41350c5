//! Tests of `keys`.

use super::*;

#[test]
fn the_catalogue_wins_over_the_name() {
    let freshdesk = Catalog::embedded().element("freshdeskv2");
    assert!(is_credential(freshdesk, "username"));
    assert!(!is_credential(freshdesk, "subdomain"));
    assert!(is_credential(None, "password"));
    assert!(is_credential(None, "vendor.api.key"));
    assert!(!is_credential(None, "oauth.token.url"));
    assert!(!is_credential(None, "event.notification.callback.url"));
    assert!(is_credential(None, "event.notification.signature.key"));
}
