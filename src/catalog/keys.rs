//! What can be told from a configuration key's name.

use super::{Catalog, ElementEntry};

/// Whether a value under this key is a credential: the catalogue says so, or, for a key it does not
/// know, the name does. The platform masks less than it should (docs/platform.md#masking), so its mask
/// is no guide.
pub fn is_credential(element: Option<&ElementEntry>, key: &str) -> bool {
    Catalog::embedded()
        .key_of(element, key)
        .map_or_else(|| name_tells_a_credential(key), |known| known.secret)
}

fn name_tells_a_credential(key: &str) -> bool {
    const WORDS: [&str; 9] = [
        "password",
        "passwd",
        "secret",
        "token",
        "apikey",
        "api.key",
        "api_key",
        "privatekey",
        "private.key",
    ];
    // An address or a duration that has such a word in its name is no credential.
    const HARMLESS_ENDS: [&str; 6] = [".url", "_url", ".type", ".expiry", "_at", ".enabled"];
    let key = key.to_ascii_lowercase();
    WORDS.iter().any(|word| key.contains(word))
        && !HARMLESS_ENDS.iter().any(|end| key.ends_with(end))
}

/// Whether the platform computes or refreshes the value by itself (docs/platform.md#configuration). A declared
/// one is compared with what was last sent, never with what is observed.
pub fn is_platform_owned(key: &str) -> bool {
    const OWNED: [&str; 8] = [
        "oauth.user.token",
        "oauth.user.refresh_token",
        "oauth.user.refresh_time",
        "oauth.user.id",
        "authentication.time",
        "expires_in",
        "session.id",
        "event.notification.subscription.id",
    ];
    OWNED.contains(&key) || key.contains(".session.") || key.ends_with(".webhook.target_id")
}

#[cfg(test)]
mod tests {
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
}
