//! What the name of a configuration key says about its value.

use super::{Catalog, ElementEntry};

/// Whether the value of this key is a credential: by the catalogue, or else by the name. The mask of
/// the platform does not tell, because it masks too little (docs/platform.md#masking).
pub fn is_credential(element: Option<&ElementEntry>, key: &str) -> bool {
    Catalog::embedded()
        .key_of(element, key)
        .map_or_else(|| is_credential_name(key), |known| known.secret)
}

fn is_credential_name(key: &str) -> bool {
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
    // A URL or a time with such a word in its name is not a credential.
    const OTHER_SUFFIXES: [&str; 6] = [".url", "_url", ".type", ".expiry", "_at", ".enabled"];
    let key = key.to_ascii_lowercase();
    WORDS.iter().any(|word| key.contains(word))
        && !OTHER_SUFFIXES.iter().any(|end| key.ends_with(end))
}

/// Whether the platform computes or refreshes the value (docs/platform.md#configuration). A declared value is
/// compared with what was last sent, never with what is observed.
pub(crate) fn is_platform_owned(key: &str) -> bool {
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
mod tests;
