//! Which values are credentials where the catalogue does not say: by the words of their names, and by
//! what they look like. One rule for configuration keys, nested members, header lines and parameters.
//!
//! Must not: guess from randomness or length; a value that is only long is not a credential.

use serde_json::Value;

use super::{Catalog, ElementEntry};

/// Whether the value of this key is a credential: by the catalogue, or else by the name. The mask of
/// the platform does not tell, because it masks too little (docs/platform.md#masking).
pub fn is_credential(element: Option<&ElementEntry>, key: &str) -> bool {
    Catalog::embedded()
        .key_of(element, key)
        .map_or_else(|| is_credential_name(key), |known| known.secret)
}

/// Whether this value of this key is, or contains, a credential.
pub fn holds_credential(element: Option<&ElementEntry>, key: &str, value: &Value) -> bool {
    let is_flag = match value {
        Value::Bool(_) | Value::Null => true,
        Value::String(text) => matches!(text.as_str(), "true" | "false"),
        _ => false,
    };
    let is_known = Catalog::embedded().key_of(element, key).is_some();
    (is_credential(element, key) && (is_known || !is_flag)) || contains_credential(value)
}

/// Words that make a name one of a credential, also at the end of a longer word: `dbpassword`.
const WORDS: [&str; 10] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "privatekey",
    "accesskey",
    "authorization",
    "cookie",
];
/// The same, as whole words only.
const WHOLE_WORDS: [&str; 7] = [
    "pwd",
    "pass",
    "passwords",
    "secrets",
    "credential",
    "credentials",
    "cookies",
];
/// Words that do before `key`. A public, primary or partition key is none.
const KINDS_OF_KEY: [&str; 11] = [
    "private",
    "api",
    "access",
    "account",
    "auth",
    "shared",
    "ssh",
    "encryption",
    "signing",
    "signature",
    "subscription",
];
/// Last words of names that say something about a credential: where it is, or how long it lives.
const ABOUT: [&str; 34] = [
    "algorithm",
    "at",
    "count",
    "domain",
    "enabled",
    "endpoint",
    "expiration",
    "expires",
    "expiry",
    "field",
    "format",
    "header",
    "hint",
    "id",
    "in",
    "interval",
    "length",
    "lifetime",
    "limit",
    "location",
    "method",
    "mode",
    "name",
    "path",
    "policy",
    "prefix",
    "required",
    "scope",
    "time",
    "timeout",
    "ttl",
    "type",
    "uri",
    "url",
];

fn is_credential_name(name: &str) -> bool {
    let words = words(name);
    if words.last().is_none_or(|last| ABOUT.contains(&&**last)) {
        return false;
    }
    let is_word = |word: &String| {
        WORDS.iter().any(|known| word.ends_with(known)) || WHOLE_WORDS.contains(&&**word)
    };
    let is_pair = |pair: &[String]| match [&*pair[0], &*pair[1]] {
        [kind, "key"] => KINDS_OF_KEY.contains(&kind),
        ["connection", "string"] => true,
        _ => false,
    };
    words.iter().any(is_word) || words.windows(2).any(is_pair)
}

/// The words of a name in lower case: `X-Api-Key`, `oauth.api_key` and `clientAPIKey` have the same parts.
fn words(name: &str) -> Vec<String> {
    let characters: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (index, &character) in characters.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| characters[before]);
        let after = characters.get(index + 1);
        let starts_word = character.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase() || after.is_some_and(|after| after.is_lowercase())
            });
        if starts_word || !character.is_alphanumeric() {
            words.push(String::new());
        }
        if character.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(character.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether a value shows by itself that a credential is in it.
pub fn contains_credential(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => text_contains_credential(text),
        Value::Array(items) => items.iter().any(contains_credential),
        Value::Object(members) => {
            let text = |name: &str| members.get(name).and_then(Value::as_str);
            let named = ["name", "key", "header"].iter().find_map(|name| text(name));
            named.is_some_and(|name| {
                is_credential_name(name) && text("value").is_some_and(is_secret_text)
            }) || members.iter().any(|(name, value)| {
                let is_secret = match value {
                    Value::String(text) => is_secret_text(text),
                    Value::Number(_) => true,
                    Value::Array(items) => items.iter().any(Value::is_string),
                    Value::Null | Value::Bool(_) | Value::Object(_) => false,
                };
                (is_secret && is_credential_name(name)) || contains_credential(value)
            })
        }
    }
}

/// A mask or a placeholder of the platform, such as `${epoch}`, is not a credential.
fn is_secret_text(text: &str) -> bool {
    let text = text.trim();
    !(text.is_empty()
        || text.starts_with(['$', '{', '<', '*'])
        || matches!(text, "true" | "false" | "null" | "none"))
}

/// The same for a text.
pub fn text_contains_credential(text: &str) -> bool {
    if text.contains("PRIVATE KEY-----") || has_password_in_url(text) {
        return true;
    }
    let is_json = text.trim_start().starts_with(['{', '[']);
    if is_json && let Ok(value @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text)
    {
        return contains_credential(&value);
    }
    has_header(text) || has_parameter(text)
}

/// `https://user:password@host`.
fn has_password_in_url(text: &str) -> bool {
    text.match_indices("://").any(|(at, mark)| {
        let rest = &text[at + mark.len()..];
        let is_end = |c: char| c.is_whitespace() || "/?#\"'<>".contains(c);
        let authority = &rest[..rest.find(is_end).unwrap_or(rest.len())];
        let password = authority
            .rsplit_once('@')
            .and_then(|(user, _)| user.split_once(':'));
        password.is_some_and(|(_, password)| is_secret_text(password))
    })
}

/// A line such as `Authorization: Basic …`.
fn has_header(text: &str) -> bool {
    text.lines().any(|line| {
        line.split_once(':').is_some_and(|(name, value)| {
            let name = name.trim();
            let is_one_word = is_name(name) && !name.contains(' ');
            is_one_word && is_credential_name(name) && is_secret_text(value)
        })
    })
}

/// A part such as `Password=…` of a connection string, a query or a form.
fn has_parameter(text: &str) -> bool {
    let is_separator = |c: char| c.is_whitespace() && c != ' ' || ";&?,".contains(c);
    text.split(is_separator).any(|part| {
        part.split_once('=').is_some_and(|(name, value)| {
            let name = name.trim();
            is_name(name) && is_credential_name(name) && is_secret_text(value)
        })
    })
}

/// Names of connection strings have spaces: `Shared Access Key`.
fn is_name(text: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || "._- ".contains(c);
    !text.is_empty() && text.chars().all(is_part) && text.split(' ').count() <= 3
}

#[cfg(test)]
mod tests;
