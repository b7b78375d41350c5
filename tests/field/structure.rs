//! Anchors had no place of their own, a mistake in `defaults` was reported once per instance, and a
//! trailing `---` was a second document.

use super::{loaded, problems};
use crate::support::Bench;

const TWO: &str = "version: 1\ninventory: a\ninstances:\n  k: { element: jira, configuration: { username: a, password: '${env:P}' } }\n";

fn messages(text: &str) -> Vec<String> {
    let diagnostics = loaded(text).diagnostics;
    let sorted = diagnostics.sorted();
    let lines = sorted.iter().map(|d| {
        let place = d.place.as_ref().map(|place| (place.line, place.column));
        format!("{place:?} {} {}", d.code, d.message)
    });
    lines.collect()
}

#[test]
fn anything_under_a_top_level_x_key_is_free() {
    for (key, value) in [
        ("x-anchors", "{ a: &a [1, 2] }"),
        ("x-", "anything"),
        ("x-a.b/c d", "~"),
        ("x-secret", "{ password: canary, password: again, 7: [] }"),
        ("x-reference", "'${env:'"),
    ] {
        let text = format!("{TWO}{key}: {value}\n");
        assert_eq!(messages(&text), Vec::<String>::new(), "{text}");
    }
    let text = "version: 1\ninventory: a\nx-login: &login { username: '${env:U}', password: '${env:P}' }\ninstances:\n  k: { element: jira, configuration: { <<: *login } }\n";
    let desired = loaded(text).desired.expect("a manifest");
    let instance = desired.instances.values().next().expect("an instance");
    assert_eq!(instance.configuration.len(), 2);
    // Only there: a typo elsewhere stays one.
    for text in [
        TWO.replace("{ element", "{ x-note: b, element"),
        TWO.replace("version: 1", "version: 1\nX-note: b"),
        TWO.replace("version: 1", "version: 1\napi: { x-note: b }"),
        TWO.replace("version: 1", "version: 1\nxnote: b"),
    ] {
        assert_eq!(problems(&text, "unknown-field").len(), 1, "{text}");
    }
}

#[test]
fn a_mistake_in_defaults_is_reported_once_at_its_place() {
    let text = "\
version: 1
inventory: a
defaults:
  name: <b>
  tags: [t, t]
  tgas: [x]
  enabled: maybe
  lifecycle: { protect: yes, onRemove: explode, movedFrom: 'a b' }
  providerData: { code: '${env:1}' }
  configuration:
    filter.response.nulls: maybe
    filter.respones.nulls: true
    password: not-a-real-one
    event.metadata: ${ENV:X}
    subdomain:
instances:
  k1: { element: freshdeskv2, configuration: { username: '${env:X}' } }
  k2: { element: freshdeskv2, configuration: { username: '${env:X}' } }
  k3: { element: jira, configuration: { username: '${env:X}' } }
";
    let found = messages(text);
    assert_eq!(found.len(), 15, "{found:#?}");
    let plaintext = found.iter().filter(|m| m.contains("plaintext-secret"));
    assert_eq!(plaintext.count(), 1);
    assert!(
        found.iter().all(|message| !message.contains("`k1")),
        "{found:#?}"
    );
}

#[test]
fn what_an_instance_overrides_in_defaults_is_still_checked_once() {
    let text = "\
version: 1
inventory: a
defaults: { enabled: maybe, configuration: { filter.respones.nulls: true } }
instances:
  k: { element: freshdeskv2, enabled: true, configuration: { subdomain: a, username: '${env:U}', filter.respones.nulls: false } }
";
    let found = messages(text);
    assert_eq!(found.len(), 2, "{found:#?}");
    let alone = "version: 1\ninventory: a\ndefaults: { enabled: maybe }\n";
    assert_eq!(messages(alone).len(), 1);
}

#[test]
fn an_empty_last_document_is_fine() {
    for end in [
        "---\n",
        "---",
        "---\n# nothing more\n",
        "---\n---\n",
        "...\n",
        "...\n---\n",
        "--- # done\n\n",
        "---\n~\n",
    ] {
        assert_eq!(
            messages(&format!("{TWO}{end}")),
            Vec::<String>::new(),
            "{end:?}"
        );
        assert_eq!(
            messages(&format!("---\n{TWO}{end}")),
            Vec::<String>::new(),
            "{end:?}"
        );
    }
    let first = format!("---\n---\n{TWO}");
    assert_eq!(messages(&first), Vec::<String>::new());
}

#[test]
fn several_documents_are_an_error_that_names_the_line() {
    for second in [
        "version: 1\n",
        "- a\n",
        "text\n",
        "{}\n",
        "# a comment\nversion: 1\n",
    ] {
        let text = format!("{TWO}---\n{second}");
        let found = messages(&text);
        assert_eq!(
            found,
            ["Some((5, 1)) yaml invalid YAML: a second document"],
            "{second}"
        );
    }
    let third = format!("{TWO}---\n---\nversion: 1\n");
    assert_eq!(
        messages(&third),
        ["Some((6, 1)) yaml invalid YAML: a second document"]
    );
    // What is wrong inside the second one does not hide that there is a second one.
    let broken = format!("{TWO}---\na: [1\n");
    assert!(
        messages(&broken)[0].contains("yaml"),
        "{:?}",
        messages(&broken)
    );
}

#[test]
fn an_invalid_inventory_is_not_said_to_be_missing() {
    for name in ["A B", "''", "é", "[a]"] {
        let text = format!("version: 1\ninventory: {name}\ninstances: {{}}\n");
        let codes: Vec<String> = loaded(&text)
            .diagnostics
            .sorted()
            .iter()
            .map(|found| found.code.to_string())
            .collect();
        assert!(
            !codes.contains(&"missing-inventory".to_owned()),
            "{name}: {codes:?}"
        );
        assert!(!codes.is_empty(), "{name}");
    }
}

/// Twenty of a kind are shown. With a search over all of them for each, this would take minutes.
#[test]
fn a_manifest_with_many_problems_is_read_in_linear_time() {
    let mut manifest = "version: 1\ninventory: a\ninstances:\n".to_owned();
    for number in 0..20_000 {
        manifest.push_str(&format!(
            "  k{number}: {{ element: jira, secret: x, password: y }}\n"
        ));
    }
    let bench = Bench::new().with_manifest(&manifest);
    let ran = bench.run(&["validate"]).expect_code(8);
    ran.stderr_has("39980 more [unknown-field] not shown; `--full` shows all\n");
    assert_eq!(ran.stderr.matches("error[unknown-field]").count(), 20);
}
