//! Keys and variables for what is imported, as a person would name them.

use std::collections::BTreeSet;

use crate::model::{InstanceKey, ObservedInstance};

/// Longer names make keys that nobody types, and markers that end in a hash.
const MAX_SLUG: usize = 40;

/// The key that a name suggests: `freshdesk-support` for `Freshdesk Support`. `None` where nothing of
/// the name can stand in a key.
pub fn slug(name: &str) -> Option<String> {
    let mut slug = String::new();
    for character in name.chars().flat_map(char::to_lowercase) {
        match character {
            'a'..='z' | '0'..='9' | '.' | '_' => slug.push(character),
            _ => match latin(character) {
                Some(letters) => slug.push_str(letters),
                None if slug.ends_with('-') => {}
                None => slug.push('-'),
            },
        }
    }
    let edge = |c: char| matches!(c, '-' | '.' | '_');
    let mut slug = slug.trim_matches(edge);
    if slug.len() > MAX_SLUG {
        // At a word, where one ends near enough.
        let head = &slug[..MAX_SLUG];
        let end = head.rfind('-').filter(|end| *end > MAX_SLUG / 2);
        slug = head[..end.unwrap_or(MAX_SLUG)].trim_end_matches(edge);
    }
    (!slug.is_empty()).then(|| slug.to_owned())
}

/// Letters that names of western Europe have.
fn latin(character: char) -> Option<&'static str> {
    Some(match character {
        'ä' | 'æ' => "ae",
        'ö' | 'œ' => "oe",
        'ü' => "ue",
        'ß' => "ss",
        'à' | 'á' | 'â' | 'ã' | 'å' => "a",
        'ç' => "c",
        'è' | 'é' | 'ê' | 'ë' => "e",
        'ì' | 'í' | 'î' | 'ï' => "i",
        'ñ' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ø' => "o",
        'ù' | 'ú' | 'û' => "u",
        'ý' | 'ÿ' => "y",
        // What `to_lowercase` makes of `İ` besides the letter.
        '\u{307}' => "",
        _ => return None,
    })
}

/// Keys that are in use. Two keys that differ only in case are two keys, and one is enough for a person.
pub(super) struct Keys(BTreeSet<String>);

impl Keys {
    pub(super) fn new<'k>(taken: impl IntoIterator<Item = &'k InstanceKey>) -> Self {
        let taken = taken.into_iter();
        Self(taken.map(|key| key.as_str().to_lowercase()).collect())
    }

    pub(super) fn take(&mut self, key: &InstanceKey) {
        self.0.insert(key.as_str().to_lowercase());
    }

    /// A free key for an instance: by its name, or else by its element; a number makes it unique.
    pub(super) fn derive(&mut self, seen: &ObservedInstance) -> Option<InstanceKey> {
        let base = slug(&seen.name).or_else(|| slug(seen.element.key.as_str()));
        let base = base.unwrap_or_else(|| "instance".to_owned());
        let key = free(&base, "-", &self.0)?;
        self.0.insert(key.clone());
        InstanceKey::new(key).ok()
    }
}

/// The name itself, or the first with a number that is not taken.
pub(super) fn free(base: &str, separator: &str, taken: &BTreeSet<String>) -> Option<String> {
    let numbered = (2_u32..).map(|number| format!("{base}{separator}{number}"));
    let mut names = std::iter::once(base.to_owned()).chain(numbered);
    names.find(|name| !taken.contains(name))
}
