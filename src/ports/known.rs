//! What is known to be secret in this run. Code that learns of a secret adds it, and code that shows text
//! of the platform searches for it.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use crate::model::Secret;

/// Shorter texts occur by chance, in any message.
const MIN_LENGTH: usize = 4;
/// A part of a secret that is shown by itself, such as a line of a private key.
const MIN_LINE: usize = 8;

/// Whether a word is a value of which only a fingerprint is recorded.
type Recognize = Box<dyn Fn(&str) -> bool + Send + Sync>;

/// The secrets of a run, shared by everything that learns of one.
#[derive(Default)]
pub struct KnownSecrets(Mutex<Known>);

/// The set itself. It is read in place and never copied.
#[derive(Default)]
pub struct Known {
    texts: BTreeSet<Ordered>,
    /// Words that the manifest shows in clear.
    clear: BTreeSet<String>,
    /// Names of configuration keys with a secret value.
    names: BTreeSet<String>,
    recognize: Vec<Recognize>,
}

/// Secrets in an order, so that each is kept once.
struct Ordered(Secret);

impl KnownSecrets {
    /// Adds to the set.
    pub fn learn(&self, add: impl FnOnce(&mut Known)) {
        add(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Looks into the set.
    pub fn look<T>(&self, read: impl FnOnce(&Known) -> T) -> T {
        read(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Known {
    /// A text that must not be shown, and its longer lines.
    pub fn add(&mut self, text: &str) {
        let lines = text.lines().map(str::trim);
        let lines = lines.filter(|line| line.len() >= MIN_LINE && !line.starts_with("-----"));
        for text in [text.trim()].into_iter().chain(lines) {
            if text.chars().count() >= MIN_LENGTH {
                self.texts.insert(Ordered(Secret::new(text)));
            }
        }
    }

    /// Every text in a value.
    pub fn add_value(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.add(text),
            Value::Number(number) => self.add(&number.to_string()),
            Value::Array(items) => items.iter().for_each(|item| self.add_value(item)),
            Value::Object(members) => members.values().for_each(|item| self.add_value(item)),
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// The name of a configuration key with a secret value.
    pub fn add_name(&mut self, name: &str) {
        self.names.insert(name.to_lowercase());
    }

    /// Words that the manifest shows in clear.
    pub fn add_clear(&mut self, text: &str) {
        let words = text.split(|c: char| !c.is_alphanumeric());
        self.clear.extend(words.map(str::to_lowercase));
        self.clear.insert(text.to_lowercase());
    }

    /// A way to tell a value of which only a fingerprint is recorded.
    pub fn add_recognizer(&mut self, recognize: Recognize) {
        self.recognize.push(recognize);
    }

    /// The texts. Every call is a place where a secret can leak: keep them few.
    pub fn expose(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(|text| text.0.expose())
    }

    /// Whether the manifest shows this word in clear, or every manifest could.
    pub fn is_clear(&self, word: &str) -> bool {
        let word = word.to_lowercase();
        matches!(word.as_str(), "true" | "false" | "null" | "none") || self.clear.contains(&word)
    }

    /// Whether a configuration key of this name has a secret value.
    pub fn is_name(&self, name: &str) -> bool {
        self.names.contains(&name.to_lowercase())
    }

    /// Whether a word is a value of which a fingerprint is recorded.
    pub fn is_recorded(&self, word: &str) -> bool {
        self.recognize.iter().any(|recognize| recognize(word))
    }
}

impl fmt::Debug for KnownSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[known secrets]")
    }
}

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.expose().cmp(other.0.expose())
    }
}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ordered {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Ordered {}
