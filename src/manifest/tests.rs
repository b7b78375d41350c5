//! YAML's traps, each on purpose; hostile input; and nothing secret in any message.

use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::diagnostic::{Capped, Length, Severity, capped};
use crate::model::{DesiredInstance, DesiredValue, Lifecycle, OnRemove, PlainValue};

fn source(bytes: impl Into<Vec<u8>>) -> SourceFile {
    SourceFile {
        name: "m.yaml".to_owned(),
        folder: PathBuf::from("folder"),
        bytes: bytes.into(),
    }
}

fn loaded(text: &str) -> Loaded {
    load(&[source(text)], LoadOptions::default())
}

fn with_value(value: &str) -> String {
    format!(
        "version: 1\ninventory: a\ninstances:\n  k:\n    element: private\n    configuration:\n      v: {value}\n"
    )
}

fn instance(text: &str) -> DesiredInstance {
    let loaded = loaded(text);
    let problems: Vec<String> = loaded
        .diagnostics
        .sorted()
        .iter()
        .map(|d| d.message.clone())
        .collect();
    let desired = loaded.desired.unwrap_or_else(|| panic!("{problems:?}"));
    desired.instances.into_values().next().expect("an instance")
}

fn plain(value: &str) -> serde_json::Value {
    let instance = instance(&with_value(value));
    match &instance.configuration["v"] {
        DesiredValue::Plain(PlainValue(value)) => value.clone(),
        DesiredValue::Secret(_) => panic!("a secret"),
    }
}

fn codes(text: impl Into<Vec<u8>>) -> Vec<&'static str> {
    let loaded = load(&[source(text)], LoadOptions::default());
    loaded.diagnostics.sorted().iter().map(|d| d.code).collect()
}

#[test]
fn scalars_are_what_the_user_wrote() {
    use serde_json::json;

    for (written, value) in [
        ("true", json!(true)),
        ("no", json!("no")),
        ("yes", json!("yes")),
        ("on", json!("on")),
        ("off", json!("off")),
        ("'no'", json!("no")),
        ("15", json!(15)),
        ("-3", json!(-3)),
        ("1.10", json!("1.10")),
        ("1e3", json!("1e3")),
        ("0123", json!("0123")),
        ("0x1F", json!("0x1F")),
        ("1_000", json!("1_000")),
        ("2020-03-16", json!("2020-03-16")),
        ("12:30:45", json!("12:30:45")),
        (".inf", json!(".inf")),
        ("99999999999999999999", json!("99999999999999999999")),
        ("\"\"", json!("")),
        ("Käse & Brot", json!("Käse & Brot")),
        ("${gmtDate:yyyy}", json!("${gmtDate:yyyy}")),
        ("$${env:X}", json!("${env:X}")),
        ("{a: [1, b]}", json!({"a": [1, "b"]})),
    ] {
        assert_eq!(plain(written), value, "{written}");
    }
}

#[test]
fn an_empty_value_is_asked_for() {
    for written in ["", "~", "null"] {
        assert_eq!(
            codes(with_value(written)),
            ["unknown-element", "empty-value"],
            "{written}"
        );
    }
}

#[test]
fn anchors_aliases_and_merge_keys_are_followed() {
    let text = "\
version: 1
inventory: a
instances:
  one: &one
    element: private
    configuration: &c { v: first, w: second }
  two:
    <<: *one
    configuration: { <<: *c, w: third }
";
    let desired = loaded(text).desired.expect("a manifest");
    let two = desired.instances.values().nth(1).expect("two");
    assert_eq!(
        two.configuration["v"],
        DesiredValue::Plain(PlainValue::text("first"))
    );
    assert_eq!(
        two.configuration["w"],
        DesiredValue::Plain(PlainValue::text("third"))
    );
}

#[test]
fn defaults_are_merged_below_and_lists_are_replaced() {
    let text = "\
version: 1
inventory: a
defaults:
  tags: [default]
  enabled: false
  configuration: { v: default, w: default }
instances:
  k: { element: private, tags: [own], configuration: { v: own } }
";
    let instance = instance(text);
    assert_eq!(instance.tags, Some(["own".to_owned()].into()));
    assert!(!instance.enabled);
    assert_eq!(
        instance.configuration["v"],
        DesiredValue::Plain(PlainValue::text("own"))
    );
    assert_eq!(
        instance.configuration["w"],
        DesiredValue::Plain(PlainValue::text("default"))
    );
}

#[test]
fn every_mapping_of_an_instance_is_merged_with_the_defaults() {
    let text = "\
version: 1
inventory: a
defaults:
  lifecycle: { protect: true, onRemove: delete, ignoreChanges: [name, tags] }
  providerData: { a: default, b: default }
instances:
  k:
    element: private
    lifecycle: { onRemove: keep, ignoreChanges: [enabled] }
    providerData: { b: own }
";
    let instance = instance(text);
    assert_eq!(
        instance.lifecycle,
        Lifecycle {
            protect: true,
            on_remove: OnRemove::Keep,
            moved_from: None,
            ignore_changes: ["enabled".to_owned()].into(),
        }
    );
    let provider_data = instance.provider_data.expect("provider data");
    assert_eq!(
        value::literal(&provider_data),
        serde_json::json!({"a": "default", "b": "own"})
    );
}

#[test]
fn json_bom_and_crlf_are_read_as_they_are() {
    let json = r#"{"version": 1, "inventory": "a", "instances": {"k": {"element": {"key": "private"}, "configuration": {"v": 1}}}}"#;
    assert!(loaded(json).desired.is_some());
    let text = with_value("x");
    assert!(loaded(&format!("\u{feff}{text}")).desired.is_some());
    let crlf = loaded(
        &text
            .replace('\n', "\r\n")
            .replace("element: private", "elemnt: private"),
    );
    let problems = crlf.diagnostics.sorted();
    let unknown = problems.iter().find(|d| d.code == "unknown-field");
    let problem = (*unknown.expect("the problem")).clone();
    let place = problem.place.expect("a place");
    assert_eq!((place.line, place.column, place.length), (5, 5, 6));
    assert_eq!(place.text.as_deref(), Some("    elemnt: •••••••"));
}

#[test]
fn a_documented_body_is_an_instance() {
    let text = r#"{"version": 1, "inventory": "a", "instances": {"k":
        {"element": {"key": "sfdc"}, "providerData": {"code": "${env:CODE}"}, "name": "Salesforce",
         "configuration": {"oauth.api.key": "${env:K}", "oauth.api.secret": "${env:S}"},
         "tags": ["docs"], "externalAuthentication": "none", "retrieveObjectsAfterInstantiation": true}}}"#;
    let instance = instance(text);
    assert!(instance.provider_data.is_some());
    assert_eq!(instance.retrieve_objects, Some(true));
}

#[test]
fn what_is_no_manifest_is_said_to_be_none() {
    for (bytes, code) in [
        (b"".to_vec(), "empty-file"),
        (b"# nothing\n".to_vec(), "empty-file"),
        (b"- a\n- b\n".to_vec(), "wrong-type"),
        (b"just text".to_vec(), "wrong-type"),
        (b"a: b: c".to_vec(), "yaml"),
        (b"a:\n\t- b".to_vec(), "yaml"),
        (b"a: [1, 2".to_vec(), "yaml"),
        (b"version: 1\n---\nversion: 1\n".to_vec(), "yaml"),
        (b"a: \0".to_vec(), "yaml"),
        (b"a: \xff".to_vec(), "not-utf8"),
        (b"\xff\xfev\0".to_vec(), "not-utf8"),
    ] {
        let found = codes(bytes.clone());
        assert!(
            found.contains(&code),
            "{:?}: {found:?}",
            String::from_utf8_lossy(&bytes)
        );
        assert!(
            load(&[source(bytes)], LoadOptions::default())
                .desired
                .is_none()
        );
    }
}

#[test]
fn hostile_documents_meet_a_limit() {
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(codes(deep), ["yaml"]);
    assert_eq!(codes("{a: ".repeat(10_000)), ["yaml"]);
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..10 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    assert_eq!(codes(bomb), ["yaml"]);
    let long = format!(
        "a: &a {}\nb: [{}]\n",
        "x".repeat(100_000),
        "*a, ".repeat(10_000)
    );
    assert_eq!(codes(long), ["yaml"]);
}

#[test]
fn ten_thousand_instances_are_read() {
    let mut text = String::from("version: 1\ninventory: a\ninstances:\n");
    for number in 0..10_000 {
        text.push_str(&format!("  k{number}:\n    element: jira\n    configuration: {{ username: a, password: '${{env:P}}', base.url: x }}\n"));
    }
    let loaded = loaded(&text);
    assert_eq!(loaded.desired.expect("a manifest").instances.len(), 10_000);
}

#[test]
fn each_code_is_shown_twenty_times_and_then_counted() {
    let mut text = String::from("version: 1\ninventory: a\ninstances:\n");
    for number in 0..30 {
        text.push_str(&format!("  k{number}: {{ elemnt: jira }}\n"));
    }
    let loaded = loaded(&text);
    let all = loaded.diagnostics.sorted();
    let Capped { shown, left_out } = capped(Length::Short, all, |one| one.code);
    assert_eq!(
        shown.iter().filter(|d| d.code == "unknown-field").count(),
        20
    );
    let more = "10 more [unknown-field] not shown; `--full` shows all";
    assert!(left_out.iter().any(|line| line == more), "{left_out:?}");
}

#[test]
fn strict_makes_every_warning_an_error() {
    let text = with_value("1");
    assert!(loaded(&text).desired.is_some());
    let strict = load(&[source(text)], LoadOptions { strict: true });
    assert!(strict.desired.is_none());
    assert!(
        strict
            .diagnostics
            .sorted()
            .iter()
            .all(|d| d.severity == Severity::Error)
    );
}

/// The library tells some places by line and column, and a column counts characters.
#[test]
fn a_place_after_other_letters_than_latin_is_counted_in_characters() {
    let loaded = loaded("'?ӊ\u{16}");
    let diagnostics = loaded.diagnostics.sorted();
    let place = diagnostics[0].place.as_ref().expect("a place");
    assert_eq!((place.line, place.column), (1, 4), "{diagnostics:?}");
}

const CANARY: &str = "canary1f9b";

fn shown(loaded: &Loaded) -> String {
    format!("{:?}", loaded.diagnostics)
}

proptest! {
    // The same texts in every run: a gate must say the same of the same commit.
    #![proptest_config(ProptestConfig {
        rng_seed: proptest::test_runner::RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
        let _ = load(&[source(bytes)], LoadOptions::default());
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in "[ -~\n\t\u{16}äӊ\u{1f600}]{0,40}") {
        let _ = loaded(&text);
    }

    #[test]
    fn any_text_after_a_good_beginning_is_read_without_a_panic(text in "[ -~\nӊ]{0,200}") {
        let head = "version: 1\ninventory: a\ninstances:\n  k:\n    element: jira\n    ";
        let _ = loaded(&format!("{head}{text}"));
    }

    /// Whatever is mistyped around a credential, no message and no snippet shows it.
    #[test]
    fn a_credential_is_in_no_message(
        key in "(password|pasword|configuration|oauth.api.secret|x)",
        before in "[ \t:\\[{\"'&|>-]{0,3}",
        after in "[ :\\]}\"'#\n]{0,3}",
        indent in 0_usize..8,
    ) {
        let text = format!(
            "version: 1\ninventory: a\ninstances:\n  k:\n    element: jira\n    configuration:\n{}{key}: {before}{CANARY}{after}\n",
            " ".repeat(indent)
        );
        let loaded = loaded(&text);
        prop_assert!(!shown(&loaded).contains(CANARY), "{text}\n{}", shown(&loaded));
    }

    /// The same between brackets, where a snippet shows what comes after the value.
    #[test]
    fn a_credential_between_brackets_is_in_no_message(
        key in "(password|pasword|oauth.api.secret|x)",
        before in "[ \t:\\[{\"'&|>*!-]{0,3}",
        after in "[ :\\]}\"'#,\n]{0,3}",
    ) {
        let text = format!(
            "version: 1\ninventory: a\ninstances:\n  k: {{element: jira, configuration: {{{key}: {before}{CANARY}{after}, subdomian: y}}, tgas: z}}\n"
        );
        let loaded = loaded(&text);
        prop_assert!(!shown(&loaded).contains(CANARY), "{text}\n{}", shown(&loaded));
    }
}

/// A long key has a shortened marker. A key that spells out its end has the same one.
#[test]
fn keys_with_the_same_marker_are_refused() {
    use crate::model::{InstanceKey, InventoryName, Marker};
    let inventory = InventoryName::new("a").expect("a name");
    let long = "k".repeat(70);
    let key = InstanceKey::new(&*long).expect("a key");
    let short = |marker: &Marker| marker.as_str().rsplit(':').next().map(str::to_owned);
    for marker in Marker::both(&inventory, &key) {
        let other = short(&marker).expect("its end");
        let declared = |first: &str, more: &str| {
            format!(
                "version: 1\ninventory: a\ninstances:\n  {first}: {{ element: private }}\n  {more}\n"
            )
        };
        let both = declared(&long, &format!("{other}: {{ element: private }}"));
        assert!(codes(both).contains(&"same-marker"), "{other}");
        let moved = format!("n: {{ element: private, lifecycle: {{ movedFrom: {other} }} }}");
        assert!(
            codes(declared(&long, &moved)).contains(&"same-marker"),
            "{other}"
        );
        let apart = declared(&long, "n: { element: private }");
        assert!(!codes(apart).contains(&"same-marker"));
        let renamed =
            format!("{other}: {{ element: private, lifecycle: {{ movedFrom: {long} }} }}");
        assert!(
            codes(declared("n", &renamed)).contains(&"same-marker"),
            "{other}"
        );
    }
}

/// With a longer one, a shortened marker would not show whose it is.
#[test]
fn an_inventory_that_no_marker_could_show_is_refused() {
    use crate::model::{InstanceKey, InventoryName, MAX_INVENTORY, Marker};
    let named = |length: usize| {
        let inventory = "i".repeat(length);
        format!("version: 1\ninventory: {inventory}\ninstances:\n  k: {{ element: private }}\n")
    };
    assert!(codes(named(MAX_INVENTORY + 1)).contains(&"bad-key"));
    assert!(!codes(named(MAX_INVENTORY)).contains(&"bad-key"));
    let inventory = InventoryName::new("i".repeat(MAX_INVENTORY)).expect("a name");
    let key = InstanceKey::new("k".repeat(90)).expect("a key");
    for marker in Marker::both(&inventory, &key) {
        assert!(Marker::belongs_to(marker.as_str(), &inventory), "{marker}");
    }
}
