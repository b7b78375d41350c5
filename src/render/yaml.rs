//! Values as lines of a manifest.

use serde_json::Value;

use super::escape::is_unprintable;

/// The spaces of one level, unless the manifest has others.
const STEP: &str = "  ";

/// The lines of `name: value` at this depth, as in a manifest. Different values have different
/// lines, and no line has an unprintable character.
pub(super) fn lines(depth: usize, name: &str, value: &Value) -> Vec<String> {
    stepped_lines(STEP, depth, name, value)
}

/// The same with other spaces for each level.
pub(super) fn stepped_lines(step: &str, depth: usize, name: &str, value: &Value) -> Vec<String> {
    let mut out = Vec::new();
    member(step, &step.repeat(depth), name, value, &mut out);
    out
}

/// The start of such a line, for a value that is not shown.
pub(super) fn head(depth: usize, name: &str) -> String {
    format!("{}{}:", STEP.repeat(depth), scalar(name))
}

fn member(step: &str, indent: &str, name: &str, value: &Value, out: &mut Vec<String>) {
    let head = format!("{indent}{}:", scalar(name));
    match value {
        Value::Object(members) if !members.is_empty() => {
            out.push(head);
            for (name, value) in members {
                member(step, &format!("{indent}{step}"), name, value, out);
            }
        }
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            out.push(head);
            for item in items {
                out.push(format!("{indent}{step}- {}", flow(item)));
            }
        }
        Value::String(text) => match (nested(text), block(text)) {
            (Some(value), _) => member(step, indent, name, &value, out),
            (None, Some((style, block))) => {
                out.push(format!("{head} {style}"));
                out.extend(block.map(|line| format!("{indent}{step}{line}").trim_end().to_owned()));
            }
            (None, None) => out.push(format!("{head} {}", scalar(text))),
        },
        other => out.push(format!("{head} {}", flow(other))),
    }
}

/// JSON in a string is shown as JSON.
fn nested(text: &str) -> Option<Value> {
    if !text.starts_with(['{', '[']) {
        return None;
    }
    serde_json::from_str(text)
        .ok()
        .filter(|value: &Value| value.is_object() || value.is_array())
}

/// A text of several lines as a block, with its style. `None` if a block would hide something:
/// controls, trailing spaces, or leading spaces of the first line.
fn block(text: &str) -> Option<(&'static str, std::str::Lines<'_>)> {
    let body = text.strip_suffix('\n');
    let style = if body.is_some() { "|" } else { "|-" };
    let body = body.unwrap_or(text);
    let shows_all = body.contains('\n')
        && !body.starts_with(['\n', ' '])
        && !body.ends_with('\n')
        && !body.split('\n').any(|line| line.ends_with(' '))
        && !body.contains(|c: char| c != '\n' && is_unprintable(c));
    shows_all.then(|| (style, body.lines()))
}

pub(super) fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("{}: {}", scalar(name), flow(value)))
                .collect();
            match members.len() {
                0 => "{}".to_owned(),
                _ => format!("{{ {} }}", members.join(", ")),
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// A string as YAML would be written by hand: quoted only if necessary.
pub(super) fn scalar(text: &str) -> String {
    let plain_character = |c: char| c.is_alphanumeric() || " ._-/:@+%=~()".contains(c);
    let plain = text.starts_with(|c: char| c.is_alphanumeric() || c == '/' || c == '_')
        && text.chars().all(plain_character)
        && !text.contains(": ")
        && !text.ends_with([':', ' '])
        && !is_special(text);
    if plain { text.to_owned() } else { quoted(text) }
}

/// A comment, whatever the text.
pub(super) fn comment(text: &str) -> String {
    format!("# {}", super::one_line(text))
}

/// Whether YAML would not read a string.
fn is_special(text: &str) -> bool {
    let word = text.to_ascii_lowercase();
    let numeric = word.starts_with(|c: char| c.is_ascii_digit())
        && word
            .chars()
            .all(|c| c.is_ascii_hexdigit() || "._-:+xot".contains(c));
    numeric
        || ["true", "false", "yes", "no", "on", "off", "y", "n", "null"].contains(&word.as_str())
}

/// As JSON, which YAML contains, without unprintable characters.
fn quoted(text: &str) -> String {
    let mut out = String::new();
    for character in Value::from(text).to_string().chars() {
        match (is_unprintable(character), u32::from(character)) {
            (false, _) => out.push(character),
            (true, code @ ..=0xffff) => out.push_str(&format!("\\u{code:04x}")),
            (true, code) => out.push_str(&format!("\\U{code:08x}")),
        }
    }
    out
}

#[cfg(test)]
mod tests;
