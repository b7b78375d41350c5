//! What an apply did: a table for people, and one JSON object.

use std::io::{self, Write};

use serde::Serialize;

use super::style::{Color, Label, harmless};
use super::{FORMAT_VERSION, json};
use crate::model::{ApplyReport, InventoryName, OutcomeKind, StepOutcome};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReportObject<'a> {
    format_version: &'static str,
    inventory: &'a InventoryName,
    outcomes: &'a [StepOutcome],
    interrupted: bool,
}

/// Writes a report as JSON.
///
/// # Errors
/// Those of the writer.
pub fn json(
    inventory: &InventoryName,
    report: &ApplyReport,
    out: &mut dyn Write,
) -> io::Result<()> {
    let object = ReportObject {
        format_version: FORMAT_VERSION,
        inventory,
        outcomes: &report.outcomes,
        interrupted: report.interrupted,
    };
    json::write(&object, out)
}

/// Writes a report for people: a row a step, and a line that sums up.
///
/// # Errors
/// Those of the writer.
pub fn human(report: &ApplyReport, color: Color, out: &mut dyn Write) -> io::Result<()> {
    let width = |cell: fn(&StepOutcome) -> String| {
        let longest = report
            .outcomes
            .iter()
            .map(|row| cell(row).chars().count())
            .max();
        longest.unwrap_or(0)
    };
    let key: fn(&StepOutcome) -> String = |row| row.key.to_string();
    let action: fn(&StepOutcome) -> String = |row| row.action.clone();
    let (keys, actions) = (width(key), width(action));
    for row in &report.outcomes {
        let label = match row.outcome {
            OutcomeKind::Applied => Label::Added,
            OutcomeKind::Failed => Label::Removed,
            OutcomeKind::Unknown => Label::Changed,
            OutcomeKind::Skipped => Label::Dim,
        };
        let id = row.id.map(|id| format!("  id {id}")).unwrap_or_default();
        let outcome = color.paint(label, format!("{:<7}", row.outcome.as_str()));
        let line = format!(
            "{:<keys$}  {:<actions$}  {outcome}{id}",
            key(row),
            row.action
        );
        writeln!(out, "{}", line.trim_end())?;
        if let Some(error) = &row.error {
            writeln!(out, "    {}", harmless(error))?;
        }
    }
    writeln!(out, "{}", color.paint(Label::Strong, summary(report)))
}

/// One line that says it all.
pub fn summary(report: &ApplyReport) -> String {
    let count = |kind: OutcomeKind| {
        let rows = report.outcomes.iter().filter(|row| row.outcome == kind);
        rows.count()
    };
    let mut parts = vec![format!("{} applied", count(OutcomeKind::Applied))];
    for kind in [
        OutcomeKind::Failed,
        OutcomeKind::Unknown,
        OutcomeKind::Skipped,
    ] {
        let rows = count(kind);
        if rows > 0 {
            parts.push(format!("{rows} {}", kind.as_str()));
        }
    }
    let mut line = format!("Apply: {}.", parts.join(", "));
    if count(OutcomeKind::Unknown) > 0 {
        line.push_str(" Run `connectorctl apply` again to settle what is unknown.");
    }
    if report.interrupted {
        line.push_str(" The run was stopped before the end.");
    }
    line
}
