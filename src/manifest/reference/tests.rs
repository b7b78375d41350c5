//! Tests of `reference`.

use super::*;

fn env(name: &str, default: Option<&str>) -> Part {
    Part::Reference(Reference {
        source: SecretSource::Env(name.to_owned()),
        default: default.map(|text| match text {
            "" => Vec::new(),
            text => vec![literal(text)],
        }),
    })
}

fn literal(text: &str) -> Part {
    Part::Literal(text.to_owned())
}

fn parts(text: &str) -> Vec<Part> {
    split(text, Path::new("folder")).parts
}

#[test]
fn references_are_found_anywhere_in_a_string() {
    assert_eq!(parts("${env:A}"), [env("A", None)]);
    assert_eq!(
        parts("x${env:A}y${env:B:-c:d}z"),
        [
            literal("x"),
            env("A", None),
            literal("y"),
            env("B", Some("c:d")),
            literal("z")
        ]
    );
    assert_eq!(parts("${env:A:-}"), [env("A", Some(""))]);
}

#[test]
fn everything_else_is_passed_through() {
    for text in [
        "",
        "${gmtDate:yyyy}",
        "${epoch}",
        "${date:x}'${",
        "$",
        "a$b",
        "${}",
    ] {
        assert_eq!(parts(text), [literal(text)], "{text}");
        assert_eq!(split(text, Path::new("")).errors, []);
    }
}

#[test]
fn an_escaped_reference_is_literal() {
    assert_eq!(parts("$${env:A}"), [literal("${env:A}")]);
    assert_eq!(parts("a$${file:b}c"), [literal("a${file:b}c")]);
}

#[test]
fn typos_are_suspicious_and_broken_ones_are_errors() {
    for text in ["${ENV:A}", "${evn:A}", "${env.A}", "${JIRA_PASSWORD}"] {
        assert!(split(text, Path::new("")).is_suspicious, "{text}");
    }
    for text in ["${env:A", "${env:1A}", "${env:}", "${file:}", "${exec: }"] {
        assert_eq!(split(text, Path::new("")).errors.len(), 1, "{text}");
    }
}
