//! A text as it is, and as what it may be an encoding of: JSON, URL and HTML escapes undone, in any nesting.
//! Each character knows where in the text it came from.
//!
//! Must not: know what is searched for.

use std::ops::Range;

/// Encodings in encodings that are undone.
const MAX_DEPTH: usize = 3;
/// A text with more ways to read it was made to have them.
const MAX_VIEWS: usize = 40;

/// A character, and the bytes of the text it stands for.
type Origin = (char, Range<usize>);

/// One way to read a text.
#[derive(Clone, Default)]
pub(super) struct View(Vec<Origin>);

impl View {
    /// The text itself, and every other way to read it.
    pub(super) fn all(text: &str) -> Vec<Self> {
        let own = text.char_indices();
        let own = own.map(|(at, c)| (c, at..at + c.len_utf8())).collect();
        let mut views = vec![Self(own)];
        let mut from = 0;
        for _ in 0..MAX_DEPTH {
            let end = views.len();
            for index in from..end {
                for decode in [json, url, form, html, unbroken] {
                    let view = Self(decode(&views[index].0));
                    if views.len() < MAX_VIEWS && !views.iter().any(|known| known.is_same(&view)) {
                        views.push(view);
                    }
                }
            }
            from = end;
        }
        views
    }

    fn is_same(&self, other: &Self) -> bool {
        let characters = |view: &Self| view.0.iter().map(|(c, _)| *c).collect::<String>();
        self.0.len() == other.0.len() && characters(self) == characters(other)
    }

    pub(super) fn characters(&self) -> Vec<char> {
        self.0.iter().map(|(character, _)| *character).collect()
    }

    /// Where these characters came from.
    pub(super) fn origin(&self, characters: Range<usize>) -> Range<usize> {
        let part = &self.0[characters];
        let start = part.iter().map(|(_, origin)| origin.start).min();
        let end = part.iter().map(|(_, origin)| origin.end).max();
        start.unwrap_or(0)..end.unwrap_or(0)
    }

    /// The characters in one letter case, and for each byte the character it belongs to.
    pub(super) fn folded(&self) -> (String, Vec<usize>) {
        let mut text = String::new();
        let mut owners = Vec::new();
        for (index, (character, _)) in self.0.iter().enumerate() {
            text.extend(fold(*character));
            owners.resize(text.len(), index);
        }
        (text, owners)
    }
}

/// A character in one letter case; through upper case, so that `ß` and `SS` are the same.
pub(super) fn fold(character: char) -> impl Iterator<Item = char> {
    character.to_uppercase().flat_map(char::to_lowercase)
}

/// Goes through the characters; `decode` says what stands for how many of them.
fn decoded(text: &[Origin], decode: impl Fn(&[Origin]) -> Option<(String, usize)>) -> Vec<Origin> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        match decode(&text[at..]) {
            Some((meant, length)) => {
                let origin = text[at].1.start..text[at + length - 1].1.end;
                out.extend(meant.chars().map(|c| (c, origin.clone())));
                at += length;
            }
            None => {
                out.push(text[at].clone());
                at += 1;
            }
        }
    }
    out
}

fn word(text: &[Origin], length: usize) -> String {
    text.iter().take(length).map(|(c, _)| *c).collect()
}

fn number(text: &[Origin], length: usize) -> Option<u32> {
    let digits = word(text, length);
    let is_whole = digits.len() == length && digits.bytes().all(|b| b.is_ascii_hexdigit());
    is_whole.then(|| u32::from_str_radix(&digits, 16).ok())?
}

fn json(text: &[Origin]) -> Vec<Origin> {
    decoded(text, |rest| {
        if rest[0].0 != '\\' {
            return None;
        }
        let meant = match rest.get(1)?.0 {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'b' => '\u{8}',
            'f' => '\u{c}',
            same @ ('"' | '\\' | '/' | '\'') => same,
            'u' => {
                let high = number(&rest[2..], 4)?;
                let low = rest.get(6..8).filter(|next| word(next, 2) == "\\u");
                let low = low.and_then(|_| number(&rest[8..], 4));
                let units = [
                    u16::try_from(high).ok()?,
                    u16::try_from(low.unwrap_or(0)).ok()?,
                ];
                return match char::from_u32(high) {
                    Some(character) => Some((character.to_string(), 6)),
                    None => Some((String::from_utf16(&units).ok()?, 12)),
                };
            }
            _ => return None,
        };
        Some((meant.to_string(), 2))
    })
}

/// `%41`, and several of them for one character.
fn url(text: &[Origin]) -> Vec<Origin> {
    decoded(text, |rest| {
        let mut bytes = Vec::new();
        while rest.get(3 * bytes.len())?.0 == '%' && bytes.len() < 4 {
            bytes.push(u8::try_from(number(&rest[3 * bytes.len() + 1..], 2)?).ok()?);
            if let Ok(character) = std::str::from_utf8(&bytes) {
                return Some((character.to_owned(), 3 * bytes.len()));
            }
        }
        None
    })
}

/// The same in a form, where `+` is a space.
fn form(text: &[Origin]) -> Vec<Origin> {
    let spaces = text.iter().map(|(character, origin)| match character {
        '+' => (' ', origin.clone()),
        other => (*other, origin.clone()),
    });
    url(&spaces.collect::<Vec<_>>())
}

fn html(text: &[Origin]) -> Vec<Origin> {
    decoded(text, |rest| {
        if rest[0].0 != '&' {
            return None;
        }
        let length = rest.iter().take(10).position(|(c, _)| *c == ';')?;
        let name = word(&rest[1..], length - 1);
        let character = match name.as_str() {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            "nbsp" => ' ',
            other => {
                let digits = other.strip_prefix('#')?;
                let hexadecimal = digits.strip_prefix(['x', 'X']);
                let code = match hexadecimal {
                    Some(digits) => u32::from_str_radix(digits, 16),
                    None => digits.parse(),
                };
                char::from_u32(code.ok()?)?
            }
        };
        Some((character.to_string(), length + 1))
    })
}

/// Without line breaks: base64 is often wrapped.
fn unbroken(text: &[Origin]) -> Vec<Origin> {
    let is_kept = |(character, _): &&Origin| !matches!(character, '\r' | '\n');
    text.iter().filter(is_kept).cloned().collect()
}
