//! Which names and tags a manifest can declare: those that the platform stores as they are
//! (docs/platform.md#names).

/// The limit of the platform is unknown; 128 is safe (docs/platform.md#q13).
pub(crate) const MAX_NAME: usize = 128;

/// What is wrong with a name or a tag, for a message; `None` if it can be declared.
pub(crate) fn clear_text_problem(text: &str) -> Option<&'static str> {
    if text.trim().is_empty() {
        Some("is empty")
    } else if text.trim() != text {
        Some("starts or ends with a space")
    } else if text.chars().any(char::is_control) {
        Some("contains a control character")
    } else if text.contains(['<', '>']) {
        Some("contains `<` or `>`")
    } else {
        None
    }
}

/// Whether a manifest can declare this name or tag.
pub(crate) fn is_clear_text(text: &str, max: usize) -> bool {
    clear_text_problem(text).is_none() && text.chars().count() <= max
}
