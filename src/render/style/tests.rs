//! Tests of `style`.

use super::*;

#[test]
fn unprintable_characters_are_escaped() {
    assert_eq!(
        escape_controls("Müller & Söhne 東京"),
        "Müller & Söhne 東京"
    );
    assert_eq!(escape_controls("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
    assert_eq!(escape_controls("a\nb\tc\r"), "a\nb\\tc\\r");
    assert_eq!(one_line("a\nb\tc\r"), "a\\nb\\tc\\r");
    assert_eq!(escape_controls("\u{202e}gnp\u{9b}"), "\\u{202e}gnp\\u{9b}");
    assert_ne!(escape_controls("a\u{1}"), escape_controls("a\u{2}"));
}
