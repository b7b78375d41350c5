//! Text of the platform and of vendors, made safe to show: they quote what was sent now, what was sent by
//! earlier runs, and what they have stored. Must not: search text of our own.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::view::{View, fold};
use crate::catalog::is_credential;
use crate::ports::{Known, KnownSecrets};

/// Longer texts are cut.
const MAX_LENGTH: usize = 500;
/// A longer text is not searched, and nothing of it is shown: no message is so long.
const MAX_SEARCHED: usize = 16 * 1024;
/// From this length on a secret is looked for in every form; a shorter one only as a word.
const MIN_ANYWHERE: usize = 8;
const REPLACEMENT: &str = "(secret)";
const WITHHELD: &str = "(message withheld: it repeats a secret)";
const TOO_LONG: &str = "(message withheld: it is too long)";

/// Text that the platform wrote. Only a [`Redactor`] gives it away.
pub(super) struct PlatformText(String);

impl PlatformText {
    pub(super) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Whether the text passes a test; nothing of it is shown.
    pub(super) fn is(&self, test: impl FnOnce(&str) -> bool) -> bool {
        test(&self.0)
    }
}

impl std::fmt::Debug for PlatformText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[text of the platform]")
    }
}

/// Takes everything that is known to be secret out of a text.
#[derive(Clone, Default)]
pub(super) struct Redactor(Arc<KnownSecrets>);

impl Redactor {
    pub(super) fn new(known: Arc<KnownSecrets>) -> Self {
        Self(known)
    }

    /// The text, of bounded length, without secrets and control characters.
    pub(super) fn sanitize(&self, text: &PlatformText) -> String {
        let text = &text.0;
        if text.len() > MAX_SEARCHED {
            return TOO_LONG.to_owned();
        }
        let safe = self.0.look(|known| {
            let Found::At(hits) = find(known, text) else {
                return WITHHELD.to_owned();
            };
            if hits.is_empty() {
                return text.clone();
            }
            let safe = without(text, &hits);
            // What is left on both sides of a hit may be a secret together.
            match find(known, &safe) {
                Found::At(left) if left.is_empty() => safe,
                _ => WITHHELD.to_owned(),
            }
        });
        let printable = |c: char| if c.is_control() { ' ' } else { c };
        let mut shown: String = safe.chars().map(printable).take(MAX_LENGTH).collect();
        if safe.chars().count() > MAX_LENGTH {
            shown.push('…');
        }
        shown
    }
}

/// The text with a replacement for each part.
fn without(text: &str, parts: &[Range<usize>]) -> String {
    let mut parts = parts.to_vec();
    parts.sort_by_key(|part| part.start);
    let mut out = String::new();
    let mut at = 0;
    for part in parts {
        if part.start >= at {
            out.push_str(&text[at..part.start]);
            out.push_str(REPLACEMENT);
        }
        at = at.max(part.end);
    }
    out.push_str(&text[at..]);
    out
}

enum Found {
    At(Vec<Range<usize>>),
    /// A short secret: the places of all of its forms are not known.
    Short,
}

/// Where in a text a secret is. Everything is made here, when a text has to be shown, and the index is of
/// the text, which is short, not of the secrets, which may be many.
fn find(known: &Known, text: &str) -> Found {
    let views = View::all(text);
    let folded: Vec<(String, Vec<usize>)> = views.iter().map(View::folded).collect();
    let mut starts: BTreeSet<&[u8]> = BTreeSet::new();
    for (text, _) in &folded {
        starts.extend(text.as_bytes().windows(MIN_ANYWHERE));
    }
    let mut hits = Vec::new();
    for secret in known.expose() {
        if secret.chars().count() < MIN_ANYWHERE {
            let word: String = secret.chars().flat_map(fold).collect();
            let is_there = |(text, _): &(String, Vec<usize>)| has_word(text, &word);
            if !known.is_clear(secret) && folded.iter().any(is_there) {
                return Found::Short;
            }
            continue;
        }
        for form in forms(secret) {
            let start = &form.as_bytes()[..MIN_ANYWHERE.min(form.len())];
            if !starts.contains(start) {
                continue;
            }
            for (view, (text, owners)) in views.iter().zip(&folded) {
                hits.extend(
                    text.match_indices(&form)
                        .map(|(at, _)| view.origin(owners[at]..owners[at + form.len() - 1] + 1)),
                );
            }
        }
    }
    // Most ways to read a text have the same words, and each is compared with every fingerprint.
    let mut recorded: BTreeMap<String, bool> = BTreeMap::new();
    for view in &views {
        for part in named_values(known, &view.characters()) {
            hits.push(view.origin(part));
        }
        for (word, part) in words(&view.characters()) {
            let length = word.chars().count();
            let part = view.origin(part);
            // Further on nothing is shown.
            if length < 4 || part.start > 4 * MAX_LENGTH {
                continue;
            }
            let entry = recorded.entry(word.clone());
            let is_recorded = *entry.or_insert_with_key(|word| known.is_recorded(word));
            if !is_recorded {
                continue;
            }
            if length >= MIN_ANYWHERE {
                hits.push(part);
            } else if !known.is_clear(&word) {
                return Found::Short;
            }
        }
    }
    Found::At(hits)
}

/// A secret as it may stand in a text that is read in every way: in one letter case, as base64 of any
/// alignment, and as hexadecimal digits.
fn forms(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let mut forms: Vec<String> = vec![secret.to_owned()];
    forms.push(bytes.iter().map(|byte| format!("{byte:02x}")).collect());
    for before in 0..3 {
        let padded = [&[0; 2][..before], bytes].concat();
        // Only digits that no neighbour has a part in.
        let digits = (8 * before).div_ceil(6)..8 * padded.len() / 6;
        for encoded in [
            STANDARD_NO_PAD.encode(&padded),
            URL_SAFE_NO_PAD.encode(&padded),
        ] {
            forms.push(encoded[digits.clone()].to_owned());
        }
    }
    let folded = |form: String| form.chars().flat_map(fold).collect();
    forms.into_iter().map(folded).collect()
}

fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

/// What stands after the name of a key with a secret value: `"password": "…"` or `password=…`.
fn named_values(known: &Known, text: &[char]) -> Vec<Range<usize>> {
    let is_part = |c: char| c.is_alphanumeric() || "._-".contains(c);
    let skip = |mut at: usize, is_skipped: &dyn Fn(char) -> bool| {
        while at < text.len() && is_skipped(text[at]) {
            at += 1;
        }
        at
    };
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        if !is_part(text[at]) {
            at += 1;
            continue;
        }
        let end = skip(at, &is_part);
        let name: String = text[at..end].iter().collect();
        at = end;
        if !known.is_name(&name) && !is_credential(None, &name) {
            continue;
        }
        let is_quote = |c: char| "\"'`\\".contains(c);
        let is_blank = |c: char| c == ' ';
        let mark = skip(skip(end, &is_quote), &is_blank);
        let from = skip(skip(mark, &|c| ":=>".contains(c)), &is_blank);
        let quote = skip(from, &|c| c == '\\');
        let quoted = text.get(quote).copied().filter(|c| "\"'`".contains(*c));
        // Without `:` or `=` only what is quoted: `password 'x'`.
        if from == mark && (quoted.is_none() || mark == end) {
            continue;
        }
        let is_header = ["authorization", "cookie"]
            .iter()
            .any(|end| name.to_lowercase().ends_with(end));
        let part = match quoted {
            Some(quote_mark) => {
                let start = quote + 1;
                start..skip(start, &|c| c != quote_mark)
            }
            None if is_header => from..skip(from, &|c| c != '\n'),
            None => from..skip(from, &|c| !c.is_whitespace() && !",;&<>)]}\"'`".contains(c)),
        };
        let value: String = text[part.clone()].iter().collect();
        if !value.is_empty() && !REPLACEMENT.starts_with(value.trim_end_matches(')')) {
            found.push(part);
        }
    }
    found
}

/// The words of a text that may be a value: between blanks, between quotes, and between marks.
fn words(text: &[char]) -> Vec<(String, Range<usize>)> {
    let splits: [fn(char) -> bool; 5] = [
        char::is_whitespace,
        |c| c == '"',
        |c| c == '\'' || c == '`',
        |c| c.is_whitespace() || "\"'`<>()[]{},;=:&?".contains(c),
        |c| c.is_whitespace() || "\"'`<>()[]{},;".contains(c),
    ];
    let mut words = BTreeSet::new();
    for is_split in splits {
        let mut start = 0;
        for end in 0..=text.len() {
            if end < text.len() && !is_split(text[end]) {
                continue;
            }
            let is_end = |c: &char| ".,;:!".contains(*c);
            let dots = text[start..end]
                .iter()
                .rev()
                .take_while(|c| is_end(c))
                .count();
            for end in BTreeSet::from([end - dots, end]) {
                if start < end {
                    words.insert((text[start..end].iter().collect(), (start, end)));
                }
            }
            start = end + 1;
        }
    }
    let range = |(word, (start, end))| (word, start..end);
    words.into_iter().map(range).collect()
}

#[cfg(test)]
mod tests;
