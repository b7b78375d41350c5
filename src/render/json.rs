//! A plan as one JSON object (docs/reference.md#json).

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;

use super::FORMAT_VERSION;
use super::count::Counts;
use super::escape;
use crate::model::{
    Action, FieldChange, InstanceId, InstanceKey, InventoryName, Note, Planned, Reason,
    RecipientsChange, Refusal, Shown, Step,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PlanObject<'a> {
    format_version: &'static str,
    inventory: &'a InventoryName,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipients: Option<&'a RecipientsChange>,
    summary: Counts,
    steps: Vec<StepObject<'a>>,
    notes: &'a [Note],
    #[serde(skip_serializing_if = "<[Refusal]>::is_empty")]
    refusals: &'a [Refusal],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StepObject<'a> {
    key: &'a InstanceKey,
    action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<InstanceId>,
    element: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    moved_from: Option<&'a InstanceKey>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    new_id_and_token: bool,
    changes: Vec<ChangeObject<'a>>,
    reasons: &'a [Reason],
}

#[derive(Serialize)]
pub(super) struct ChangeObject<'a> {
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<&'a Value>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    secret: bool,
}

impl<'a> From<&'a FieldChange> for ChangeObject<'a> {
    fn from(change: &'a FieldChange) -> Self {
        let values = match &change.shown {
            Shown::Values(values) => Some(values),
            Shown::Secret => None,
        };
        Self {
            path: &change.path,
            before: values.and_then(|values| values.before.as_ref()),
            after: values.and_then(|values| values.after.as_ref()),
            secret: values.is_none(),
        }
    }
}

/// Writes a plan as JSON, a newline at the end.
pub fn plan(planned: &Planned, out: &mut dyn Write) -> io::Result<()> {
    let object = PlanObject {
        format_version: FORMAT_VERSION,
        inventory: &planned.plan.inventory,
        recipients: planned.recipients.as_ref(),
        summary: Counts::of(planned),
        steps: planned.plan.steps.iter().map(step_object).collect(),
        notes: &planned.notes,
        refusals: &planned.refusals,
    };
    write(&object, out)
}

fn step_object(step: &Step) -> StepObject<'_> {
    StepObject {
        key: &step.key,
        action: step.action.as_str(),
        id: step.id,
        element: &step.element,
        moved_from: step.moved_from.as_ref(),
        new_id_and_token: matches!(step.action, Action::Replace(_)),
        changes: step.changes.iter().map(ChangeObject::from).collect(),
        reasons: &step.reasons,
    }
}

pub(super) fn write(object: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let json = serde_json::to_string_pretty(object)?;
    writeln!(out, "{}", escape::json_line(&json))
}
