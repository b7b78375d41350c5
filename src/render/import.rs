//! An import and a forget: what is about to happen, and what became of it.

use std::io::{self, Write};

use serde::Serialize;

use super::stanza;
use super::style::Label;
use super::{FORMAT_VERSION, json, many, one_line};
use crate::import::{Imported, Left};
use crate::model::{
    ApplyReport, InstanceId, InstanceKey, InventoryName, OutcomeKind, Stanza, StepOutcome,
};

/// Of how many instances the stanzas are shown; a list of more is read by nobody.
const MAX_SHOWN: usize = 20;
const STEP: &str = "  ";

/// What is imported, and what is not.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// Whose.
    pub inventory: &'a InventoryName,
    /// The manifest that gets the stanzas.
    pub file: &'a str,
    /// To import.
    pub imported: &'a [Imported],
    /// Not imported.
    pub left: &'a [Left],
    /// How many the manifest has already.
    pub managed: usize,
    /// The stanzas of those that the manifest does not declare.
    pub stanzas: &'a [Stanza],
}

/// What is about to happen.
///
/// # Errors
/// Where it cannot be written.
pub fn plan(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let is_short = view.imported.len() <= MAX_SHOWN;
    for Imported {
        key,
        seen,
        is_declared,
    } in view.imported
    {
        let title = format!("+ {key}: import");
        let about = format!(
            "{} ({}, id {})",
            seen.name,
            seen.element.key.as_str(),
            seen.id
        );
        writeln!(out, "{} {}", Label::Added.paint(title), one_line(&about))?;
        let stanza = view.stanzas.iter().find(|stanza| stanza.key == *key);
        let shown = stanza.filter(|_| is_short && !is_declared);
        let lines = shown.map(|stanza| stanza::lines(stanza, STEP));
        for line in lines.into_iter().flatten().skip(1) {
            let line = format!("  {}", one_line(&line));
            writeln!(out, "{}", Label::Dim.paint(line))?;
        }
        if is_short {
            writeln!(out)?;
        }
    }
    left(view.left, out)?;
    let summary = counts(view, format!("{} to import", view.imported.len()));
    writeln!(
        out,
        "{}",
        Label::Strong.paint(format!("Import: {summary}."))
    )?;
    if !view.imported.is_empty() {
        let stanzas = view.imported.iter().filter(|it| !it.is_declared).count();
        let marker = format!("connectorctl:{}:KEY", view.inventory);
        writeln!(
            out,
            "Adds {} to {}.\nSends the tag `{marker}` to each, and nothing else.",
            many(stanzas, "instance"),
            one_line(view.file)
        )?;
    }
    Ok(())
}

fn left(left: &[Left], out: &mut dyn Write) -> io::Result<()> {
    for Left { id, name, why } in left {
        let line = one_line(&format!("! {id} {name}: left alone; {why}"));
        writeln!(out, "{}", Label::Changed.paint(line))?;
    }
    if !left.is_empty() {
        writeln!(out)?;
    }
    Ok(())
}

fn counts(view: &View<'_>, imported: String) -> String {
    let mut parts = vec![imported];
    if !view.left.is_empty() {
        parts.push(format!("{} left alone", view.left.len()));
    }
    if view.managed > 0 {
        parts.push(format!("{} already managed", view.managed));
    }
    parts.join(", ")
}

/// What became of it: what failed, and how many were imported.
///
/// # Errors
/// Where it cannot be written.
pub fn result(view: &View<'_>, report: &ApplyReport, out: &mut dyn Write) -> io::Result<()> {
    if view.imported.is_empty() {
        left(view.left, out)?;
    }
    let done = failed_rows(report, out)?;
    let summary = match view.imported.is_empty() {
        true => counts(view, "nothing to import".to_owned()),
        false => counts(view, format!("{done} imported")),
    };
    writeln!(
        out,
        "{}",
        Label::Strong.paint(format!("Import: {summary}."))
    )
}

/// The rows that did not succeed; how many did.
fn failed_rows(report: &ApplyReport, out: &mut dyn Write) -> io::Result<usize> {
    let mut done = 0;
    for StepOutcome {
        key,
        outcome,
        error,
        ..
    } in &report.outcomes
    {
        if *outcome == OutcomeKind::Applied {
            done += 1;
            continue;
        }
        writeln!(out, "{key}  {}", Label::Removed.paint(outcome.as_str()))?;
        if let Some(error) = error {
            writeln!(out, "    {}", one_line(error))?;
        }
    }
    Ok(done)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ImportObject<'a> {
    format_version: &'static str,
    inventory: &'a InventoryName,
    file: &'a str,
    imported: Vec<Row<'a>>,
    left: Vec<LeftRow<'a>>,
    managed: usize,
    variables: Vec<VariableRow<'a>>,
    interrupted: bool,
}

#[derive(Serialize)]
struct Row<'a> {
    key: &'a InstanceKey,
    id: InstanceId,
    element: &'a str,
    name: &'a str,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    /// Whether the platform showed a token.
    token: bool,
}

#[derive(Serialize)]
struct LeftRow<'a> {
    id: InstanceId,
    name: &'a str,
    reason: &'a str,
}

#[derive(Serialize)]
struct VariableRow<'a> {
    name: &'a str,
    key: &'a InstanceKey,
    path: String,
}

/// The result as one JSON object (docs/reference.md#json).
///
/// # Errors
/// Where it cannot be written.
pub fn import_json(view: &View<'_>, report: &ApplyReport, out: &mut dyn Write) -> io::Result<()> {
    let outcome = |key: &InstanceKey| report.outcomes.iter().find(|row| row.key == *key);
    let imported = view.imported.iter().map(|it| {
        let outcome = outcome(&it.key);
        Row {
            key: &it.key,
            id: it.seen.id,
            element: it.seen.element.key.as_str(),
            name: &it.seen.name,
            outcome: outcome.map_or("skipped", |row| row.outcome.as_str()),
            error: outcome.and_then(|row| row.error.as_deref()),
            token: it.seen.token.is_some(),
        }
    });
    let variables = view.stanzas.iter().flat_map(|stanza| {
        stanza.variables().map(|(name, path)| VariableRow {
            name,
            key: &stanza.key,
            path: format!("configuration.{path}"),
        })
    });
    let object = ImportObject {
        format_version: FORMAT_VERSION,
        inventory: view.inventory,
        file: view.file,
        imported: imported.collect(),
        left: view
            .left
            .iter()
            .map(|Left { id, name, why }| LeftRow {
                id: *id,
                name,
                reason: why,
            })
            .collect(),
        managed: view.managed,
        variables: variables.collect(),
        interrupted: report.interrupted,
    };
    json::write(&object, out)
}

/// A key that is about to be forgotten.
#[derive(Clone, Debug)]
pub struct Departure<'a> {
    /// The key.
    pub key: &'a InstanceKey,
    /// The instance, its name and its connector; `None` if it is gone.
    pub instance: Option<(InstanceId, &'a str, &'a str)>,
    /// The tag that is removed, if there is one.
    pub marker: Option<&'a str>,
    /// The marker of somebody else, which stays.
    pub other: Option<&'a str>,
    /// Whether the lock file has it.
    pub is_recorded: bool,
}

/// What a forget is about to do.
///
/// # Errors
/// Where it cannot be written.
pub fn departures(rows: &[Departure<'_>], out: &mut dyn Write) -> io::Result<()> {
    for row in rows {
        let title = Label::Removed.paint(format!("- {}: forget", row.key));
        let about = match row.instance {
            Some((id, name, element)) => format!("{name} ({element}, id {id}), which is kept"),
            None => "its instance does not exist any more".to_owned(),
        };
        writeln!(out, "{title} {}", one_line(&about))?;
        if let Some(marker) = row.marker {
            writeln!(out, "    - tag {}", one_line(marker))?;
        }
        if let Some(other) = row.other {
            writeln!(out, "      tag {} is not ours and stays", one_line(other))?;
        }
        if row.is_recorded {
            writeln!(out, "    - lock entry, with its token")?;
        }
    }
    let line = format!("Forget: {}. Nothing is deleted.", many(rows.len(), "key"));
    writeln!(out, "{}", Label::Strong.paint(line))
}

/// What became of a forget.
///
/// # Errors
/// Where it cannot be written.
pub fn forgotten(report: &ApplyReport, out: &mut dyn Write) -> io::Result<()> {
    let done = failed_rows(report, out)?;
    let line = format!("Forget: {done} forgotten.");
    writeln!(out, "{}", Label::Strong.paint(line))
}
