//! The forms that a result can have on stdout.

use clap::ValueEnum;

/// How a result is written to stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// Text for people
    Text,
    /// One JSON object
    Json,
}
