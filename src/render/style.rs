//! Colour, which never carries a meaning of its own.

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

/// Control characters of a name or a value must not reach a terminal.
pub(super) fn harmless(text: &str) -> String {
    text.chars()
        .map(|character| {
            if character.is_control() && character != '\n' {
                '\u{fffd}'
            } else {
                character
            }
        })
        .collect()
}
