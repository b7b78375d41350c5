//! Text that is safe to print: for a terminal, and for the CI systems that read commands out of a log.
//! Different texts stay different.
//!
//! Must not: know where the text goes.

use std::fmt::Write as _;

/// Whether a character controls the terminal or the direction of text, breaks a line, or has no
/// width.
pub(super) fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// Escapes unprintable characters except line breaks.
pub(super) fn escape_controls(text: &str) -> String {
    escaped(text, |character| {
        character != '\n' && is_unprintable(character)
    })
}

/// Escapes unprintable characters and line breaks.
pub fn one_line(text: &str) -> String {
    escaped(text, is_unprintable)
}

fn escaped(text: &str, is_bad: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if is_bad(character) {
            out.extend(character.escape_default());
        } else {
            out.push(character);
        }
    }
    out
}

/// Finished JSON with the same meaning, in which no string has an unprintable character or a command.
/// JSON has such characters, and `#`, only inside strings.
pub fn json_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (index, character) in text.char_indices() {
        let ends_command = character == '#' && text[..index].ends_with('#');
        if (ends_command && opens_command(&text[index + 1..]))
            || (character != '\n' && is_unprintable(character))
        {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a string does not fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(character);
        }
    }
    out
}

/// Finished text for people, line by line: a stream gets nothing else. GitHub runs a line that starts
/// with blanks and `::`, or has `##[` anywhere. Azure runs `##[` and `##vso[`. Only color passes, for the
/// parsers may see the text without it.
pub fn printed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let mut before = Before::Blanks;
        let mut rest = line;
        while let Some(character) = rest.chars().next() {
            if let Some(style) = style(rest) {
                out.push_str(style);
                rest = &rest[style.len()..];
                continue;
            }
            rest = &rest[character.len_utf8()..];
            if character != '\n' && is_unprintable(character) {
                out.extend(character.escape_default());
                before = Before::Text;
                continue;
            }
            let is_command = match before {
                Before::Blanks => character == ':' && visible(rest).starts_with(':'),
                Before::Hash => character == '#' && opens_command(&visible(rest)),
                Before::Text => false,
            };
            if is_command {
                out.push('\\');
            }
            out.push(character);
            before = match before {
                Before::Blanks if character.is_whitespace() => Before::Blanks,
                _ if character == '#' => Before::Hash,
                _ => Before::Text,
            };
        }
    }
    out
}

/// What a line has before a character.
#[derive(Clone, Copy)]
enum Before {
    Blanks,
    Hash,
    Text,
}

/// Whether a command follows `##`.
fn opens_command(rest: &str) -> bool {
    let head: String = rest.chars().take(4).collect();
    head.starts_with('[') || head.eq_ignore_ascii_case("vso[")
}

/// The style at the start of a text, such as `ESC [ 1 m`.
fn style(text: &str) -> Option<&str> {
    let parameters = text.strip_prefix("\u{1b}[")?;
    let end = parameters.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    parameters[end..]
        .starts_with('m')
        .then(|| &text[.."\u{1b}[".len() + end + 1])
}

/// The first characters of a text without styles.
fn visible(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while out.len() < 4 {
        if let Some(style) = style(rest) {
            rest = &rest[style.len()..];
            continue;
        }
        let Some(character) = rest.chars().next() else {
            break;
        };
        out.push(character);
        rest = &rest[character.len_utf8()..];
    }
    out
}

#[cfg(test)]
mod tests;
