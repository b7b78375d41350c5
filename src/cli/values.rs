//! Values of options: formats and durations.

use std::time::Duration;

use clap::ValueEnum;

/// How a result is written to stdout, or a log line to stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// Human-readable text
    Text,
    /// One JSON object
    Json,
}

/// Reads a duration such as `200s` or `5m`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .map_err(|_| "expected a number with a unit, such as `200s` or `5m`".to_owned())
}
