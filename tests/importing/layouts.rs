//! Instances are added to a manifest of any layout: everything else stays byte for byte, the trees are what
//! was wanted, or nothing is added.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use connectorctl::manifest::{self, LoadOptions, SourceFile, Spelling};
use connectorctl::model::{Desired, ElementKey, InstanceKey, PlainValue, Stanza, StanzaValue};
use connectorctl::render::stanza;
use proptest::prelude::*;
use serde_json::json;

struct Spelled(Vec<Stanza>);

impl Spelling for Spelled {
    fn block(&self, step: &str) -> Vec<Vec<String>> {
        self.0.iter().map(|it| stanza::lines(it, step)).collect()
    }

    fn flow(&self) -> Vec<String> {
        self.0.iter().map(stanza::in_flow).collect()
    }

    fn json(&self, step: &str) -> Vec<Vec<String>> {
        self.0.iter().map(|it| stanza::json(it, step)).collect()
    }
}

fn stanzas() -> Vec<Stanza> {
    let plain = |value: serde_json::Value| StanzaValue::Plain(PlainValue(value));
    let configuration = BTreeMap::from([
        ("subdomain".to_owned(), plain("acme: # \"no\"".into())),
        ("event.notification.enabled".to_owned(), plain(true.into())),
        (
            "event.poller.configuration".to_owned(),
            plain(json!({ "a": [1, { "b": "x\ny" }], "c": {} })),
        ),
        (
            "instance.variables".to_owned(),
            plain("one\n  two\n".into()),
        ),
        (
            "username".to_owned(),
            StanzaValue::Variable("NEW_ONE_USERNAME".to_owned()),
        ),
    ]);
    let stanza = |key: &str, name: &str, configuration| Stanza {
        key: InstanceKey::new(key).expect("a key"),
        element: ElementKey("freshdeskv2".to_owned()),
        name: Some(name.to_owned()),
        tags: Some(BTreeSet::from(["yes".to_owned(), "a, b".to_owned()])),
        configuration,
        enabled: Some(false),
        ignore_changes: BTreeSet::new(),
    };
    vec![
        stanza("new-one", "Größe & ${env:X} 'q'", configuration),
        stanza("2", "- x", BTreeMap::new()),
    ]
}

fn file(text: &str) -> SourceFile {
    SourceFile {
        name: "instances.yaml".to_owned(),
        folder: PathBuf::new(),
        bytes: text.as_bytes().to_vec(),
    }
}

fn load(text: &str) -> Option<Desired> {
    manifest::load(&[file(text)], LoadOptions::default()).desired
}

/// What a text becomes; `None` if nothing is added.
fn inserted(text: &str) -> Option<String> {
    let bytes = manifest::insert(&file(text), &Spelled(stanzas()))?;
    Some(String::from_utf8(bytes).expect("UTF-8"))
}

/// Whether the second text is the first one with something added at one place, or at two if the first of
/// them is a comma.
fn is_only_added(before: &str, after: &str) -> bool {
    let (before, after) = (before.as_bytes(), after.as_bytes());
    if after.len() < before.len() {
        return false;
    }
    let same = |one: &[u8], other: &[u8]| one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let head = same(before, after);
    let tail = before.iter().rev().zip(after.iter().rev());
    let tail = tail.take_while(|(a, b)| a == b).count();
    if head + tail >= before.len() {
        return true;
    }
    let rest = &after[head..];
    rest.starts_with(b",") && {
        let more = same(&before[head..], &rest[1..]);
        head + more + tail >= before.len()
    }
}

/// The text without an empty value of `instances`.
fn without_empty(text: &str) -> String {
    for empty in ["{}", "{ }", "~", "null"] {
        let with = format!("instances: {empty}");
        if let Some(at) = text.find(&with) {
            let end = at + with.len();
            let value = at + "instances:".len();
            return format!("{}{}", &text[..value], &text[end..]);
        }
    }
    text.to_owned()
}

/// Adds to a text, and checks the result; whether something was added.
fn check(text: &str) -> bool {
    let before = load(text).unwrap_or_else(|| panic!("not a manifest:\n{text}"));
    let Some(edited) = inserted(text) else {
        return false;
    };
    assert!(
        is_only_added(text, &edited) || is_only_added(&without_empty(text), &edited),
        "not only added:\n{text}\n=====\n{edited}"
    );
    let after = load(&edited).unwrap_or_else(|| panic!("not a manifest any more:\n{edited}"));
    let (new, old): (BTreeMap<_, _>, BTreeMap<_, _>) = after
        .instances
        .into_iter()
        .partition(|(key, _)| matches!(key.as_str(), "new-one" | "2"));
    assert_eq!(old, before.instances, "{edited}");
    let alone = inserted("version: 1\ninventory: acme\n").expect("added");
    assert_eq!(new, load(&alone).expect("a manifest").instances, "{edited}");
    assert!(
        !text.contains("\r\n") || !edited.replace("\r\n", "").contains('\n'),
        "line breaks are mixed:\n{edited:?}"
    );
    true
}

const HEAD: &str = "version: 1\ninventory: acme\n";

#[test]
fn a_person_would_have_written_it_so() {
    let text = "# The inventory of Acme.\nversion: 1\ninventory: acme\nx-shared: &shared\n  subdomain: acme # ours\n\ninstances:\n    # The first.\n    one:\n        element: freshdeskv2\n        configuration:\n            <<: *shared\n            username: ${env:ONE_KEY}\n    # - not yet -\n\n# The end.\ndefaults:\n  tags: [a]\n";
    let edited = inserted(text).expect("added");
    let expected = "    # - not yet -\n\n    new-one:\n        element: freshdeskv2\n        name: \"Größe & $${env:X} 'q'\"\n        tags: [\"a, b\", \"yes\"]\n        configuration:\n            event.notification.enabled: true\n            event.poller.configuration:\n";
    assert!(edited.contains(expected), "{edited}");
    assert!(
        edited.contains(
            "            username: ${env:NEW_ONE_USERNAME}\n        enabled: false\n\n    \"2\":\n"
        ),
        "{edited}"
    );
    assert!(
        edited.ends_with("        enabled: false\n\n# The end.\ndefaults:\n  tags: [a]\n"),
        "{edited}"
    );
    assert!(check(text));
}

#[test]
fn every_kind_of_place() {
    for rest in [
        "",
        "instances:\n",
        "instances:",
        "instances: # none yet\n",
        "instances:\n  # none yet\n",
        "instances: {}\n",
        "instances: {} # none yet\n",
        "instances: ~\n",
        "instances: null\n",
        "instances: {}\ndefaults: { tags: [x] }\n",
        "instances: { a: { element: jira } }\n",
        "instances: { a: { element: jira }, }\n",
        "instances: {\n  a: { element: jira } # one\n  }\n",
        "instances: {\n  a: { element: jira }, # one\n  }\n",
        "instances:\n  { a: { element: jira } }\n",
        "instances:\n  a: { element: jira }\n",
        "instances:\n a: { element: jira }",
        "instances:\n  a: { element: jira }\n  b: { element: box }\n...\n",
        "instances:\n  a: { element: jira }\n\n\n---\n",
        "instances: &all\n  a: { element: jira }\n",
        "instances: !!map\n  a: { element: jira }\n",
        "instances:\n  a:\n    element: jira\n    configuration:\n      v: |\n        text\n",
        "instances:\n  a:\n    element: jira\n    configuration:\n      v: |\n        # text\n        # text\n\ndefaults:\n  tags: [x]\n",
        "instances:\n  a:\n    element: jira\n    configuration:\n      v: |+\n        text\n\n\ndefaults:\n  tags: [x]\n",
        "instances:\n  a:\n    element: jira\n    configuration:\n      v: \"two\n\n        lines\"\n",
        // The parser reads a line break at the end of the text that is not there.
        "instances:\n  a:\n    element: jira\n    configuration:\n      v: |\n        text",
        "instances:\n  \"a\":\n    element: jira\n  'b':\n    element: jira\n",
    ] {
        for text in [
            format!("{HEAD}{rest}"),
            format!("\u{feff}---\n{HEAD}{rest}"),
        ] {
            assert!(check(&text), "nothing was added to\n{text}");
            assert!(
                check(&text.replace('\n', "\r\n")),
                "nothing was added to\n{text:?}"
            );
        }
    }
    for text in [
        r#"{"version": 1, "inventory": "acme"}"#,
        r#"{"version": 1, "inventory": "acme", "instances": {}}"#,
        r#"{"version": 1, "inventory": "acme", "instances": {"a": {"element": "jira"}}}"#,
        "{\n  \"version\": 1,\n  \"inventory\": \"acme\"\n}\n",
        "{\n  \"version\": 1,\n  \"inventory\": \"acme\",\n  \"instances\": {\n    \"a\": {\n      \"element\": \"jira\"\n    }\n  }\n}\n",
        "{\n\t\"version\": 1,\n\t\"instances\": {\n\t},\n\t\"inventory\": \"acme\"\n}\n",
    ] {
        assert!(check(text), "nothing was added to\n{text}");
        let edited = inserted(text).expect("added");
        assert!(
            serde_json::from_str::<serde_json::Value>(&edited).is_ok(),
            "{edited}"
        );
    }
}

#[test]
fn what_cannot_be_added_is_refused() {
    for rest in [
        // It would be added to both.
        "x-all: &all\n  a: { element: jira }\ninstances: *all\n",
        "instances: &all\n  a: { element: jira }\nx-all: *all\n",
        // The key is there already.
        "instances:\n  new-one: { element: jira }\n",
    ] {
        let text = format!("{HEAD}{rest}");
        assert!(load(&text).is_some(), "{text}");
        let edited = inserted(&text);
        let is_refused = edited
            .as_deref()
            .is_none_or(|edited| load(edited).is_none());
        assert!(is_refused, "{edited:?}");
    }
}

/// Choices for a random layout.
struct Choices<'c>(std::slice::Iter<'c, u8>);

impl Choices<'_> {
    fn below(&mut self, most: usize) -> usize {
        usize::from(self.0.next().copied().unwrap_or(0)) % most
    }

    fn of<'s>(&mut self, texts: &[&'s str]) -> &'s str {
        texts[self.below(texts.len())]
    }

    fn is(&mut self) -> bool {
        self.below(2) == 1
    }
}

fn comment(choices: &mut Choices<'_>, indent: &str) -> String {
    match choices.below(4) {
        0 => format!("{indent}# a: b\n"),
        1 => "\n".to_owned(),
        2 => "# at the start\n".to_owned(),
        _ => String::new(),
    }
}

fn instance(choices: &mut Choices<'_>, number: usize, indent: &str, step: &str) -> String {
    let mut out = comment(choices, indent);
    let key = choices.of(&["k", "\"k", "'k"]).to_owned() + &number.to_string();
    let key = match key.chars().next() {
        Some(quote @ ('"' | '\'')) => format!("{key}{quote}"),
        _ => key,
    };
    let end = choices.of(&["", " # why", "  "]);
    let inner = format!("{indent}{step}");
    match choices.below(6) {
        0 => out + &format!("{indent}{key}: {{ element: jira, tags: [a] }}{end}\n"),
        1 => {
            out + &format!(
                "{indent}{key}: {{\n{inner}element: jira, # c\n{inner}name: 'x: # y'\n{inner}}}{end}\n"
            )
        }
        2 => {
            out + &format!(
                "{indent}{key}:\n{inner}<<: *shared\n{inner}name: &n{number} N{number}{end}\n"
            )
        }
        _ => {
            out += &format!("{indent}{key}:{end}\n");
            out += &comment(choices, &inner);
            out += &format!("{inner}element: jira\n");
            out += &comment(choices, &inner);
            let deep = format!("{inner}{step}");
            out += &format!("{inner}configuration:\n{deep}username: ${{env:K{number}:-x}}\n");
            out += &match choices.below(7) {
                0 => format!("{deep}v: |\n{deep}  # no comment\n{deep}   text\n"),
                1 => format!("{deep}v: |-\n{deep}  text\n\n"),
                2 => format!("{deep}v: |+\n{deep}  text\n\n"),
                3 => format!("{deep}v: >\n{deep}  text\n{deep}  more\n"),
                4 => format!("{deep}v: \"two\n{deep}  lines # no comment\"{end}\n"),
                5 => format!("{deep}v: plain\n{deep}  text{end}\n"),
                _ => String::new(),
            };
            out
        }
    }
}

fn layout(choices: &mut Choices<'_>) -> String {
    let indent = " ".repeat(1 + choices.below(6));
    let step = " ".repeat(1 + choices.below(6));
    let count = choices.below(4);
    let mut block = match choices.below(5) {
        0 => choices
            .of(&[
                "",
                "instances:\n",
                "instances: {}\n",
                "instances: ~ # none\n",
            ])
            .to_owned(),
        1 => "instances: { k0: { element: jira }, k1: { element: box } }\n".to_owned(),
        2 => format!(
            "instances: {{\n{indent}k0: {{ element: jira }}, # a\n{indent}k1: {{ element: box }} # b\n{indent}}}\n"
        ),
        _ if count == 0 => "instances:\n  # none yet\n".to_owned(),
        _ => {
            let head = choices.of(&[
                "instances:\n",
                "instances: # all\n",
                "instances: &all\n",
                "\"instances\":\n",
            ]);
            (0..count).fold(head.to_owned(), |block, number| {
                block + &instance(choices, number, &indent, &step)
            })
        }
    };
    block += &comment(choices, &indent);
    let mut parts = vec![
        "version: 1\n".to_owned(),
        "inventory: acme # ours\n".to_owned(),
        "x-shared: &shared\n  element: freshdeskv2\n  # shared\n".to_owned(),
    ];
    parts.push(block);
    if choices.is() {
        parts.push(format!(
            "{}defaults:\n  enabled: true\n",
            comment(choices, "")
        ));
    }
    let head = choices.of(&["", "---\n", "# head\n---\n", "\u{feff}"]);
    let tail = choices.of(&["", "", "\n\n", "...\n", "# tail\n", "---\n"]);
    let mut text = format!("{head}{}{tail}", parts.concat());
    if choices.below(3) == 0 {
        text = text.trim_end_matches('\n').to_owned();
    }
    if choices.below(3) == 0 {
        text = text.replace('\n', "\r\n");
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn any_layout_keeps_every_byte_or_is_left_alone(bytes in prop::collection::vec(any::<u8>(), 64)) {
        let text = layout(&mut Choices(bytes.iter()));
        prop_assume!(load(&text).is_some());
        prop_assert!(check(&text), "nothing was added to\n{}", text);
    }
}
