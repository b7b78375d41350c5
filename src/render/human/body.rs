//! The body of a step: each value before and after, as lines of a manifest.

use std::io::{self, Write};

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use super::super::style::{Label, Side};
use super::super::yaml;
use crate::model::{
    Action, Change, DesiredInstance, DesiredValue, FieldChange, Reason, SecretRecord, Shown, Step,
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

/// A value of an instance, or what is said of it.
struct Member {
    /// As in a plan, such as `configuration.subdomain`.
    path: String,
    content: Content,
}

enum Content {
    Values(Change<Option<Value>>),
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
    fn shown(self) -> (&'static str, Label, &'static str) {
        match self {
            Self::Set => ("+", Label::Added, "(secret)"),
            Self::Changed => ("~", Label::Changed, "(secret) changed"),
            Self::Sent => ("~", Label::Changed, "(secret) sent again"),
            Self::Unchanged => (" ", Label::Dim, "(secret) unchanged"),
            Self::NotCompared => (" ", Label::Dim, "(secret) not compared"),
        }
    }
}

impl Member {
    /// The block that contains it, if any, and its name there.
    fn place(&self) -> (Option<&str>, &str) {
        match self.path.split_once('.') {
            Some((block @ ("configuration" | "lifecycle"), name)) => (Some(block), name),
            Some(_) | None => (None, &self.path),
        }
    }

    fn rank(&self) -> (usize, &str) {
        let (block, name) = self.place();
        let top = block.unwrap_or(name);
        let place = ORDER.iter().position(|known| *known == top);
        (place.unwrap_or(ORDER.len()), name)
    }
}

pub(super) fn body(
    step: &Step,
    desired: Option<&DesiredInstance>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let changes = step.changes.iter();
    let member = |FieldChange { path, shown }: &FieldChange| Member {
        path: path.clone(),
        content: match shown {
            Shown::Values(values) => Content::Values(values.clone()),
            Shown::Secret => Content::Secret(sent_because(step)),
        },
    };
    let mut members: Vec<Member> = changes.map(member).collect();
    if let (Some(desired), Some(request)) = (desired, existing(&step.action)) {
        members.extend(unchanged(step, desired, request));
    }
    let whole = matches!(step.action, Action::Create(_) | Action::Replace(_));
    let block_mark = if whole {
        ("+", Label::Added)
    } else {
        (" ", Label::Dim)
    };
    write_members(members, block_mark, out)
}

/// Values that differ, with no step that changes them.
pub(in crate::render) fn values(changes: &[FieldChange], out: &mut dyn Write) -> io::Result<()> {
    let members = changes.iter().map(|FieldChange { path, shown }| Member {
        path: path.clone(),
        content: match shown {
            Shown::Values(values) => Content::Values(values.clone()),
            Shown::Secret => Content::Secret(SecretWord::Changed),
        },
    });
    write_members(members.collect(), (" ", Label::Dim), out)
}

/// The request to an instance that already exists.
fn existing(action: &Action) -> Option<&UpdateRequest> {
    match action {
        Action::Update(request) | Action::Adopt(request) => Some(request),
        Action::Create(_) | Action::Replace(_) | Action::Delete(_) | Action::Forget => None,
    }
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
fn unchanged(step: &Step, desired: &DesiredInstance, request: &UpdateRequest) -> Vec<Member> {
    let secret = |name: &str| match request.entry.secrets.get(name) {
        Some(SecretRecord::Present) => SecretWord::Unchanged,
        Some(SecretRecord::Keep) | None => SecretWord::NotCompared,
    };
    let changes = |path: &str| step.changes.iter().any(|change| change.path == path);
    let mut all = declared(desired, secret);
    all.retain(|member| !changes(&member.path));
    all
}

/// All declared values, as unchanged.
fn declared(desired: &DesiredInstance, secret: impl Fn(&str) -> SecretWord) -> Vec<Member> {
    let same = |value: Value| {
        let (before, after) = (Some(value.clone()), Some(value));
        Content::Values(Change { before, after })
    };
    let configuration = desired.configuration.iter().map(|(name, value)| {
        let content = match value {
            DesiredValue::Plain(value) => same(value.canonical().into()),
            DesiredValue::Secret(_) => Content::Secret(secret(name)),
        };
        (format!("configuration.{name}"), content)
    });
    let tags = desired.tags.as_ref();
    [
        ("name".to_owned(), same(desired.name.as_str().into())),
        ("enabled".to_owned(), same(desired.enabled.into())),
    ]
    .into_iter()
    .chain(tags.map(|tags| ("tags".to_owned(), same(tags.iter().cloned().collect()))))
    .chain(configuration)
    .map(|(path, content)| Member { path, content })
    .collect()
}

/// The values of an unchanged instance; `compared`: whether its secrets were.
pub(super) fn unchanged_instance(
    desired: &DesiredInstance,
    compared: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let word = if compared {
        SecretWord::Unchanged
    } else {
        SecretWord::NotCompared
    };
    let members = declared(desired, |_| word);
    write_members(members, (" ", Label::Dim), out)
}

/// Members in the order in which people write them.
fn write_members(
    mut members: Vec<Member>,
    block_mark: (&str, Label),
    out: &mut dyn Write,
) -> io::Result<()> {
    members.sort_by(|a, b| a.rank().cmp(&b.rank()));
    let mut open = None;
    for member in &members {
        let (block, _) = member.place();
        if block != open {
            open = block;
            if let Some(block) = block {
                let (mark, label) = block_mark;
                let line = format!("    {mark} {block}:");
                writeln!(out, "{}", label.paint(line))?;
            }
        }
        write_member(member, out)?;
    }
    Ok(())
}

fn write_member(member: &Member, out: &mut dyn Write) -> io::Result<()> {
    let (block, name) = member.place();
    let depth = usize::from(block.is_some());
    let (before, after) = match &member.content {
        Content::Secret(word) => {
            let (mark, label, word) = word.shown();
            let line = format!("    {mark} {} {word}", yaml::head(depth, name));
            return writeln!(out, "{}", label.paint(line));
        }
        Content::Values(Change { before, after }) => (before, after),
    };
    let text = |value: &Option<Value>| -> String {
        let lines = value
            .iter()
            .flat_map(|value| yaml::lines(depth, name, value));
        lines.map(|line| line + "\n").collect()
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
            let pieces: String = change
                .iter_strings_lossy()
                .map(|(emphasized, piece)| (emphasized, piece.trim_end_matches('\n').to_owned()))
                .filter(|(_, piece)| !piece.is_empty())
                .map(|(emphasized, piece)| match emphasized {
                    true => Label::Emphasis(side).paint(piece),
                    false => label.paint(piece),
                })
                .collect();
            let margin = format!("    {mark} ");
            // An empty line inside a block is just its mark.
            let margin = match pieces.is_empty() {
                true => margin.trim_end(),
                false => &margin,
            };
            writeln!(out, "{}{pieces}", label.paint(margin))?;
        }
    }
    Ok(())
}
