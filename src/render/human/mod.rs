//! A plan for people: a diff in the shape of the manifest, then notes, refusals and a summary.
//!
//! Must not: show a secret, or decide what a plan means.

mod body;
mod recipients;

pub(super) use body::values;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::count::{Counts, without_step};
use super::escape::one_line;
use super::style::Label;
use crate::diagnostic::{Capped, Length, capped};
use crate::model::{Action, Desired, InstanceKey, Note, NoteCode, Planned, Reason, Refusal, Step};

/// Writes a plan for people; given the manifest, with unchanged values too. All steps are shown: a plan that
/// left some out could not be judged.
pub fn plan(
    planned: &Planned,
    full: Option<&Desired>,
    length: Length,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Planned {
        plan,
        recipients,
        notes,
        unchanged: _,
        standing: _,
        refusals,
    } = planned;
    if let Some(change) = recipients {
        recipients::change(change, out)?;
    }
    for step in &plan.steps {
        header(step, out)?;
        let desired = full.and_then(|full| full.instances.get(&step.key));
        body::body(step, desired, out)?;
        writeln!(out)?;
    }
    if let Some(full) = full {
        unchanged(planned, full, out)?;
    }
    if !notes.is_empty() {
        writeln!(out, "{}", Label::Strong.paint("Notes:"))?;
        let Capped { shown, left_out } = capped(length, notes, |note| note.code.as_str());
        for note in shown {
            let Note { code, key, message } = note;
            writeln!(out, "  {}", about(key.as_ref(), message, code.as_str()))?;
        }
        more(&left_out, out)?;
        writeln!(out)?;
    }
    if !refusals.is_empty() {
        writeln!(out, "{}", Label::Refused.paint("Refused:"))?;
        let Capped { shown, left_out } = capped(length, refusals, |refusal| refusal.code.as_str());
        for refusal in shown {
            let Refusal {
                code,
                key,
                message,
                hint,
            } = refusal;
            writeln!(out, "  {}", about(key.as_ref(), message, code.as_str()))?;
            writeln!(out, "    hint: {}", one_line(hint))?;
        }
        more(&left_out, out)?;
        writeln!(out)?;
    }
    writeln!(out, "{}", Label::Strong.paint(summary(planned)))
}

/// What is left out of a list.
fn more(left_out: &[String], out: &mut dyn Write) -> io::Result<()> {
    for line in left_out {
        writeln!(out, "{}", Label::Dim.paint(format!("  {line}")))?;
    }
    Ok(())
}

fn unchanged(planned: &Planned, full: &Desired, out: &mut dyn Write) -> io::Result<()> {
    let compared = planned
        .notes
        .iter()
        .all(|note| note.code != NoteCode::NotCompared);
    let steps = planned.plan.steps.iter().map(|step| &step.key);
    let refused = planned.refusals.iter();
    let refused = refused.filter_map(|refusal| refusal.key.as_ref());
    let shown: BTreeSet<&InstanceKey> = steps.chain(refused).collect();
    for (key, desired) in &full.instances {
        if shown.contains(key) {
            continue;
        }
        let title = format!("  {key}: unchanged ({})", desired.element);
        writeln!(out, "{}", Label::Dim.paint(one_line(&title)))?;
        body::unchanged_instance(desired, compared, out)?;
        writeln!(out)?;
    }
    Ok(())
}

fn about(key: Option<&InstanceKey>, message: &str, code: &str) -> String {
    let key = key.map(|key| format!("{key}: ")).unwrap_or_default();
    let code = Label::Dim.paint(format!("[{code}]"));
    format!("{key}{} {code}", one_line(message))
}

/// The last line: what will be done.
pub fn summary(planned: &Planned) -> String {
    let rest = without_step(planned.unchanged, &planned.standing);
    let refused = match planned.refusals.len() {
        0 => "",
        _ => " Plan refused: nothing will be applied.",
    };
    let counts = Counts::of(planned).in_words();
    if counts.is_empty() {
        format!("No changes. {rest}.{refused}")
    } else {
        format!("Plan: {counts}. {rest}.{refused}")
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

fn header(step: &Step, out: &mut dyn Write) -> io::Result<()> {
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
        label.paint(title),
        one_line(element),
        Label::Dim.paint(format!("# {}", reasons.join(", ")))
    )?;
    if matches!(action, Action::Replace(_)) {
        let line = "    ! id and token change: whoever uses this instance needs the new ones";
        writeln!(out, "{}", Label::Refused.paint(line))?;
    }
    Ok(())
}
