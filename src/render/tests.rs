//! What is shown of a plan and of a report, and what is not.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{human, json as json_form, report};
use crate::diagnostic::Length;
use crate::model::{
    Action, ApplyReport, CreateRequest, Desired, ElementKey, ElementRef, FieldChange, InstanceId,
    InstanceKey, InventoryName, Lifecycle, LockEntryDraft, Note, NoteCode, OutcomeKind, Plan,
    Planned, Reason, Refusal, RefusalCode, SecretRecord, Standing, Step, StepOutcome,
    UpdateRequest,
};

pub(super) fn key(text: &str) -> InstanceKey {
    InstanceKey::new(text).expect("a key")
}

fn inventory() -> InventoryName {
    InventoryName::new("acme").expect("a name")
}

pub(super) fn values(path: &str, before: Option<Value>, after: Option<Value>) -> FieldChange {
    FieldChange::values(path, before, after)
}

pub(super) fn secret(path: &str) -> FieldChange {
    FieldChange::secret(path)
}

pub(super) fn entry() -> LockEntryDraft {
    LockEntryDraft {
        element: ElementRef::Key(ElementKey("freshdeskv2".to_owned())),
        name: "name".to_owned(),
        tags: None,
        configuration: BTreeMap::new(),
        secrets: BTreeMap::from([
            ("same".to_owned(), SecretRecord::Present),
            ("kept".to_owned(), SecretRecord::Keep),
        ]),
        enabled: true,
        lifecycle: Lifecycle::default(),
    }
}

pub(super) fn update(id: u64) -> Action {
    Action::Update(UpdateRequest {
        id: InstanceId(id),
        expect_marker: None,
        name: None,
        tags: None,
        configuration: BTreeMap::new(),
        enabled: None,
        entry: entry(),
    })
}

pub(super) fn create() -> Action {
    Action::Create(CreateRequest {
        element: ElementRef::Key(ElementKey("freshdeskv2".to_owned())),
        name: "name".to_owned(),
        tags: Vec::new(),
        marker: "connectorctl:acme:k".to_owned(),
        configuration: BTreeMap::new(),
        provider_data: false,
        external_authentication: None,
        retrieve_objects: None,
        enabled: true,
        entry: entry(),
    })
}

pub(super) fn step(
    name: &str,
    action: Action,
    changes: Vec<FieldChange>,
    reasons: &[Reason],
) -> Step {
    let id = match &action {
        Action::Create(_) => None,
        _ => Some(InstanceId(12)),
    };
    Step {
        key: key(name),
        element: "freshdeskv2".to_owned(),
        id,
        moved_from: None,
        former_key: None,
        action,
        changes,
        reasons: reasons.to_vec(),
    }
}

pub(super) fn planned(steps: Vec<Step>) -> Planned {
    Planned {
        plan: Plan {
            inventory: inventory(),
            steps,
        },
        recipients: None,
        notes: Vec::new(),
        unchanged: 2,
        standing: Standing::default(),
        refusals: Vec::new(),
    }
}

/// Plain text, after what holds of every plain text: the end, no space before it, and no control.
pub(super) fn shown(planned: &Planned, full: Option<&Desired>) -> String {
    let mut out = Vec::new();
    let length = full.map_or(Length::Short, |_| Length::Full);
    human::plan(planned, full, length, &mut out).expect("written");
    let colored = String::from_utf8(out).expect("text");
    let plain = without_color(&colored);
    assert!(
        plain.ends_with('\n') && !plain.ends_with("\n\n"),
        "{plain:?}"
    );
    for line in plain.lines() {
        assert_eq!(line.trim_end(), line);
        assert!(!line.contains(super::escape::is_unprintable), "{line:?}");
    }
    assert_ne!(plain, colored);
    plain
}

fn without_color(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((head, tail)) = rest.split_once('\u{1b}') {
        out.push_str(head);
        rest = tail.split_once('m').expect("a style").1;
    }
    out + rest
}

#[test]
fn json_has_the_promised_shape() {
    let mut plan = planned(vec![
        step(
            "a",
            create(),
            vec![
                values("name", None, Some("A".into())),
                secret("configuration.password"),
            ],
            &[Reason::Missing],
        ),
        Step {
            moved_from: Some(key("old")),
            ..step(
                "b",
                update(12),
                vec![values(
                    "configuration.x",
                    Some("1".into()),
                    Some("2".into()),
                )],
                &[Reason::ConfigurationChanged, Reason::Moved],
            )
        },
    ]);
    plan.notes.push(Note {
        code: NoteCode::Foreign,
        key: None,
        message: "3 instances".to_owned(),
    });
    let render = |plan: &Planned| -> Value {
        let mut out = Vec::new();
        json_form::plan(plan, &mut out).expect("written");
        assert!(out.ends_with(b"}\n"));
        serde_json::from_slice(&out).expect("JSON")
    };
    let expected = json!({
        "formatVersion": "1.0",
        "inventory": "acme",
        "summary": {
            "create": 1, "update": 1, "replace": 0, "delete": 0, "adopt": 0, "forget": 0,
            "unchanged": 2, "declared": 0, "needsSignIn": 0, "contested": 0, "refused": 0,
            "excluded": 0,
        },
        "steps": [
            {
                "key": "a", "action": "create", "element": "freshdeskv2",
                "changes": [
                    { "path": "name", "after": "A" },
                    { "path": "configuration.password", "secret": true },
                ],
                "reasons": ["missing"],
            },
            {
                "key": "b", "action": "update", "id": 12, "element": "freshdeskv2",
                "movedFrom": "old",
                "changes": [{ "path": "configuration.x", "before": "1", "after": "2" }],
                "reasons": ["configuration-changed", "moved"],
            },
        ],
        "notes": [{ "code": "foreign", "message": "3 instances" }],
    });
    assert_eq!(render(&plan), expected);
    plan.refusals.push(Refusal {
        code: RefusalCode::Protected,
        key: Some(key("b")),
        message: "no".to_owned(),
        hint: "yes".to_owned(),
    });
    assert_eq!(
        render(&plan)["refusals"],
        json!([{ "code": "protected", "key": "b", "message": "no", "hint": "yes" }])
    );
}

#[test]
fn a_report_is_a_table_and_an_object() {
    let row =
        |name: &str, action: &str, outcome, id: Option<u64>, error: Option<&str>| StepOutcome {
            key: key(name),
            action: action.to_owned(),
            outcome,
            id: id.map(InstanceId),
            error: error.map(str::to_owned),
            changed: false,
        };
    let report = ApplyReport {
        outcomes: vec![
            row("a", "create", OutcomeKind::Applied, Some(12), None),
            row(
                "long-key",
                "update",
                OutcomeKind::Failed,
                Some(7),
                Some("PATCH /instances/7: refused\n\u{1b}[2J"),
            ),
            row("c", "delete", OutcomeKind::Unknown, None, Some("cut off")),
            row("d", "forget", OutcomeKind::Skipped, None, None),
        ],
        interrupted: true,
        ..ApplyReport::default()
    };
    let mut out = Vec::new();
    report::human(&report, &mut out).expect("written");
    assert_eq!(
        without_color(&String::from_utf8(out).expect("text")),
        "\
a         create  applied  id 12
long-key  update  failed   id 7
    PATCH /instances/7: refused\\n\\u{1b}[2J
c         delete  unknown
    cut off
d         forget  skipped
Apply: 1 applied, 1 failed, 1 unknown, 1 skipped. Run `connectorctl apply` again to settle unknown outcomes. The run was interrupted.
"
    );
    let mut out = Vec::new();
    report::json(&inventory(), &report, &mut out).expect("written");
    let object: Value = serde_json::from_slice(&out).expect("JSON");
    assert_eq!(object["formatVersion"], "1.0");
    assert_eq!(object["interrupted"], true);
    assert_eq!(
        object["outcomes"][3],
        json!({ "key": "d", "action": "forget", "outcome": "skipped" })
    );
    assert_eq!(object["outcomes"][0]["id"], 12);
}
