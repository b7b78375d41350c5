//! Secrets as files and commands contain them.

/// Removes the line break that editors and `echo` add at the end.
pub(crate) fn trimmed(text: &str) -> &str {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text)
}
