//! The text of a plan.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::super::tests::{create, key, planned, secret, shown, step, update, values};
use crate::model::{
    Action, ApiSettings, DeleteRequest, Desired, DesiredInstance, DesiredValue, ElementKey,
    ElementRef, InstanceId, InventoryName, Lifecycle, Note, NoteCode, Part, PlainValue, Planned,
    Reason, Refusal, RefusalCode, ReplaceRequest, Standing, Template,
};

/// What stands between the header of a step and the summary.
fn body(step: crate::model::Step) -> String {
    let text = shown(&planned(vec![step]), None);
    let body = text.split_once('\n').expect("a header").1;
    body.rsplit_once("\n\n").expect("a summary").0.to_owned()
}

fn changed(before: Value, after: Value) -> String {
    let change = values("configuration.x", Some(before), Some(after));
    body(step("k", update(12), vec![change], &[Reason::Drifted]))
}

#[test]
fn a_create_shows_everything_in_the_manifests_own_shape() {
    let changes = vec![
        secret("configuration.username"),
        values("configuration.subdomain", None, Some("acme".into())),
        values("lifecycle.protect", None, Some(true.into())),
        values("name", None, Some("Freshdesk Support".into())),
        secret("providerData"),
        values("tags", None, Some(json!(["a", "b"]))),
    ];
    let plan = planned(vec![step("k", create(), changes, &[Reason::Missing])]);
    assert_eq!(
        shown(&plan, None),
        "\
+ k: create (freshdeskv2)  # missing
    + name: Freshdesk Support
    + tags: [a, b]
    + providerData: (secret)
    + lifecycle:
    +   protect: true
    + configuration:
    +   subdomain: acme
    +   username: (secret)

Plan: 1 to create. 2 unchanged.
"
    );
}

#[test]
fn an_update_shows_both_sides_and_which_secrets() {
    let changes = vec![
        values("configuration.a", Some("1".into()), Some("2".into())),
        secret("configuration.password"),
        values("name", Some("Old".into()), Some("New".into())),
    ];
    let reasons = [Reason::ConfigurationChanged, Reason::SecretChanged];
    let plan = planned(vec![step("k", update(12), changes.clone(), &reasons)]);
    assert_eq!(
        shown(&plan, None),
        "\
~ k: update (freshdeskv2, id 12)  # configuration-changed, secret-changed
    - name: Old
    + name: New
      configuration:
    -   a: \"1\"
    +   a: \"2\"
    ~   password: (secret) changed

Plan: 1 to update. 2 unchanged.
"
    );
    let again = body(step("k", update(12), changes, &[Reason::SecretUnverified]));
    assert!(again.contains("password: (secret) sent again"), "{again}");
}

#[test]
fn long_values_are_compared_line_by_line() {
    assert_eq!(
        changed("one\ntwo\n\nfour".into(), "one\n2\n\nfour".into()),
        "      configuration:\n        x: |-\n          one\n    -     two\n    +     2\n\n          four"
    );
    let before = "{\"a\":{\"b\":1},\"c\":2}";
    let after = "{\"a\":{\"b\":1},\"c\":3}";
    assert_eq!(
        changed(before.into(), after.into()),
        "      configuration:\n        x:\n          a:\n            b: 1\n    -     c: 2\n    +     c: 3"
    );
}

/// Differences that a careless rendering would swallow.
#[test]
fn every_difference_is_a_line() {
    for (before, after) in [
        (json!("a\nb"), json!("a\nb\n")),
        (json!("a\nb"), json!("a\r\nb")),
        (json!("a\u{1}"), json!("a\u{2}")),
        (json!("a"), json!("a\u{200b}")),
        (json!("a"), json!("a ")),
        (json!(true), json!("true")),
        (json!(null), json!("")),
        (json!("a\n  b"), json!("a\n b")),
    ] {
        let text = changed(before.clone(), after.clone());
        let marks = |mark: &str| text.lines().any(|line| line.trim_start().starts_with(mark));
        assert!(marks("- ") && marks("+ "), "{before} {after}\n{text}");
    }
}

#[test]
fn other_steps_say_which_instance_it_is() {
    let name = || vec![values("name", Some("Old one".into()), None)];
    let delete = Action::Delete(DeleteRequest {
        id: InstanceId(12),
        expect_marker: None,
        drop_entry: true,
    });
    let Action::Create(request) = create() else {
        panic!("no create");
    };
    let replace = Action::Replace(ReplaceRequest {
        old: InstanceId(12),
        expect_marker: None,
        retired_marker: "connectorctl-retired:acme:k".to_owned(),
        retire_tags: None,
        create: request,
    });
    let mut adopt = step("d", update(12), Vec::new(), &[Reason::MarkerFound]);
    adopt.action = match adopt.action {
        Action::Update(request) => Action::Adopt(request),
        other => other,
    };
    adopt.moved_from = Some(key("e"));
    let element = values("element", Some("a".into()), Some("b".into()));
    let plan = planned(vec![
        step("a", delete, name(), &[Reason::Removed, Reason::Pruned]),
        step("b", Action::Forget, name(), &[Reason::Vanished]),
        step("c", replace, vec![element], &[Reason::ElementChanged]),
        adopt,
    ]);
    assert_eq!(
        shown(&plan, None),
        "\
- a: delete (freshdeskv2, id 12)  # removed, pruned
    - name: Old one

x b: forget (freshdeskv2, id 12)  # vanished
    - name: Old one

-/+ c: replace (freshdeskv2, id 12)  # element-changed
    ! id and token change: whoever uses this instance needs the new ones
    - element: a
    + element: b

< d: adopt (freshdeskv2, id 12, was e)  # marker-found

Plan: 1 to adopt, 1 to replace, 1 to delete, 1 to forget. 2 unchanged.
"
    );
}

#[test]
fn notes_and_refusals_have_their_blocks() {
    let mut plan = planned(Vec::new());
    plan.unchanged = 1;
    assert_eq!(shown(&plan, None), "No changes. 1 unchanged.\n");
    plan.notes.push(Note {
        code: NoteCode::Foreign,
        key: None,
        message: "3 instances".to_owned(),
    });
    plan.notes.push(Note {
        code: NoteCode::Kept,
        key: Some(key("k")),
        message: "stays\n\u{1b}[2J".to_owned(),
    });
    plan.refusals.push(Refusal {
        code: RefusalCode::Protected,
        key: Some(key("k")),
        message: "is protected".to_owned(),
        hint: "lift it".to_owned(),
    });
    assert_eq!(
        shown(&plan, None),
        "\
Notes:
  3 instances [foreign]
  k: stays\\n\\u{1b}[2J [kept]

Refused:
  k: is protected [protected]
    hint: lift it

No changes. 1 unchanged. Plan refused: nothing will be applied.
"
    );
}

#[test]
fn in_full_unchanged_values_are_there_too_and_no_secret_is_said_to_be_the_same_unseen() {
    let template =
        || DesiredValue::Secret(Template::Text(vec![Part::Literal("canary".to_owned())]));
    let instance = DesiredInstance {
        element: ElementRef::Key(ElementKey("freshdeskv2".to_owned())),
        name: "New".to_owned(),
        tags: Some(["a".to_owned()].into()),
        configuration: BTreeMap::from([
            (
                "plain".to_owned(),
                DesiredValue::Plain(PlainValue(true.into())),
            ),
            ("same".to_owned(), template()),
            ("kept".to_owned(), template()),
        ]),
        secret_versions: BTreeMap::new(),
        provider_data: None,
        external_authentication: None,
        retrieve_objects: None,
        enabled: true,
        lifecycle: Lifecycle::default(),
    };
    let desired = Desired {
        inventory: InventoryName::new("acme").expect("a name"),
        api: ApiSettings::default(),
        recipients: BTreeSet::new(),
        instances: BTreeMap::from([(key("k"), instance)]),
    };
    let change = values("name", Some("Old".into()), Some("New".into()));
    let plan = planned(vec![step(
        "k",
        update(12),
        vec![change],
        &[Reason::Drifted],
    )]);
    let text = shown(&plan, Some(&desired));
    assert_eq!(
        text,
        "\
~ k: update (freshdeskv2, id 12)  # drifted
    - name: Old
    + name: New
      tags: [a]
      enabled: true
      configuration:
        kept: (secret) not compared
        plain: \"true\"
        same: (secret) unchanged

Plan: 1 to update. 2 unchanged.
"
    );
    assert!(!text.contains("canary"));
}

fn refused(count: usize) -> Planned {
    let mut plan = planned(Vec::new());
    plan.refusals = (0..count)
        .map(|number| Refusal {
            code: RefusalCode::ForeignMarker,
            key: Some(key(&format!("k{number}"))),
            message: "is claimed".to_owned(),
            hint: format!("select `k{number}`, too"),
        })
        .collect();
    plan
}

/// However many there are, the output is as long as for a few.
#[test]
fn refusals_of_one_kind_are_capped_unless_all_are_asked_for() {
    let short = shown(&refused(21), None);
    assert!(short.contains("  1 more [foreign-marker] not shown; `--full` shows all\n"));
    assert!(short.contains("k19:") && !short.contains("k20:"));
    let many = refused(200_000);
    let long = shown(&many, None);
    assert!(long.contains("  199980 more [foreign-marker]"));
    assert_eq!(long.lines().count(), short.lines().count());
    let desired = Desired {
        inventory: InventoryName::new("acme").expect("a name"),
        api: ApiSettings::default(),
        recipients: BTreeSet::new(),
        instances: BTreeMap::new(),
    };
    let all = shown(&refused(21), Some(&desired));
    assert!(all.contains("k20:") && !all.contains("more ["));
}

#[test]
fn notes_of_one_kind_are_capped_unless_all_are_asked_for() {
    let mut plan = planned(Vec::new());
    let note = |code, number: usize| Note {
        code,
        key: Some(key(&format!("k{number:05}"))),
        message: "is claimed".to_owned(),
    };
    let mut notes: Vec<Note> = (0..5_000).map(|it| note(NoteCode::Kept, it)).collect();
    notes.extend((0..21).map(|it| note(NoteCode::Invalid, it)));
    plan.notes = notes;
    let short = shown(&plan, None);
    assert_eq!(short.matches("is claimed").count(), 40);
    assert!(short.contains("  4980 more [kept] not shown; `--full` shows all\n"));
    assert!(short.contains("  1 more [invalid] not shown; `--full` shows all\n"));
    let desired = Desired {
        inventory: InventoryName::new("acme").expect("a name"),
        api: ApiSettings::default(),
        recipients: BTreeSet::new(),
        instances: BTreeMap::new(),
    };
    let all = shown(&plan, Some(&desired));
    assert_eq!(all.matches("is claimed").count(), 5_021);
}

#[test]
fn what_has_no_step_and_is_not_unchanged_is_counted() {
    let mut plan = planned(Vec::new());
    plan.unchanged = 1;
    plan.standing = Standing {
        declared: 8,
        needs_sign_in: 1,
        contested: 1,
        refused: 2,
        excluded: 3,
    };
    assert_eq!(
        shown(&plan, None),
        "No changes. 8 declared: 1 unchanged, 1 needs a sign-in, 1 contested, 2 refused, 3 excluded.\n"
    );
}
