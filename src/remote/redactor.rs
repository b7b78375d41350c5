//! Text of the platform and of vendors, made safe to show: vendors echo the credentials they were
//! sent. Must not: search text of our own.

use serde_json::Value;

use crate::model::Secret;

/// Longer texts are cut.
const MAX_LENGTH: usize = 500;
/// Shorter values occur in any text by chance.
const MIN_SECRET_LENGTH: usize = 6;

/// The values of a request that must not come back in a message.
#[derive(Clone, Default)]
pub(super) struct Redactor(Vec<Secret>);

impl Redactor {
    pub(super) fn add(&mut self, value: &Value) {
        match value {
            Value::String(text) if text.len() >= MIN_SECRET_LENGTH => {
                self.0.push(Secret::new(text.as_str()));
            }
            Value::Array(items) => items.iter().for_each(|item| self.add(item)),
            Value::Object(members) => members.values().for_each(|item| self.add(item)),
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    pub(super) fn extend(&mut self, other: &Self) {
        self.0.extend(other.0.iter().cloned());
    }

    /// The text, of bounded length and without control characters. A text that contains a known value
    /// is withheld as a whole: to replace the value would miss other spellings of it in the same text.
    pub(super) fn sanitize(&self, text: &str) -> String {
        if self.0.iter().any(|value| text.contains(value.expose())) {
            return "(message withheld: it repeats a value that was sent)".to_owned();
        }
        let mut shown: String = text
            .chars()
            .map(|character| {
                if character.is_control() {
                    ' '
                } else {
                    character
                }
            })
            .take(MAX_LENGTH)
            .collect();
        if text.chars().count() > MAX_LENGTH {
            shown.push('…');
        }
        shown
    }
}
