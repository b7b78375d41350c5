//! The text of a secret in the form in which files and commands give it.

/// Editors and `echo` end a file with a newline that is no part of the secret.
pub fn trimmed(text: &str) -> &str {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text)
}
