//! Colour, which never carries a meaning of its own, and text that is safe to show.

use std::fmt::Display;

use anstyle::{AnsiColor, Style};

/// Whether to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// Yes.
    Always,
    /// No.
    Never,
}

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    Added,
    Removed,
    Changed,
    Emphasis(Side),
    Dim,
    Strong,
    Refused,
}

/// Which side of a diff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Before,
    After,
}

impl Color {
    /// The text, coloured where that is wanted.
    pub(super) fn paint(self, label: Label, text: impl Display) -> String {
        let style = match (self, label) {
            (Self::Never, _) => return text.to_string(),
            (Self::Always, Label::Added) => AnsiColor::Green.on_default(),
            (Self::Always, Label::Removed) => AnsiColor::Red.on_default(),
            (Self::Always, Label::Changed) => AnsiColor::Yellow.on_default(),
            (Self::Always, Label::Emphasis(Side::Before)) => {
                AnsiColor::Red.on_default().bold().underline()
            }
            (Self::Always, Label::Emphasis(Side::After)) => {
                AnsiColor::Green.on_default().bold().underline()
            }
            (Self::Always, Label::Dim) => Style::new().dimmed(),
            (Self::Always, Label::Strong) => Style::new().bold(),
            (Self::Always, Label::Refused) => AnsiColor::Red.on_default().bold(),
        };
        format!("{style}{text}{style:#}")
    }
}

/// Whether a character does something to a terminal or to the order of a line instead of being seen:
/// controls, line separators, directional overrides and what has no width.
pub(super) fn is_treacherous(character: char) -> bool {
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

/// Text that a terminal shows as it is, line for line: treacherous characters are written as
/// escapes, so that two different texts stay different.
pub(super) fn harmless(text: &str) -> String {
    escaped(text, |character| {
        character != '\n' && is_treacherous(character)
    })
}

/// The same on one line.
pub(super) fn one_line(text: &str) -> String {
    escaped(text, is_treacherous)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_a_cursor_or_turns_a_line_is_written_out() {
        assert_eq!(harmless("Müller & Söhne 東京"), "Müller & Söhne 東京");
        assert_eq!(harmless("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(harmless("a\nb\tc\r"), "a\nb\\tc\\r");
        assert_eq!(one_line("a\nb\tc\r"), "a\\nb\\tc\\r");
        assert_eq!(harmless("\u{202e}gnp\u{9b}"), "\\u{202e}gnp\\u{9b}");
        assert_ne!(harmless("a\u{1}"), harmless("a\u{2}"));
    }
}
