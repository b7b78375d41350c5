//! A number that a float cannot hold was sent as `inf` or rounded; a commit hash of digits and an
//! `e` is such a number.

use serde_json::{Value, json};

use super::loaded;

use connectorctl::model::{DesiredInstance, DesiredValue, Template};

const WRITTEN: [&str; 24] = [
    "61e9540",
    "12e0345",
    "12E0345",
    "1e400",
    "-1e999",
    "1e308",
    "1e-400",
    "4225332178759948e04347560002921719079454",
    "99999999999999999999",
    "-99999999999999999999",
    "340282366920938463463374607431768211456",
    "0.1000",
    "1.",
    ".5",
    "+7",
    "-0",
    "0o17",
    "0x1F",
    "0b11",
    "1_000",
    ".NaN",
    ".inf",
    "-.INF",
    "1:30",
];

fn instance(text: &str) -> DesiredInstance {
    let loaded = loaded(text);
    let said = format!("{:?}", loaded.diagnostics);
    let desired = loaded.desired.unwrap_or_else(|| panic!("{text}\n{said}"));
    desired.instances.into_values().next().expect("an instance")
}

fn private(configuration: &str) -> DesiredInstance {
    instance(&format!(
        "version: 1\ninventory: a\ninstances:\n  k:\n    element: private\n    configuration: {configuration}\n"
    ))
}

fn plain(configuration: &str) -> Value {
    match &private(configuration).configuration["v"] {
        DesiredValue::Plain(value) => value.0.clone(),
        DesiredValue::Secret(_) => panic!("a secret"),
    }
}

#[test]
fn a_number_is_sent_as_it_was_written() {
    for written in WRITTEN {
        assert_eq!(plain(&format!("{{ v: {written} }}")), json!(written));
        assert_eq!(
            plain(&format!("{{ v: [{written}, x] }}")),
            json!([written, "x"])
        );
        assert_eq!(
            plain(&format!("{{ v: {{ a: {{ b: {written} }} }} }}")),
            json!({"a": {"b": written}})
        );
    }
    // What JSON spells alike stays a number.
    for written in ["15", "-3", "0", "18446744073709551615"] {
        assert_eq!(plain(&format!("{{ v: {written} }}")).to_string(), written);
    }
}

#[test]
fn a_number_as_a_credential_is_its_text() {
    for written in WRITTEN {
        let password = private(&format!("{{ password: {written} }}"));
        assert_eq!(
            password.configuration["password"],
            DesiredValue::Secret(text(written)),
            "{written}"
        );
    }
}

fn text(text: &str) -> Template {
    Template::Text(vec![connectorctl::model::Part::Literal(text.to_owned())])
}

#[test]
fn a_tag_decides_the_type_and_not_the_spelling() {
    for (yaml, value) in [
        ("!!int \"0x1F\"", json!("0x1F")),
        ("!!int 7", json!(7)),
        ("!!int '7'", json!(7)),
        ("!!float 7", json!("7")),
        ("!!float 1e400", json!("1e400")),
        ("!!float '1.50'", json!("1.50")),
        ("!!str 61e9540", json!("61e9540")),
        ("!!str 0x1F", json!("0x1F")),
        ("!!str", json!("")),
        ("!!str null", json!("null")),
        ("! 12", json!("12")),
        ("!!bool 'true'", json!(true)),
        ("!custom 61e9540", json!("61e9540")),
    ] {
        assert_eq!(plain(&format!("{{ v: {yaml} }}")), value, "{yaml}");
    }
}

#[test]
fn aliases_and_keys_keep_the_spelling_too() {
    let value = plain("{ a: &n 1e400, v: *n }");
    assert_eq!(value, json!("1e400"));
    let value = plain("{ v: { 61e9540: a, 1.10: b, 007: c, true: d, .NaN: e } }");
    assert_eq!(
        value,
        json!({"61e9540": "a", "1.10": "b", "007": "c", "true": "d", ".NaN": "e"})
    );
}

#[test]
fn names_tags_and_keys_of_instances_may_look_like_numbers() {
    let text = "version: 1\ninventory: 61e9540\ninstances:\n  12e0345:\n    element: 5e7\n    name: 61e9540\n    tags: [12e0345, 1.10, 7]\n";
    let loaded = loaded(text);
    let desired = loaded
        .desired
        .unwrap_or_else(|| panic!("{:?}", loaded.diagnostics));
    assert_eq!(desired.inventory.as_str(), "61e9540");
    let (key, instance) = desired.instances.into_iter().next().expect("an instance");
    assert_eq!(key.as_str(), "12e0345");
    assert_eq!(instance.element.to_string(), "5e7");
    assert_eq!(instance.name, "61e9540");
    let tags = ["12e0345", "1.10", "7"].map(str::to_owned);
    assert_eq!(instance.tags, Some(tags.into()));
}
