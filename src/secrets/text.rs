//! Secrets as files and commands contain them.

/// The text of a file or an output: UTF-8, without a byte order mark and the line break that editors
/// and `echo` add at the end. `None` if it is not UTF-8.
pub(crate) fn decode(bytes: &[u8]) -> Option<&str> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    Some(text.strip_suffix('\r').unwrap_or(text))
}
