//! Values that must not be shown. These types have no `Display`, their `Debug` shows nothing, and
//! their content is reached only through a method named `expose`.
//!
//! Must not: be serialisable. The one field that is stored says so itself.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use zeroize::Zeroize;

const REDACTED: &str = "[redacted]";

/// A credential or an instance token. Wiped from memory when dropped.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Protects a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// A token that the platform showed; `None` where it is empty or masked (docs/platform.md#token).
    pub fn token(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        let is_shown = !text.trim().is_empty() && !text.contains("****");
        is_shown.then(|| Self::new(text))
    }

    /// The text itself. Every call is a place where a secret can leak: keep them few.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether the text is empty.
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

/// A resolved JSON value that is secret in part, such as `providerData`. Its strings are wiped from
/// memory when dropped.
#[derive(Clone, PartialEq)]
pub struct SecretJson(Value);

impl SecretJson {
    /// Protects a value.
    pub fn new(value: Value) -> Self {
        Self(value)
    }

    /// The value itself. The same caution as for [`Secret::expose`].
    pub fn expose(&self) -> &Value {
        &self.0
    }
}

impl fmt::Debug for SecretJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl Drop for SecretJson {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(members) => members.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
