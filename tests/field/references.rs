//! A default ended at the first `}`: half of it was sent, or a `}` too many.

use super::{problems, username, with_username};

const OLD: &[(&str, &str)] = &[("OLD", "old-key")];
const NEW: &[(&str, &str)] = &[("NEW", "new-key"), ("OLD", "old-key")];

#[test]
fn a_default_ends_where_its_braces_balance() {
    for (yaml, unset, set) in [
        (r#""${env:NEW:-${env:OLD}}""#, "old-key", "new-key"),
        (r#""${env:NEW:-a{b}c}d""#, "a{b}cd", "new-keyd"),
        (
            r#"'${env:NEW:-{"k":{"l":1}}}'"#,
            r#"{"k":{"l":1}}"#,
            "new-key",
        ),
        // A brace inside a JSON string does not count.
        (r#"'${env:NEW:-{"k":"}"}}'"#, r#"{"k":"}"}"#, "new-key"),
        (r#"'${env:NEW:-{"k":"\"}"}}'"#, r#"{"k":"\"}"}"#, "new-key"),
        (r#"'${env:NEW:-["}"]}'"#, r#"["}"]"#, "new-key"),
        // A quote outside JSON is a quote.
        (r#"'${env:NEW:-5" {disk}}'"#, r#"5" {disk}"#, "new-key"),
        (r#"'x${env:NEW:-say "hi}y'"#, r#"xsay "hiy"#, "xnew-keyy"),
    ] {
        assert_eq!(username(yaml, OLD), Ok(unset.to_owned()), "{yaml}");
        assert_eq!(username(yaml, NEW), Ok(set.to_owned()), "{yaml}");
    }
}

#[test]
fn a_default_may_hold_references_and_text() {
    for (yaml, value) in [
        ("${env:A:-${env:B:-${env:OLD}}}", "old-key"),
        ("${env:A:-pre-${env:OLD}-post}", "pre-old-key-post"),
        (
            r#"'${env:A:-{"user":"${env:OLD}"}}'"#,
            r#"{"user":"old-key"}"#,
        ),
        ("${env:A:-$${env:OLD}}", "${env:OLD}"),
        ("${file:/nowhere/at/all:-${env:OLD}}", "old-key"),
        ("${env:A:-${epoch}}", "${epoch}"),
    ] {
        assert_eq!(username(yaml, OLD), Ok(value.to_owned()), "{yaml}");
    }
    let error = username("${env:A:-${env:B}}", OLD).expect_err("nothing is set");
    assert!(error.contains("`B`"), "{error}");
}

#[test]
fn braces_balance_in_files_and_commands_too() {
    assert_eq!(
        username("${exec:echo {a}{b}}", OLD),
        Ok("{a}{b}".to_owned())
    );
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a{b}");
    std::fs::write(&path, "in braces").expect("written");
    let yaml = format!("${{file:{}}}", path.display());
    assert_eq!(username(&yaml, OLD), Ok("in braces".to_owned()));
}

#[test]
fn two_dollars_escape_only_a_reference() {
    for (yaml, value) in [
        ("pa$$word", "pa$$word"),
        ("$$", "$$"),
        ("a$${b}", "a$${b}"),
        ("$${env:X}", "${env:X}"),
        ("$${file:x}$${exec:y}", "${file:x}${exec:y}"),
        ("$$${env:X}", "$${env:X}"),
        ("$${gmtDate:yyyy}", "$${gmtDate:yyyy}"),
    ] {
        assert_eq!(username(yaml, &[]), Ok(value.to_owned()), "{yaml}");
    }
    let named =
        "version: 1\ninventory: a\ninstances:\n  k:\n    element: private\n    name: a$${b}\n";
    let desired = super::loaded(named).desired.expect("a manifest");
    let instance = desired.instances.values().next().expect("an instance");
    assert_eq!(instance.name, "a$${b}");
}

#[test]
fn a_reference_that_cannot_be_parsed_shows_its_place() {
    for (yaml, column, length, said) in [
        ("abc${env:A", 20, 7, "missing `}`"),
        ("'abc${env:A:-{b}'", 21, 12, "missing `}`"),
        ("\"abc${env:1A}d\"", 21, 9, "invalid variable name"),
        ("${env:A:-${env:1}}", 26, 8, "invalid variable name"),
        ("${env:A:b}", 17, 10, "`:-`"),
        (
            "${file:${env:DIR}/key}",
            17,
            22,
            "cannot contain a reference",
        ),
        (
            "${exec:echo ${env:X}}",
            17,
            21,
            "cannot contain a reference",
        ),
        ("${file:}", 17, 8, "missing file name"),
    ] {
        let found = problems(&with_username(yaml), "bad-reference");
        let [problem] = &found[..] else {
            panic!("{yaml}: {found:?}");
        };
        let place = problem.place.as_ref().expect("a place");
        assert_eq!(
            (place.line, place.column, place.length),
            (8, column, length),
            "{yaml}"
        );
        assert!(
            problem.message.contains(said),
            "{yaml}: {}",
            problem.message
        );
    }
}

#[test]
fn no_reference_is_sent_as_it_stands() {
    for (line, code) in [
        ("element: ${env:ELEMENT}", "reference-not-allowed"),
        (
            "element: { key: '${env:ELEMENT}' }",
            "reference-not-allowed",
        ),
        (
            "element: jira\n    providerData: { '${env:K}': v }",
            "reference-not-allowed",
        ),
        (
            "element: jira\n    configuration: { '${env:K}': v }",
            "reference-not-allowed",
        ),
    ] {
        let text = format!("version: 1\ninventory: a\ninstances:\n  k:\n    {line}\n");
        assert_eq!(problems(&text, code).len(), 1, "{line}");
    }
    let url = "version: 1\ninventory: a\napi: { url: '${exec:url}' }\n";
    assert_eq!(problems(url, "reference-not-allowed").len(), 1);
}

#[test]
fn text_beside_a_reference_is_not_shown() {
    for yaml in ["${env:A}canary", "${vault:canary}", "${env:A:-canary}"] {
        let text = with_username(yaml).replace("username", "usernmae");
        let shown = format!("{:?}", super::loaded(&text).diagnostics);
        assert!(
            shown.contains("usernmae") && !shown.contains("canary"),
            "{shown}"
        );
    }
}
