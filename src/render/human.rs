//! A plan for people: a diff in the shape of the manifest, then notes, refusals and a summary.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use super::style::{Color, Label, Side, harmless};
use super::yaml;
use crate::model::{
    Action, Desired, DesiredInstance, DesiredValue, FieldChange, Planned, Reason, Shown, Step,
};

/// How a plan is shown.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// Whether to use colour.
    pub color: Color,
    /// The manifest, where its unchanged values are to be shown too.
    pub full: Option<&'a Desired>,
}

/// Writes a plan for people.
///
/// # Errors
/// Those of the writer.
pub fn plan(planned: &Planned, options: Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    let color = options.color;
    for step in &planned.plan.steps {
        header(step, color, out)?;
        let desired = options.full.and_then(|full| full.instances.get(&step.key));
        body(step, desired, color, out)?;
        writeln!(out)?;
    }
    if let Some(full) = options.full {
        for (key, desired) in &full.instances {
            let has_step = planned.plan.steps.iter().any(|step| step.key == *key);
            let is_refused = planned
                .refusals
                .iter()
                .any(|refusal| refusal.key.as_ref() == Some(key));
            if !has_step && !is_refused {
                let title = format!("  {key}: as declared ({})", desired.element);
                writeln!(out, "{}", color.paint(Label::Dim, title))?;
                let mut members = Vec::new();
                unchanged(desired, &mut members);
                write_members(&mut members, false, color, out)?;
                writeln!(out)?;
            }
        }
    }
    if !planned.notes.is_empty() {
        writeln!(out, "{}", color.paint(Label::Strong, "Notes:"))?;
        for note in &planned.notes {
            let key = note
                .key
                .as_ref()
                .map(|key| format!("{key}: "))
                .unwrap_or_default();
            let message = harmless(&note.message);
            writeln!(
                out,
                "  {key}{message} {}",
                color.paint(Label::Dim, format!("[{}]", note.code))
            )?;
        }
        writeln!(out)?;
    }
    if !planned.refusals.is_empty() {
        writeln!(out, "{}", color.paint(Label::Refused, "Refused:"))?;
        for refusal in &planned.refusals {
            let key = refusal
                .key
                .as_ref()
                .map(|key| format!("{key}: "))
                .unwrap_or_default();
            let message = harmless(&refusal.message);
            writeln!(out, "  {key}{message} [{}]", refusal.code)?;
            writeln!(out, "    hint: {}", refusal.hint)?;
        }
        writeln!(out)?;
    }
    writeln!(out, "{}", color.paint(Label::Strong, summary(planned)))
}

/// One line that says it all.
pub fn summary(planned: &Planned) -> String {
    let unchanged = match planned.unchanged {
        1 => "1 instance is as declared".to_owned(),
        many => format!("{many} instances are as declared"),
    };
    if planned.plan.steps.is_empty() {
        return format!("No changes. {unchanged}.");
    }
    let mut counts: BTreeMap<usize, (&str, usize)> = BTreeMap::new();
    for step in &planned.plan.steps {
        let word = step.action.as_str();
        let order = ["create", "adopt", "update", "replace", "delete", "forget"];
        let place = order
            .iter()
            .position(|known| *known == word)
            .unwrap_or(order.len());
        counts.entry(place).or_insert((word, 0)).1 += 1;
    }
    let counts: Vec<String> = counts
        .into_values()
        .map(|(word, count)| format!("{count} to {word}"))
        .collect();
    format!("Plan: {}. {unchanged}.", counts.join(", "))
}

fn symbol(action: &Action) -> (&'static str, Label) {
    match action {
        Action::Create(_) => ("+", Label::Added),
        Action::Update(_) => ("~", Label::Changed),
        Action::Replace { .. } => ("-/+", Label::Changed),
        Action::Delete { .. } => ("-", Label::Removed),
        Action::Adopt(_) => ("<", Label::Changed),
        Action::Forget => ("x", Label::Removed),
    }
}

fn header(step: &Step, color: Color, out: &mut dyn Write) -> io::Result<()> {
    let (symbol, label) = symbol(&step.action);
    let id = step.id.map(|id| format!(", id {id}")).unwrap_or_default();
    let moved = step
        .moved_from
        .as_ref()
        .map(|from| format!(", was {from}"))
        .unwrap_or_default();
    let reasons: Vec<&str> = step.reasons.iter().copied().map(Reason::as_str).collect();
    let title = format!("{symbol} {}: {}", step.key, step.action.as_str());
    writeln!(
        out,
        "{} ({}{id}{moved})  {}",
        color.paint(label, title),
        harmless(&step.element),
        color.paint(Label::Dim, format!("# {}", reasons.join(", ")))
    )
}

/// One declared value on its way into the diff.
struct Member {
    path: String,
    before: Option<Value>,
    after: Option<Value>,
    secret: Option<&'static str>,
}

fn body(
    step: &Step,
    desired: Option<&DesiredInstance>,
    color: Color,
    out: &mut dyn Write,
) -> io::Result<()> {
    let creates = matches!(step.action, Action::Create(_) | Action::Replace { .. });
    let mut members: Vec<Member> = step
        .changes
        .iter()
        .map(|change| member(change, creates))
        .collect();
    if let (Some(desired), false) = (desired, creates) {
        unchanged(desired, &mut members);
    }
    write_members(&mut members, creates, color, out)
}

/// `configuration` is one block, as in the manifest; everything else comes first.
fn write_members(
    members: &mut [Member],
    creates: bool,
    color: Color,
    out: &mut dyn Write,
) -> io::Result<()> {
    let nested = |member: &Member| member.path.starts_with("configuration.");
    members.sort_by_key(nested);
    let mut inside = false;
    for member in members {
        let (depth, name) = match member.path.strip_prefix("configuration.") {
            Some(name) => (1, name),
            None => (0, member.path.as_str()),
        };
        if depth == 1 && !inside {
            inside = true;
            let mark = if creates { "+" } else { " " };
            let label = if creates { Label::Added } else { Label::Dim };
            writeln!(
                out,
                "{}",
                color.paint(label, format!("    {mark} configuration:"))
            )?;
        }
        write_member(member, depth, name, creates, color, out)?;
    }
    Ok(())
}

fn member(change: &FieldChange, creates: bool) -> Member {
    let (before, after, secret) = match &change.shown {
        Shown::Values(values) => (values.before.clone(), values.after.clone(), None),
        Shown::Secret if creates => (None, None, Some("(secret)")),
        Shown::Secret => (None, None, Some("(secret) changed")),
    };
    Member {
        path: change.path.clone(),
        before,
        after,
        secret,
    }
}

fn unchanged(desired: &DesiredInstance, members: &mut Vec<Member>) {
    let mut add = |path: String, value: Option<Value>, secret: Option<&'static str>| {
        if members.iter().all(|member| member.path != path) {
            members.push(Member {
                path,
                before: value.clone(),
                after: value,
                secret,
            });
        }
    };
    add("name".to_owned(), Some(desired.name.as_str().into()), None);
    if let Some(tags) = &desired.tags {
        add(
            "tags".to_owned(),
            Some(tags.iter().cloned().collect()),
            None,
        );
    }
    add("enabled".to_owned(), Some(desired.enabled.into()), None);
    for (name, value) in &desired.configuration {
        let path = format!("configuration.{name}");
        match value {
            DesiredValue::Plain(value) => add(path, Some(value.canonical().into()), None),
            DesiredValue::Secret(_) => add(path, None, Some("(secret) same")),
        }
    }
}

fn write_member(
    member: &Member,
    depth: usize,
    name: &str,
    creates: bool,
    color: Color,
    out: &mut dyn Write,
) -> io::Result<()> {
    let indent = "  ".repeat(depth);
    if let Some(secret) = member.secret {
        let (mark, label) = if creates {
            ("+", Label::Added)
        } else if secret.ends_with("same") {
            (" ", Label::Dim)
        } else {
            ("~", Label::Changed)
        };
        let line = format!("    {mark} {indent}{}: {secret}", harmless(name));
        return writeln!(out, "{}", color.paint(label, line));
    }
    let text = |value: &Option<Value>| {
        let lines = value
            .as_ref()
            .map(|value| yaml::lines(depth, name, value))
            .unwrap_or_default();
        lines
            .iter()
            .map(|line| harmless(line) + "\n")
            .collect::<String>()
    };
    let (before, after) = (text(&member.before), text(&member.after));
    let diff = TextDiff::from_lines(&before, &after);
    for group in diff.ops() {
        for change in diff.iter_inline_changes(group) {
            let (mark, label, side) = match change.tag() {
                ChangeTag::Equal => (" ", Label::Dim, Side::After),
                ChangeTag::Delete => ("-", Label::Removed, Side::Before),
                ChangeTag::Insert => ("+", Label::Added, Side::After),
            };
            let mut line = color.paint(label, format!("    {mark} "));
            for (emphasized, piece) in change.iter_strings_lossy() {
                let piece = piece.trim_end_matches('\n');
                if piece.is_empty() {
                    continue;
                }
                let label = if emphasized {
                    Label::Emphasis(side)
                } else {
                    label
                };
                line.push_str(&color.paint(label, piece));
            }
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}
