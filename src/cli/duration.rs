//! Durations as options and variables spell them.

use std::time::Duration;

/// Reads a duration such as `200s` or `5m`.
///
/// # Errors
/// What was expected.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .map_err(|_| "expected a number with a unit, such as `200s` or `5m`".to_owned())
}
