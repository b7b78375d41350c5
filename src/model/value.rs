//! A configuration value that is not secret, and the platform's spelling of values.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Secret, SecretJson};

/// A plain configuration value with the type it has in the manifest, which is what is sent. To compare
/// two values as the platform stores them, compare their [`PlainValue::canonical`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlainValue(pub Value);

impl PlainValue {
    /// A text value.
    pub fn text(text: impl Into<String>) -> Self {
        Self(Value::String(text.into()))
    }

    /// The platform's spelling: every value comes back as a string, nested JSON as one string
    /// (docs/platform.md#configuration). JSON, nested or in a string, is compact with sorted members,
    /// so that two spellings of one document are equal.
    pub fn canonical(&self) -> String {
        canonical(&self.0)
    }
}

impl SecretJson {
    /// The same spelling of a secret value, as a secret.
    pub fn canonical(&self) -> Secret {
        Secret::new(canonical(self.expose()))
    }
}

fn canonical(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => canonical_text(text),
        nested @ (Value::Array(_) | Value::Object(_)) => nested.to_string(),
    }
}

/// The canonical spelling of a string from the platform: a JSON document is made compact with sorted
/// members, everything else stays as it is.
pub(crate) fn canonical_text(text: &str) -> String {
    let looks_like_json = matches!(text.trim_start().as_bytes().first(), Some(b'{' | b'['));
    if looks_like_json
        && let Ok(nested @ (Value::Array(_) | Value::Object(_))) = serde_json::from_str(text)
    {
        // The text may be a secret, so that the parsed value has to be wiped.
        return SecretJson::new(nested).expose().to_string();
    }
    text.to_owned()
}
