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

#[test]
fn commands_of_ci_systems_are_broken_up() {
    for (text, safe) in [
        ("::error::x", "\\::error::x"),
        (" \u{a0}::error::x\n", " \u{a0}\\::error::x\n"),
        ("a\n::error::x", "a\n\\::error::x"),
        ("a ::error::x : ::", "a ::error::x : ::"),
        (": :", ": :"),
        ("##[error]", "#\\#[error]"),
        ("a ###[b", "a ##\\#[b"),
        ("##vso[x] ##VSO[y]", "#\\#vso[x] #\\#VSO[y]"),
        ("## [x] ##vs", "## [x] ##vs"),
        ("\u{1b}[1m:\u{1b}[0m:x", "\u{1b}[1m\\:\u{1b}[0m:x"),
        ("#\u{1b}[31m#\u{1b}[0m[x", "#\u{1b}[31m\\#\u{1b}[0m[x"),
        ("a\r::error", "a\\r::error"),
        ("\u{1b}[2J\u{1b}[31", "\\u{1b}[2J\\u{1b}[31"),
    ] {
        assert_eq!(printed(text), safe);
        assert_eq!(printed(safe), safe, "escaped once");
    }
}

#[test]
fn json_keeps_its_meaning() {
    for text in [
        "##[error]",
        "###vso[x]",
        "\u{202e}\u{7f}\u{ad}\u{e0001}",
        "a##",
        "\\##[",
    ] {
        let value = serde_json::json!({text: [text]});
        let safe = json_line(&serde_json::to_string_pretty(&value).expect("JSON"));
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&safe).expect("JSON"),
            value
        );
        assert_eq!(printed(&safe), safe, "nothing is left to escape");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_is_a_command(text in "(\u{1b}\\[1m|[ \u{a0}\u{85}\r\n:#vso\\[\u{ad}]){0,40}") {
        let printed = printed(&text);
        let plain = printed.replace("\u{1b}[1m", "");
        for line in plain.split('\n') {
            proptest::prop_assert!(!line.trim_start().starts_with("::"), "{line:?}");
            proptest::prop_assert!(!line.contains("##[") && !line.contains("##vso["), "{line:?}");
            proptest::prop_assert!(!line.contains(is_unprintable), "{line:?}");
        }
    }
}
