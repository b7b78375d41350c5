//! Values of `configuration` and `providerData`: plain values, and templates with references.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fields::Reader;
use super::foreign::tool;
use super::parse::{Key, Kind, Node, Span};
use super::reference;
use crate::catalog::{ElementEntry, holds_credential, is_credential};
use crate::model::{DesiredValue, MASK, Part, PlainValue, Template};

impl Reader<'_, '_> {
    /// The value of a configuration key; `path` is for messages.
    pub(super) fn configuration_value(
        &mut self,
        entry: Option<&ElementEntry>,
        name: &str,
        node: &Node,
        path: &str,
    ) -> Option<DesiredValue> {
        if matches!(node.kind, Kind::Null) {
            self.error(
                &node.span,
                "empty-value",
                format!("`{path}` has no value"),
                "write \"\" for an empty string, or remove the key to leave the value to the platform",
            );
            return None;
        }
        let template = self.template(node, path, is_credential(entry, name))?;
        if template.has_reference() {
            return Some(DesiredValue::Secret(template));
        }
        let value = literal(&template);
        if !holds_credential(entry, name, &value) {
            return Some(DesiredValue::Plain(PlainValue(value)));
        }
        if !self.is_meant_as_reference(node) {
            self.warning(
                &node.span,
                "plaintext-secret",
                format!("`{path}` is a plaintext credential"),
                "store it in a variable or a file, and write `${env:NAME}` or `${file:path}`",
            );
        }
        // A number under a credential key is its text: that is what the platform stores.
        Some(DesiredValue::Secret(match template {
            Template::Literal(value) => {
                Template::Text(vec![Part::Literal(PlainValue(value).canonical())])
            }
            other => other,
        }))
    }

    /// A string that stands for itself, escapes undone; a reference in it is reported.
    pub(super) fn without_reference(
        &mut self,
        at: &Span,
        text: &str,
        what: &str,
        hint: &str,
    ) -> Option<String> {
        let split = reference::split(text, &self.file.folder);
        if split.has_reference() {
            let message = format!("{what} cannot contain a reference");
            self.error(at, "reference-not-allowed", message, hint);
            return None;
        }
        Some(reference::literal_text(&split.parts))
    }

    /// A key of `configuration` or `providerData`.
    pub(super) fn value_key(&mut self, key: &Key) -> Option<String> {
        let hint = "write the key out; only values are resolved";
        self.without_reference(&key.span, &key.text, "a key", hint)
    }

    /// Any value with references in its strings.
    pub(super) fn template(
        &mut self,
        node: &Node,
        path: &str,
        credential: bool,
    ) -> Option<Template> {
        match &node.kind {
            Kind::Null => Some(Template::Literal(Value::Null)),
            Kind::Bool(flag) => Some(Template::Literal(Value::Bool(*flag))),
            Kind::Number(number, written) => Some(spelled(number, written)),
            Kind::Text(text) => self.text_template(node, text, path, credential),
            Kind::List(items) => {
                let items: Vec<Option<Template>> = items
                    .iter()
                    .map(|item| self.template(item, path, credential))
                    .collect();
                let items: Option<Vec<Template>> = items.into_iter().collect();
                items.map(Template::List)
            }
            Kind::Map(members) => {
                let members: Vec<Option<(String, Template)>> = self
                    .once(members)
                    .into_iter()
                    .map(|(key, value)| {
                        Some((
                            self.value_key(key)?,
                            self.template(value, path, credential)?,
                        ))
                    })
                    .collect();
                let members: Option<BTreeMap<_, _>> = members.into_iter().collect();
                members.map(Template::Map)
            }
        }
    }

    /// Whether a plaintext credential was reported as a reference that is not one.
    fn is_meant_as_reference(&self, node: &Node) -> bool {
        let Kind::Text(text) = &node.kind else {
            return false;
        };
        let split = reference::split(text, &self.file.folder);
        split.is_suspicious || foreign(text, true, &split).is_some()
    }

    fn text_template(
        &mut self,
        node: &Node,
        text: &str,
        path: &str,
        credential: bool,
    ) -> Option<Template> {
        let at = &node.span;
        if text == MASK {
            self.error(
                at,
                "masked-value",
                format!("`{path}` is a mask, not a value"),
                "write a reference such as `${env:NAME}`; `********` is what the platform shows for a secret",
            );
            return None;
        }
        let split = reference::split(text, &self.file.folder);
        for error in &split.errors {
            let message = format!("invalid reference in `{path}`: {}", error.what);
            let at = self.file.span_within(at, text, &error.at);
            self.error(
                &at,
                "bad-reference",
                message,
                "write `${env:NAME}`, `${env:NAME:-default}`, `${file:path}` or `${exec:command}`; `$${env:` is a literal `${env:`",
            );
        }
        if split.is_suspicious {
            self.warning(
                at,
                "reference-typo",
                format!("`{path}` looks like a mistyped reference and is sent unchanged"),
                "write `${env:NAME}`, `${env:NAME:-default}` or `${file:path}`",
            );
        }
        if let Some((tool, hint)) = foreign(text, credential, &split) {
            let message =
                format!("`{path}` looks like a reference of {tool} and is sent unchanged");
            self.warning(at, "foreign-reference", message, hint);
        }
        if looks_like_a_placeholder(text) {
            self.warning(
                at,
                "placeholder",
                format!("`{path}` looks like a placeholder"),
                "replace it with the real value, or with a reference such as `${env:NAME}`",
            );
        }
        split
            .errors
            .is_empty()
            .then_some(Template::Text(split.parts))
    }
}

/// The tool whose reference a credential looks like, and a hint.
fn foreign(
    text: &str,
    credential: bool,
    split: &reference::Split,
) -> Option<(&'static str, &'static str)> {
    let is_credential = credential && !split.is_suspicious;
    tool(text).filter(|_| is_credential)
}

/// An integer stays a number; what JSON would spell another way is sent as it was written.
fn spelled(number: &serde_json::Number, written: &str) -> Template {
    if number.to_string() == written {
        Template::Literal(Value::Number(number.clone()))
    } else {
        Template::Text(vec![Part::Literal(written.to_owned())])
    }
}

/// The value of a template without references.
pub(super) fn literal(template: &Template) -> Value {
    match template {
        Template::Literal(value) => value.clone(),
        Template::Text(parts) => Value::String(reference::literal_text(parts)),
        Template::List(items) => Value::Array(items.iter().map(literal).collect()),
        Template::Map(members) => Value::Object(
            members
                .iter()
                .map(|(name, item)| (name.clone(), literal(item)))
                .collect(),
        ),
    }
}

fn looks_like_a_placeholder(text: &str) -> bool {
    let lower = text.trim().to_ascii_lowercase();
    let bracketed = lower.starts_with('<')
        && lower.ends_with('>')
        && ["insert", "your", "enter", "replace", "add"]
            .iter()
            .any(|word| lower.contains(word));
    let crossed = lower.len() >= 4 && lower.bytes().all(|byte| byte == b'x');
    bracketed
        || crossed
        || matches!(lower.as_str(), "changeme" | "change_me" | "todo" | "tbd")
        || lower.starts_with("your_")
        || lower.starts_with("insert_")
}
