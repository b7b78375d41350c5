//! Secrets as files and commands contain them.

use crate::diagnostic::without_bom;

/// The text of a file or an output: UTF-8, without a byte order mark and the line break that editors
/// and `echo` add at the end. `None` if it is not UTF-8.
pub(crate) fn decode(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(without_bom(bytes)).ok()?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    Some(text.strip_suffix('\r').unwrap_or(text))
}
