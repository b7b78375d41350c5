//! A plan for people: a diff in the shape of the manifest, then notes, refusals and a summary.
//!
//! Must not: show a secret, or decide what a plan means.

mod body;

#[cfg(test)]
mod tests;

use std::io::{self, Write};

use super::count::Counts;
use super::style::{Color, Label, one_line};
use crate::model::{Action, Desired, InstanceKey, Note, NoteCode, Planned, Reason, Refusal, Step};

#[derive(Clone, Copy, Debug)]
pub struct PlanOptions<'a> {
    pub color: Color,
    /// The manifest, to show unchanged values too.
    pub full: Option<&'a Desired>,
}

/// Writes a plan for people.
pub fn plan(planned: &Planned, options: PlanOptions<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Planned {
        plan,
        notes,
        unchanged: _,
        refusals,
    } = planned;
    let color = options.color;
    for step in &plan.steps {
        header(step, color, out)?;
        let desired = options.full.and_then(|full| full.instances.get(&step.key));
        body::body(step, desired, color, out)?;
        writeln!(out)?;
    }
    if let Some(full) = options.full {
        unchanged(planned, full, color, out)?;
    }
    if !notes.is_empty() {
        writeln!(out, "{}", color.paint(Label::Strong, "Notes:"))?;
        for note in notes {
            let Note { code, key, message } = note;
            let code = color.paint(Label::Dim, format!("[{code}]"));
            writeln!(out, "  {} {code}", about(key.as_ref(), message))?;
        }
        writeln!(out)?;
    }
    if !refusals.is_empty() {
        writeln!(out, "{}", color.paint(Label::Refused, "Refused:"))?;
        for refusal in refusals {
            let Refusal {
                code,
                key,
                message,
                hint,
            } = refusal;
            let code = color.paint(Label::Dim, format!("[{code}]"));
            writeln!(out, "  {} {code}", about(key.as_ref(), message))?;
            writeln!(out, "    hint: {}", one_line(hint))?;
        }
        writeln!(out)?;
    }
    writeln!(out, "{}", color.paint(Label::Strong, summary(planned)))
}

fn unchanged(
    planned: &Planned,
    full: &Desired,
    color: Color,
    out: &mut dyn Write,
) -> io::Result<()> {
    let compared = planned
        .notes
        .iter()
        .all(|note| note.code != NoteCode::NotCompared);
    for (key, desired) in &full.instances {
        let has_step = planned.plan.steps.iter().any(|step| step.key == *key);
        let is_refused = planned
            .refusals
            .iter()
            .any(|refusal| refusal.key.as_ref() == Some(key));
        if has_step || is_refused {
            continue;
        }
        let title = format!("  {key}: unchanged ({})", desired.element);
        writeln!(out, "{}", color.paint(Label::Dim, one_line(&title)))?;
        body::unchanged_instance(desired, compared, color, out)?;
        writeln!(out)?;
    }
    Ok(())
}

fn about(key: Option<&InstanceKey>, message: &str) -> String {
    match key {
        Some(key) => format!("{key}: {}", one_line(message)),
        None => one_line(message),
    }
}

/// The last line: what will be done.
pub fn summary(planned: &Planned) -> String {
    let unchanged = planned.unchanged;
    let refused = match planned.refusals.len() {
        0 => "",
        _ => " Plan refused: nothing will be applied.",
    };
    let counts = Counts::of(planned).in_words();
    if counts.is_empty() {
        format!("No changes. {unchanged} unchanged.{refused}")
    } else {
        format!("Plan: {counts}. {unchanged} unchanged.{refused}")
    }
}

fn symbol(action: &Action) -> (&'static str, Label) {
    match action {
        Action::Create(_) => ("+", Label::Added),
        Action::Update(_) => ("~", Label::Changed),
        Action::Replace(_) => ("-/+", Label::Changed),
        Action::Delete(_) => ("-", Label::Removed),
        Action::Adopt(_) => ("<", Label::Changed),
        Action::Forget => ("x", Label::Removed),
    }
}

fn header(step: &Step, color: Color, out: &mut dyn Write) -> io::Result<()> {
    let Step {
        key,
        element,
        id,
        moved_from,
        former_key: _,
        action,
        changes: _,
        reasons,
    } = step;
    let (symbol, label) = symbol(action);
    let id = id.map(|id| format!(", id {id}")).unwrap_or_default();
    let moved = moved_from
        .as_ref()
        .map(|from| format!(", was {from}"))
        .unwrap_or_default();
    let reasons: Vec<&str> = reasons.iter().copied().map(Reason::as_str).collect();
    let title = format!("{symbol} {key}: {}", action.as_str());
    writeln!(
        out,
        "{} ({}{id}{moved})  {}",
        color.paint(label, title),
        one_line(element),
        color.paint(Label::Dim, format!("# {}", reasons.join(", ")))
    )
}
