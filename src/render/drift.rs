//! Where the platform differs from the lock file: for `drift`, and as lines for `lock verify`.

use std::io::{self, Write};

use serde::Serialize;

use super::human::values;
use super::json::{self, ChangeObject};
use super::style::Label;
use super::{FORMAT_VERSION, many, one_line};
use crate::diagnostic::{Capped, Length, capped};
use crate::model::{
    Change, Drift, FieldChange, Finding, InstanceId, InstanceKey, InventoryName, Shown,
};

/// The blocks of all instances that differ, and a summary. Of a value, `-` is as recorded and `+` as the
/// platform shows it.
///
/// # Errors
/// Where it cannot be written.
pub fn human(
    instances: usize,
    drifted: &[Drift],
    length: Length,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Capped { shown, left_out } = capped(length, drifted, kind);
    for drift in shown {
        let Drift {
            key,
            id,
            element,
            findings,
            changes,
        } = drift;
        let title = format!("~ {key}: drifted");
        let element = one_line(element.as_str());
        writeln!(out, "{} ({element}, id {id})", Label::Changed.paint(title))?;
        for finding in findings {
            let line = format!("    ! {finding}");
            writeln!(out, "{}", Label::Removed.paint(one_line(&line)))?;
        }
        values(changes, out)?;
        writeln!(out)?;
    }
    for more in left_out {
        writeln!(out, "{more}\n")?;
    }
    match drifted.len() {
        0 => writeln!(out, "No drift. {instances} unchanged."),
        count => writeln!(out, "Drift: {count} of {}.", many(instances, "instance")),
    }
}

/// One line for each difference, without values of the configuration.
///
/// # Errors
/// Where it cannot be written.
pub fn lines(drifted: &[Drift], length: Length, out: &mut dyn Write) -> io::Result<()> {
    let Capped { shown, left_out } = capped(length, drifted, kind);
    for drift in shown {
        let mut line = |what: String| writeln!(out, "{}: {}", drift.key, one_line(&what));
        for finding in &drift.findings {
            line(finding.to_string())?;
        }
        for FieldChange { path, shown } in &drift.changes {
            line(match shown {
                Shown::Values(Change {
                    before: Some(recorded),
                    after: Some(seen),
                }) if !path.starts_with("configuration.") => {
                    format!(
                        "{path} differs: `{}` on the platform, `{}` in the lock file",
                        text(seen),
                        text(recorded)
                    )
                }
                Shown::Values(_) | Shown::Secret => format!("`{path}` differs"),
            })?;
        }
    }
    for more in left_out {
        writeln!(out, "{more}")?;
    }
    Ok(())
}

/// Of instances that differ in the same way, few are shown.
fn kind(drift: &Drift) -> &'static str {
    let first = drift.findings.first();
    first.map_or("changed", Finding::code)
}

fn text(value: &serde_json::Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DriftObject<'a> {
    format_version: &'static str,
    inventory: &'a InventoryName,
    summary: Summary,
    drift: Vec<InstanceObject<'a>>,
    #[serde(skip_serializing_if = "<[InstanceKey]>::is_empty")]
    unsettled: &'a [InstanceKey],
}

#[derive(Serialize)]
struct Summary {
    instances: usize,
    drifted: usize,
}

#[derive(Serialize)]
struct InstanceObject<'a> {
    key: &'a InstanceKey,
    id: InstanceId,
    element: &'a str,
    findings: Vec<FindingObject>,
    changes: Vec<ChangeObject<'a>>,
}

#[derive(Serialize)]
struct FindingObject {
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<InstanceId>,
    message: String,
}

/// One JSON object, a newline at the end.
///
/// # Errors
/// Where it cannot be written.
pub fn json(
    inventory: &InventoryName,
    instances: usize,
    drifted: &[Drift],
    unsettled: &[InstanceKey],
    out: &mut dyn Write,
) -> io::Result<()> {
    let object = DriftObject {
        format_version: FORMAT_VERSION,
        inventory,
        summary: Summary {
            instances,
            drifted: drifted.len(),
        },
        drift: drifted.iter().map(instance_object).collect(),
        unsettled,
    };
    json::write(&object, out)
}

fn instance_object(drift: &Drift) -> InstanceObject<'_> {
    let findings = drift.findings.iter().map(|finding| FindingObject {
        code: finding.code(),
        id: finding.other(),
        message: finding.to_string(),
    });
    InstanceObject {
        key: &drift.key,
        id: drift.id,
        element: drift.element.as_str(),
        findings: findings.collect(),
        changes: drift.changes.iter().map(ChangeObject::from).collect(),
    }
}
