//! Values as lines of a manifest.

use serde_json::Value;

/// The lines of `name: value` at this depth, in the manifest's own shape.
pub(super) fn lines(depth: usize, name: &str, value: &Value) -> Vec<String> {
    let mut out = Vec::new();
    member(depth, name, value, &mut out);
    out
}

fn member(depth: usize, name: &str, value: &Value, out: &mut Vec<String>) {
    let indent = "  ".repeat(depth);
    let name = scalar(name);
    match value {
        Value::Object(members) if !members.is_empty() => {
            out.push(format!("{indent}{name}:"));
            for (name, value) in members {
                member(depth + 1, name, value, out);
            }
        }
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            out.push(format!("{indent}{name}:"));
            for item in items {
                out.push(format!("{indent}  - {item}"));
            }
        }
        Value::String(text) if text.contains('\n') => {
            out.push(format!("{indent}{name}: |"));
            for line in text.lines() {
                out.push(format!("{indent}  {line}"));
            }
        }
        Value::String(text) => match nested(text) {
            Some(value) => member(depth, &name, &value, out),
            None => out.push(format!("{indent}{name}: {}", scalar(text))),
        },
        other => out.push(format!("{indent}{name}: {}", flow(other))),
    }
}

/// JSON in a string is shown as what it is.
fn nested(text: &str) -> Option<Value> {
    if !text.starts_with(['{', '[']) {
        return None;
    }
    serde_json::from_str(text)
        .ok()
        .filter(|value: &Value| value.is_object() || value.is_array())
}

fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}

/// A text as YAML would be written by hand: quoted only where it must be.
fn scalar(text: &str) -> String {
    let plain_character = |c: char| c.is_alphanumeric() || " ._-/:@+%=~()".contains(c);
    let plain = text.starts_with(|c: char| c.is_alphanumeric() || c == '/' || c == '_')
        && text.chars().all(plain_character)
        && !text.contains(": ")
        && !text.ends_with([':', ' '])
        && serde_json::from_str::<Value>(text).is_err()
        && !["yes", "no", "on", "off", "null"].contains(&text.to_ascii_lowercase().as_str());
    if plain {
        text.to_owned()
    } else {
        Value::from(text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_written_as_in_a_manifest() {
        let shown = |value: Value| lines(1, "key", &value).join("\n");
        assert_eq!(shown(json!("acme")), "  key: acme");
        assert_eq!(shown(json!("true")), "  key: \"true\"");
        assert_eq!(shown(json!("no")), "  key: \"no\"");
        assert_eq!(shown(json!("")), "  key: \"\"");
        assert_eq!(shown(json!(["a", "b c"])), "  key: [a, b c]");
        assert_eq!(
            shown(json!("{\"a\":{\"b\":1}}")),
            "  key:\n    a:\n      b: 1"
        );
        assert_eq!(shown(json!("one\ntwo")), "  key: |\n    one\n    two");
    }
}
