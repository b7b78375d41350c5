//! Tests of `yaml`.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn shown(value: &Value) -> String {
    lines(1, "key", value).join("\n")
}

#[test]
fn values_are_written_as_in_a_manifest() {
    for (value, expected) in [
        (json!("acme"), "  key: acme"),
        (json!("true"), "  key: \"true\""),
        (json!(true), "  key: true"),
        (json!("no"), "  key: \"no\""),
        (json!(""), "  key: \"\""),
        (json!("0123"), "  key: \"0123\""),
        (json!("2020-03-16"), "  key: \"2020-03-16\""),
        (json!("1e3"), "  key: \"1e3\""),
        (json!(15), "  key: 15"),
        (json!(null), "  key: null"),
        (json!(["a", "b c"]), "  key: [a, b c]"),
        (json!({}), "  key: {}"),
        (json!("${gmtDate:x}"), "  key: \"${gmtDate:x}\""),
        (json!("{\"a\":{\"b\":1}}"), "  key:\n    a:\n      b: 1"),
        (
            json!("[{\"a\":[1,\"x\"]},{}]"),
            "  key:\n    - { a: [1, x] }\n    - {}",
        ),
        (json!("one\ntwo"), "  key: |-\n    one\n    two"),
        (json!("one\n\ntwo\n"), "  key: |\n    one\n\n    two"),
        (json!("one\r\ntwo"), "  key: \"one\\r\\ntwo\""),
        (json!(" one\ntwo"), "  key: \" one\\ntwo\""),
        (json!("\u{1b}[2J"), "  key: \"\\u001b[2J\""),
    ] {
        assert_eq!(shown(&value), expected);
    }
}

#[test]
fn a_name_that_has_to_be_quoted_is_quoted_once() {
    let out = lines(0, "a: b", &json!("{\"c\":1}"));
    assert_eq!(out, ["\"a: b\":", "  c: 1"]);
}

proptest! {
    /// What differs looks different, and nothing reaches the terminal that it would not show.
    #[test]
    fn different_texts_have_different_lines(a in "[ab:\\-\\n\\r\\t \u{1b}\u{202e}\"\\\\]{0,6}", b in "[ab:\\-\\n\\r\\t \u{1b}\u{202e}\"\\\\]{0,6}") {
        let (left, right) = (shown(&json!(a)), shown(&json!(b)));
        prop_assert_eq!(a == b, left == right, "{}", left);
        prop_assert!(!left.contains(|c: char| c != '\n' && is_unprintable(c)));
        prop_assert!(left.lines().all(|line| line.trim_end() == line), "{left:?}");
    }

    /// A scalar is read back by YAML as the text it was.
    #[test]
    fn yaml_reads_the_text_back(text in "\\PC{0,12}") {
        let line = lines(0, "key", &json!(text)).join("\n");
        prop_assume!(nested(&text).is_none());
        let read: Value = serde_yaml::from_str(&line).expect("YAML");
        prop_assert_eq!(&read["key"], &json!(text), "{}", line);
    }
}
