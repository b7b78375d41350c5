//! The body of a step: each value before and after, as lines of a manifest.

use std::io::{self, Write};

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use super::super::style::{Color, Label, Side};
use super::super::yaml;
use crate::model::{
    Action, DesiredInstance, DesiredValue, FieldChange, Reason, SecretRecord, Shown, Step,
    UpdateRequest,
};

/// The members of an instance in the order in which people write them; `configuration` is last.
const ORDER: [&str; 9] = [
    "element",
    "name",
    "tags",
    "enabled",
    "externalAuthentication",
    "retrieveObjectsAfterInstantiation",
    "providerData",
    "lifecycle",
    "marker",
];

struct Member<'a> {
    /// The block that contains it, if any.
    block: Option<&'a str>,
    name: &'a str,
    content: Content,
}

enum Content {
    Values {
        before: Option<Value>,
        after: Option<Value>,
    },
    Secret(SecretWord),
}

/// What is shown of a secret.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SecretWord {
    Set,
    Changed,
    Sent,
    Unchanged,
    NotCompared,
}

impl SecretWord {
    fn as_str(self) -> &'static str {
        match self {
            Self::Set => "(secret)",
            Self::Changed => "(secret) changed",
            Self::Sent => "(secret) sent again",
            Self::Unchanged => "(secret) unchanged",
            Self::NotCompared => "(secret) not compared",
        }
    }

    fn mark(self) -> (&'static str, Label) {
        match self {
            Self::Set => ("+", Label::Added),
            Self::Changed | Self::Sent => ("~", Label::Changed),
            Self::Unchanged | Self::NotCompared => (" ", Label::Dim),
        }
    }
}

impl<'a> Member<'a> {
    fn new(path: &'a str, content: Content) -> Self {
        let (block, name) = match path.split_once('.') {
            Some((block @ ("configuration" | "lifecycle"), name)) => (Some(block), name),
            Some(_) | None => (None, path),
        };
        Self {
            block,
            name,
            content,
        }
    }

    fn rank(&self) -> (usize, &'a str) {
        let top = self.block.unwrap_or(self.name);
        let place = ORDER.iter().position(|known| *known == top);
        (place.unwrap_or(ORDER.len()), self.name)
    }
}

pub(super) fn body(
    step: &Step,
    desired: Option<&DesiredInstance>,
    color: Color,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut paths = Vec::new();
    if let (Some(desired), Some(request)) = (desired, existing(&step.action)) {
        paths = unchanged(step, desired, request);
    }
    let mut members: Vec<Member<'_>> = step
        .changes
        .iter()
        .map(|change| member(step, change))
        .collect();
    members.extend(
        paths
            .iter_mut()
            .filter_map(|(path, content)| Some(Member::new(path, content.take()?))),
    );
    let whole = matches!(step.action, Action::Create(_) | Action::Replace(_));
    let block_mark = if whole {
        ("+", Label::Added)
    } else {
        (" ", Label::Dim)
    };
    write_members(&mut members, block_mark, color, out)
}

/// The request to an instance that already exists.
fn existing(action: &Action) -> Option<&UpdateRequest> {
    match action {
        Action::Update(request) | Action::Adopt(request) => Some(request),
        Action::Create(_) | Action::Replace(_) | Action::Delete(_) | Action::Forget => None,
    }
}

fn member<'a>(step: &Step, change: &'a FieldChange) -> Member<'a> {
    let FieldChange { path, shown } = change;
    let content = match shown {
        Shown::Values(values) => Content::Values {
            before: values.before.clone(),
            after: values.after.clone(),
        },
        Shown::Secret => Content::Secret(sent_because(step)),
    };
    Member::new(path, content)
}

/// A secret that was never compared is sent again; whether it changed is unknown.
fn sent_because(step: &Step) -> SecretWord {
    let again = [
        Reason::SecretUnverified,
        Reason::SecretResent,
        Reason::Invalid,
    ];
    if existing(&step.action).is_none() {
        SecretWord::Set
    } else if step.reasons.iter().any(|reason| again.contains(reason)) {
        SecretWord::Sent
    } else {
        SecretWord::Changed
    }
}

/// The declared values that a step does not change.
fn unchanged(
    step: &Step,
    desired: &DesiredInstance,
    request: &UpdateRequest,
) -> Vec<(String, Option<Content>)> {
    let secret = |name: &str| match request.entry.secrets.get(name) {
        Some(SecretRecord::Present) => SecretWord::Unchanged,
        Some(SecretRecord::Keep | SecretRecord::Unverified) | None => SecretWord::NotCompared,
    };
    let changes = |path: &str| step.changes.iter().any(|change| change.path == path);
    let mut all = declared(desired, secret);
    all.retain(|(path, _)| !changes(path));
    all
}

/// All declared values, as unchanged.
fn declared(
    desired: &DesiredInstance,
    secret: impl Fn(&str) -> SecretWord,
) -> Vec<(String, Option<Content>)> {
    let same = |value: Value| Content::Values {
        before: Some(value.clone()),
        after: Some(value),
    };
    let mut all = vec![
        ("name".to_owned(), same(desired.name.as_str().into())),
        ("enabled".to_owned(), same(desired.enabled.into())),
    ];
    if let Some(tags) = &desired.tags {
        all.push(("tags".to_owned(), same(tags.iter().cloned().collect())));
    }
    for (name, value) in &desired.configuration {
        let content = match value {
            DesiredValue::Plain(value) => same(value.canonical().into()),
            DesiredValue::Secret(_) => Content::Secret(secret(name)),
        };
        all.push((format!("configuration.{name}"), content));
    }
    all.into_iter()
        .map(|(path, content)| (path, Some(content)))
        .collect()
}

/// The values of an unchanged instance; `compared`: whether its secrets were.
pub(super) fn unchanged_instance(
    desired: &DesiredInstance,
    compared: bool,
    color: Color,
    out: &mut dyn Write,
) -> io::Result<()> {
    let word = if compared {
        SecretWord::Unchanged
    } else {
        SecretWord::NotCompared
    };
    let mut values = declared(desired, |_| word);
    let mut members: Vec<Member<'_>> = values
        .iter_mut()
        .filter_map(|(path, content)| Some(Member::new(path, content.take()?)))
        .collect();
    write_members(&mut members, (" ", Label::Dim), color, out)
}

/// Members in the order in which people write them.
fn write_members(
    members: &mut [Member<'_>],
    block_mark: (&str, Label),
    color: Color,
    out: &mut dyn Write,
) -> io::Result<()> {
    members.sort_by(|a, b| a.rank().cmp(&b.rank()));
    let mut open = None;
    for member in members {
        if member.block != open {
            open = member.block;
            if let Some(block) = open {
                let (mark, label) = block_mark;
                writeln!(
                    out,
                    "{}",
                    color.paint(label, format!("    {mark} {block}:"))
                )?;
            }
        }
        write_member(member, color, out)?;
    }
    Ok(())
}

fn write_member(member: &Member<'_>, color: Color, out: &mut dyn Write) -> io::Result<()> {
    let depth = usize::from(member.block.is_some());
    let (before, after) = match &member.content {
        Content::Secret(word) => {
            let (mark, label) = word.mark();
            let head = yaml::head(depth, member.name);
            let line = format!("    {mark} {head} {}", word.as_str());
            return writeln!(out, "{}", color.paint(label, line));
        }
        Content::Values { before, after } => (before, after),
    };
    let text = |value: &Option<Value>| {
        let lines = value
            .as_ref()
            .map(|value| yaml::lines(depth, member.name, value))
            .unwrap_or_default();
        lines
            .into_iter()
            .map(|line| line + "\n")
            .collect::<String>()
    };
    let (before, after) = (text(before), text(after));
    let diff = TextDiff::from_lines(&before, &after);
    for group in diff.ops() {
        for change in diff.iter_inline_changes(group) {
            let (mark, label, side) = match change.tag() {
                ChangeTag::Equal => (" ", Label::Dim, Side::After),
                ChangeTag::Delete => ("-", Label::Removed, Side::Before),
                ChangeTag::Insert => ("+", Label::Added, Side::After),
            };
            let mut pieces = Vec::new();
            for (emphasized, piece) in change.iter_strings_lossy() {
                let piece = piece.trim_end_matches('\n').to_owned();
                let label = if emphasized {
                    Label::Emphasis(side)
                } else {
                    label
                };
                if !piece.is_empty() {
                    pieces.push((label, piece));
                }
            }
            // An empty line inside a block is just its mark.
            let margin = if pieces.is_empty() {
                format!("    {mark}").trim_end().to_owned()
            } else {
                format!("    {mark} ")
            };
            let mut line = match margin.is_empty() {
                true => String::new(),
                false => color.paint(label, margin),
            };
            for (label, piece) in pieces {
                line.push_str(&color.paint(label, piece));
            }
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}
