//! The report of an apply: a table for people, or one JSON object.

use std::io::{self, Write};

use serde::Serialize;

use super::count::without_step;
use super::escape::one_line;
use super::style::Label;
use super::{FORMAT_VERSION, json};
use crate::model::{ApplyReport, InventoryName, OutcomeKind, Removed, Standing, StepOutcome};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReportObject<'a> {
    format_version: &'static str,
    inventory: &'a InventoryName,
    outcomes: &'a [StepOutcome],
    interrupted: bool,
    #[serde(skip_serializing_if = "<[Removed]>::is_empty")]
    removed: &'a [Removed],
    summary: SummaryObject<'a>,
}

/// What the run left without a step.
#[derive(Serialize)]
struct SummaryObject<'a> {
    unchanged: usize,
    #[serde(flatten)]
    standing: &'a Standing,
}

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
        removed: &report.removed,
        summary: SummaryObject {
            unchanged: report.unchanged,
            standing: &report.standing,
        },
    };
    json::write(&object, out)
}

/// The width of the longest word of an outcome.
const LONGEST_OUTCOME: usize = "applied".len();

fn width(report: &ApplyReport, cell: impl Fn(&StepOutcome) -> &str) -> usize {
    let longest = report.outcomes.iter().map(|row| cell(row).chars().count());
    longest.max().unwrap_or(0)
}

/// Writes a report for people: one row per step, then a summary.
pub fn human(report: &ApplyReport, out: &mut dyn Write) -> io::Result<()> {
    let keys = width(report, |row| row.key.as_str());
    let actions = width(report, |row| &row.action);
    for row in &report.outcomes {
        let StepOutcome {
            key,
            action,
            outcome,
            id,
            error,
            changed: _,
        } = row;
        let label = match outcome {
            OutcomeKind::Applied => Label::Added,
            OutcomeKind::Failed => Label::Removed,
            OutcomeKind::Unknown => Label::Changed,
            OutcomeKind::Skipped => Label::Dim,
        };
        let word = outcome.as_str();
        let outcome = label.paint(word);
        // Spaces are outside the color, and no line ends with one.
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
    writeln!(out, "{}", Label::Strong.paint(summary(report)))
}

/// The last line: how many steps had which outcome.
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
    let ApplyReport {
        unchanged,
        standing,
        ..
    } = report;
    let all_told = Standing {
        declared: standing.declared,
        ..Standing::default()
    };
    if *standing != all_told {
        line = format!("{line} {}.", without_step(*unchanged, standing));
    }
    if count(OutcomeKind::Unknown) > 0 {
        line.push_str(" Run `connectorctl apply` again to settle unknown outcomes.");
    }
    if report.interrupted {
        line.push_str(" The run was interrupted.");
    }
    line
}
