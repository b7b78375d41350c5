//! What the platform keeps that is not what it was sent.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    CreateRequest, InstanceKey, LockedInstance, Marker, ReadBack, RequestValue, UpdateRequest,
};

/// The values that a request sent of one instance.
#[derive(Clone, Copy, Debug)]
pub struct SentValues<'a> {
    /// The key.
    pub key: &'a InstanceKey,
    /// The name, if it was sent.
    pub name: Option<&'a str>,
    /// The tags, if they were sent; markers are left out.
    pub tags: Option<Tags<'a>>,
    /// The configuration keys that were sent.
    pub configuration: &'a BTreeMap<String, RequestValue>,
}

/// Tags as each request has them.
#[derive(Clone, Copy, Debug)]
pub enum Tags<'a> {
    /// In order.
    List(&'a [String]),
    /// Sorted.
    Set(&'a BTreeSet<String>),
}

impl Tags<'_> {
    /// Without markers.
    pub fn own(self) -> BTreeSet<String> {
        let is_own = |tag: &&String| Marker::state_of(tag).is_none();
        match self {
            Self::List(tags) => tags.iter().filter(is_own).cloned().collect(),
            Self::Set(tags) => tags.iter().filter(is_own).cloned().collect(),
        }
    }
}

impl<'a> SentValues<'a> {
    /// What a create sends.
    pub fn of_create(key: &'a InstanceKey, request: &'a CreateRequest) -> Self {
        Self {
            key,
            name: Some(&request.name),
            tags: Some(Tags::List(&request.tags)),
            configuration: &request.configuration,
        }
    }

    /// What a `PATCH` sends.
    pub fn of_update(key: &'a InstanceKey, request: &'a UpdateRequest) -> Self {
        Self {
            key,
            name: request.name.as_deref(),
            tags: request.tags.as_ref().map(Tags::Set),
            configuration: &request.configuration,
        }
    }

    /// The paths of all that was sent.
    pub fn paths(&self) -> BTreeSet<String> {
        let name = self.name.map(|_| "name".to_owned());
        let tags = self.tags.map(|_| "tags".to_owned());
        let names = self.configuration.keys();
        let values = names.map(|name| format!("configuration.{name}"));
        name.into_iter().chain(tags).chain(values).collect()
    }
}

/// How the platform's values differ from what it was sent, by path: `name`, `tags` or `configuration.…`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// It made another value of it.
    pub rewritten: BTreeMap<String, ReadBack>,
    /// It still has the value from before the request.
    pub unapplied: BTreeMap<String, ReadBack>,
}

impl Kept {
    /// Whether the platform has what it was sent.
    pub fn is_empty(&self) -> bool {
        self.rewritten.is_empty() && self.unapplied.is_empty()
    }
}

impl LockedInstance {
    /// Whether the platform is known to keep this value instead of what is recorded as applied.
    pub fn keeps(&self, path: &str, value: &Value) -> bool {
        let kept = self.read_back.get(path).and_then(ReadBack::shown);
        kept.as_ref() == Some(value)
    }

    /// Takes over what is known of the values that this entry has in common with an earlier one.
    pub fn keep_from(&mut self, earlier: &Self) {
        for (path, kept) in &earlier.read_back {
            let is_same = match path.strip_prefix("configuration.") {
                Some(name) => {
                    self.configuration.get(name) == earlier.configuration.get(name)
                        && self.secrets.get(name) == earlier.secrets.get(name)
                }
                None if path == "name" => self.name == earlier.name,
                None => self.tags == earlier.tags,
            };
            if is_same {
                self.read_back.insert(path.clone(), kept.clone());
            }
        }
    }

    /// Records what the platform made of a request.
    pub fn keep(&mut self, sent: &SentValues<'_>, kept: Kept) {
        for path in sent.paths() {
            self.read_back.remove(&path);
        }
        self.read_back.extend(kept.rewritten);
        // What was not applied is not recorded as applied.
        for (path, value) in kept.unapplied {
            let name = path.strip_prefix("configuration.");
            match (value, name) {
                (ReadBack::Text(text), Some(name)) => {
                    self.configuration.insert(name.to_owned(), text);
                }
                (ReadBack::Text(text), None) => self.name = text,
                (ReadBack::Tags(tags), _) => self.tags = Some(tags),
                (ReadBack::Secret(_), name) => {
                    let name = name.unwrap_or_default();
                    self.secrets.insert(name.to_owned(), None);
                }
            }
        }
    }
}
