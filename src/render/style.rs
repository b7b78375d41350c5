//! Color, which never carries meaning alone, and text that is safe to print.

use std::fmt::Display;

use anstyle::{AnsiColor, Style};

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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Before,
    After,
}

impl Label {
    /// The text in the color of its label.
    pub(super) fn paint(self, text: impl Display) -> String {
        let style = match self {
            Self::Added => AnsiColor::Green.on_default(),
            Self::Removed => AnsiColor::Red.on_default(),
            Self::Changed => AnsiColor::Yellow.on_default(),
            Self::Emphasis(Side::Before) => AnsiColor::Red.on_default().bold().underline(),
            Self::Emphasis(Side::After) => AnsiColor::Green.on_default().bold().underline(),
            Self::Dim => Style::new().dimmed(),
            Self::Strong => Style::new().bold(),
            Self::Refused => AnsiColor::Red.on_default().bold(),
        };
        format!("{style}{text}{style:#}")
    }
}

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

/// Escapes unprintable characters except line breaks. Different texts stay different.
pub(super) fn escape_controls(text: &str) -> String {
    escaped(text, |character| {
        character != '\n' && is_unprintable(character)
    })
}

/// Escapes unprintable characters and line breaks.
pub(super) fn one_line(text: &str) -> String {
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

#[cfg(test)]
mod tests;
