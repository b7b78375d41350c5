//! In long lines every place beyond column 200 was column 201, with one snippet for all; and an
//! unknown element was shown at the key of its instance.

use super::{loaded, problems, with_username};
use crate::support::Bench;

/// A pasted body on one line, some hundred characters in front of what is wrong.
fn one_line(wrong: &str, before: usize) -> String {
    let callback = "a".repeat(before);
    format!(
        "version: 1\ninventory: a\ninstances:\n  k: {{\"element\": {{\"key\": \"freshdeskv2\"}}, \"configuration\": {{\"subdomain\": \"acme\", \"username\": \"${{env:FD}}\", \"event.notification.callback.url\": \"https://acme.example.com/{callback}\", {wrong}, \"event.poller.urls\": \"{callback}\"}}}}\n"
    )
}

/// The lines that text output shows for a manifest.
fn shown(text: &str) -> String {
    let bench = Bench::new().with_manifest(text);
    bench.run(&["validate", "--strict"]).stderr
}

#[test]
fn a_long_line_shows_a_window_around_the_place() {
    for before in [0, 50, 150, 300, 5000] {
        let text = one_line(
            "\"subdomian\": \"x\"}, \"tgas\": [], \"x\": {\"y\": 1",
            before,
        );
        let line = text.lines().nth(3).expect("the line");
        let out = shown(&text);
        for wrong in ["\"subdomian\"", "\"tgas\""] {
            let column = line.find(wrong).expect("it is there") + 1;
            let place = format!("--> instances.yaml:4:{column}");
            let mut below = out
                .lines()
                .skip_while(|shown| !shown.ends_with(&place))
                .skip(2);
            let snippet = below.next().unwrap_or_else(|| panic!("{place}:\n{out}"));
            assert!(snippet.contains(wrong), "{wrong} is not shown:\n{out}");
            assert!(snippet.chars().count() <= 125, "{snippet}");
            // Underlined right below.
            let below: Vec<char> = below.next().expect("a line").chars().collect();
            let start = snippet.find(wrong).expect("shown");
            let characters = snippet[..start].chars().count();
            let underlined = below.iter().filter(|c| **c == '^').count();
            assert_eq!(
                below.iter().position(|c| *c == '^'),
                Some(characters),
                "{out}"
            );
            assert_eq!(underlined, wrong.len(), "{out}");
        }
    }
}

#[test]
fn a_place_longer_than_the_window_is_cut() {
    let long = "n".repeat(3000);
    let text = format!(
        "version: 1\ninventory: a\ninstances:\n  k: {{ element: jira, name: \"{long}\" }}\n"
    );
    let out = shown(&text);
    assert!(out.contains("--> instances.yaml:4:29\n"), "{out}");
    assert!(out.lines().all(|line| line.chars().count() <= 130), "{out}");
}

#[test]
fn a_window_hides_what_a_short_line_hides() {
    for before in [0, 300] {
        let text = one_line(
            "\"password\": \"canary1\", \"subdomian\": \"canary2\"}, \"tgas\": \"canary3\", \"x\": {\"y\": 1",
            before,
        );
        let out = shown(&text);
        assert!(out.contains("tgas") && !out.contains("canary"), "{out}");
    }
}

/// A column counts characters, as an editor does: not bytes, not cells of a terminal, and without the
/// byte order mark.
#[test]
fn a_column_counts_characters() {
    for (before, characters) in [("é", 1), ("東京", 2), ("🚀", 1), ("e\u{301}", 2), ("\t", 1)]
    {
        let text = format!(
            "version: 1\ninventory: a\ninstances:\n  k: {{ name: \"{before}\", elemnt: jira }}\n"
        );
        let found = problems(&text, "unknown-field");
        let place = found[0].place.as_ref().expect("a place");
        assert_eq!((place.line, place.column), (4, 18 + characters), "{before}");
        let out = shown(&text);
        let place = format!("--> instances.yaml:4:{}\n", 18 + characters);
        assert!(out.contains(&place), "{out}");
    }
    let found = problems("\u{feff}versoin: 1\ninventory: a\n", "unknown-field");
    let place = found[0].place.as_ref().expect("a place");
    assert_eq!((place.line, place.column), (1, 1));
    // Only line breaks of YAML end a line.
    let text = "version: 1\ninventory: a # \u{2028} \u{85} \u{c}\ntgas: b\n".replace('\u{c}', "");
    let found = problems(&text, "unknown-field");
    assert_eq!(found[0].place.as_ref().expect("a place").line, 3);
}

#[test]
fn an_unknown_element_is_shown_at_the_element() {
    for (element, line, column) in [
        ("element: freshdeskv3", 5, 14),
        ("element: { key: freshdeskv3 }", 5, 21),
        ("element:\n      id: 1\n      key: freshdeskv3", 7, 12),
    ] {
        let text = format!("version: 1\ninventory: a\ninstances:\n  k:\n    {element}\n");
        let found = problems(&text, "unknown-element");
        let place = found[0].place.as_ref().expect("a place");
        assert_eq!(
            (place.line, place.column, place.length),
            (line, column, 11),
            "{element}"
        );
    }
    let text = "version: 1\ninventory: a\ndefaults: { element: freshdeskv3 }\ninstances: { j: {}, k: {} }\n";
    let found = problems(text, "unknown-element");
    assert_eq!(found.len(), 1, "{found:?}");
    let place = found[0].place.as_ref().expect("a place");
    assert_eq!((place.line, place.column), (3, 22));
}

#[test]
fn keys_of_a_mistyped_element_are_checked_against_the_nearest_one() {
    let text = "version: 1\ninventory: a\ninstances:\n  k: { element: freshdeskv3, configuration: { subdomian: a, username: '${env:U}', quite.unlike: x } }\n";
    let found = problems(text, "unknown-configuration");
    let [problem] = &found[..] else {
        panic!("{found:?}");
    };
    assert!(problem.message.contains("`subdomian`"), "{problem:?}");
    let hint = problem.hint.as_deref().expect("a hint");
    assert!(
        hint.contains("`subdomain`") && hint.contains("`freshdeskv2`"),
        "{hint}"
    );
    // Nothing is like a private element.
    let text = text.replace("freshdeskv3", "our-own-thing");
    assert_eq!(problems(&text, "unknown-configuration"), []);
    assert!(loaded(&text).desired.is_some());
}

/// An unquoted comma between brackets ends a value, and the rest was shown as the name of a key.
#[test]
fn half_of_a_password_is_not_a_key() {
    for wrong in [
        "configuration: { username: a, password: can,canary }",
        "configuration: { username: a, password: [x, {canary}] }",
        "providerData: {canary}",
        "canary, configuration: {}",
        "? canary",
    ] {
        let text =
            format!("version: 1\ninventory: a\ninstances:\n  k: {{ element: jira, {wrong} }}\n");
        let found = problems(&text, "wrong-type");
        assert_eq!(found.len(), 1, "{text}: {:?}", loaded(&text).diagnostics);
        let shown = format!("{:?}", loaded(&text).diagnostics);
        assert!(!shown.contains("canary"), "{shown}");
    }
    let text = with_username("{ a: b, 'c' : d, \"e\":f, g: }");
    assert_eq!(problems(&text, "wrong-type"), []);
}
