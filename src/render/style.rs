//! Color, which never carries meaning alone.

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
