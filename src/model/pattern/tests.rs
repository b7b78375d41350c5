//! Tests of `policy`.

use super::*;

#[test]
fn a_star_stands_for_any_text() {
    for (pattern, text) in [
        ("*", ""),
        ("a*", "a"),
        ("a*c", "abbc"),
        ("*-eu", "x-eu"),
        ("a*b*c", "a1b2c"),
    ] {
        assert!(matches_pattern(pattern, text), "{pattern} {text}");
    }
    for (pattern, text) in [("a", "b"), ("a*c", "ab"), ("", "a"), ("*-eu", "x-us")] {
        assert!(!matches_pattern(pattern, text), "{pattern} {text}");
    }
}
