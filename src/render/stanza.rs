//! The declaration of an instance as text: lines of YAML, a flow mapping, or JSON.
//!
//! Must not: know where in a manifest it goes.

use serde_json::{Map, Value};

use super::yaml::{flow, scalar, stepped_lines};
use crate::model::{Stanza, StanzaValue};

/// What starts a reference (docs/manifest.md#references).
const REFERENCES: [&str; 3] = ["${env:", "${file:", "${exec:"];

/// The lines of a stanza in a block mapping, without the indentation of its key; `step` are the spaces of
/// one level.
pub fn lines(stanza: &Stanza, step: &str) -> Vec<String> {
    let mut lines = vec![format!("{}:", scalar(stanza.key.as_str()))];
    for (name, value) in members(stanza) {
        match (name, &value) {
            ("configuration", Value::Object(values)) if !values.is_empty() => {
                lines.push(format!("{step}configuration:"));
                for (name, value) in values {
                    lines.extend(match reference(stanza, name) {
                        Some(reference) => {
                            vec![format!("{step}{step}{}: {reference}", scalar(name))]
                        }
                        None => stepped_lines(step, 2, name, value),
                    });
                }
            }
            _ => lines.extend(stepped_lines(step, 1, name, &value)),
        }
    }
    lines
}

/// A text as a manifest has it: quoted only where it has to be.
pub fn text(text: &str) -> String {
    scalar(text)
}

/// The stanza as one member of a flow mapping: `key: { element: jira }`.
pub fn in_flow(stanza: &Stanza) -> String {
    let members: Vec<String> = members(stanza)
        .iter()
        .map(|(name, value)| format!("{name}: {}", flow(value)))
        .collect();
    format!(
        "{}: {{ {} }}",
        scalar(stanza.key.as_str()),
        members.join(", ")
    )
}

/// The stanza as the lines of one member of a JSON object.
pub fn json(stanza: &Stanza, step: &str) -> Vec<String> {
    let mut lines = vec![format!("{}: {{", Value::from(stanza.key.as_str()))];
    let members = members(stanza);
    let last = members.len() - 1;
    for (place, (name, value)) in members.iter().enumerate() {
        let mut inner = Vec::new();
        nested(step, value, &mut inner);
        let mut inner = inner.into_iter();
        lines.push(format!(
            "{step}\"{name}\": {}",
            inner.next().unwrap_or_default()
        ));
        lines.extend(inner.map(|line| format!("{step}{line}")));
        if place < last
            && let Some(line) = lines.last_mut()
        {
            line.push(',');
        }
    }
    lines.push("}".to_owned());
    lines
}

/// The lines of a JSON value; short lists stay on one line, as a person writes tags.
fn nested(step: &str, value: &Value, out: &mut Vec<String>) {
    let Value::Object(members) = value else {
        out.push(value.to_string());
        return;
    };
    if members.is_empty() {
        out.push("{}".to_owned());
        return;
    }
    out.push("{".to_owned());
    let last = members.len() - 1;
    for (place, (name, value)) in members.iter().enumerate() {
        let mut inner = Vec::new();
        nested(step, value, &mut inner);
        let comma = if place < last { "," } else { "" };
        let end = inner.len() - 1;
        for (line, text) in inner.iter().enumerate() {
            let head = match line {
                0 => format!("{}: ", Value::from(name.as_str())),
                _ => String::new(),
            };
            let comma = if line == end { comma } else { "" };
            out.push(format!("{step}{head}{text}{comma}"));
        }
    }
    out.push("}".to_owned());
}

/// The members in the order in which a person writes them.
fn members(stanza: &Stanza) -> Vec<(&'static str, Value)> {
    let Stanza {
        key: _,
        element,
        name,
        tags,
        configuration,
        enabled,
        ignore_changes,
    } = stanza;
    let mut members = vec![("element", escaped(&element.as_str().into()))];
    if let Some(name) = name {
        members.push(("name", escaped(&name.as_str().into())));
    }
    if let Some(tags) = tags {
        let tags = tags.iter().map(|tag| escaped(&tag.as_str().into()));
        members.push(("tags", tags.collect()));
    }
    if !configuration.is_empty() {
        let values = configuration.iter().map(|(name, value)| {
            let value = match value {
                StanzaValue::Plain(plain) => escaped(&plain.0),
                StanzaValue::Variable(variable) => format!("${{env:{variable}}}").into(),
            };
            (name.clone(), value)
        });
        members.push(("configuration", Value::Object(values.collect())));
    }
    if let Some(enabled) = enabled {
        members.push(("enabled", (*enabled).into()));
    }
    if !ignore_changes.is_empty() {
        let paths: Value = ignore_changes.iter().cloned().collect();
        let lifecycle: Map<String, Value> =
            [("ignoreChanges".to_owned(), paths)].into_iter().collect();
        members.push(("lifecycle", lifecycle.into()));
    }
    members
}

fn reference(stanza: &Stanza, name: &str) -> Option<String> {
    match stanza.configuration.get(name)? {
        StanzaValue::Variable(variable) => Some(format!("${{env:{variable}}}")),
        StanzaValue::Plain(_) => None,
    }
}

/// A value in which nothing is taken for a reference.
fn escaped(value: &Value) -> Value {
    match value {
        Value::String(text) => {
            let mut text = text.clone();
            for start in REFERENCES {
                text = text.replace(start, &format!("${start}"));
            }
            text.into()
        }
        Value::Array(items) => items.iter().map(escaped).collect(),
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, value)| (name.clone(), escaped(value)))
                .collect(),
        ),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}
