//! What an apply did: a table for people, and one JSON object.

use std::io::{self, Write};

use serde::Serialize;

use super::style::{Color, Label, one_line};
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

/// The width of the longest word of an outcome.
const LONGEST_OUTCOME: usize = "applied".len();

fn width(report: &ApplyReport, cell: impl Fn(&StepOutcome) -> &str) -> usize {
    let longest = report.outcomes.iter().map(|row| cell(row).chars().count());
    longest.max().unwrap_or(0)
}

/// Writes a report for people: a row a step, and a line that sums up.
///
/// # Errors
/// Those of the writer.
pub fn human(report: &ApplyReport, color: Color, out: &mut dyn Write) -> io::Result<()> {
    let keys = width(report, |row| row.key.as_str());
    let actions = width(report, |row| &row.action);
    for row in &report.outcomes {
        let StepOutcome {
            key,
            action,
            outcome,
            id,
            error,
        } = row;
        let label = match outcome {
            OutcomeKind::Applied => Label::Added,
            OutcomeKind::Failed => Label::Removed,
            OutcomeKind::Unknown => Label::Changed,
            OutcomeKind::Skipped => Label::Dim,
        };
        let word = outcome.as_str();
        let outcome = color.paint(label, word);
        // Spaces stay outside the colour, and none end a line.
        let id = id.map_or_else(String::new, |id| {
            format!(
                "{}  id {id}",
                " ".repeat(LONGEST_OUTCOME.saturating_sub(word.len()))
            )
        });
        writeln!(out, "{key:<keys$}  {action:<actions$}  {outcome}{id}")?;
        if let Some(error) = error {
            writeln!(out, "    {}", one_line(error))?;
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
