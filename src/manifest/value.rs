//! Values of `configuration` and `providerData`: plain ones, and templates with references.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fields::Reader;
use super::parse::{Kind, Node};
use super::reference;
use crate::diagnostic::Diagnostic;
use crate::model::observed::MASK;
use crate::model::{DesiredValue, Part, PlainValue, Template};

/// Whether the catalogue, or the name of the key, says that a value is a credential.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Nature {
    Credential,
    Plain,
}

impl Reader<'_, '_> {
    /// A configuration value; `path` is for messages.
    pub(super) fn configuration_value(
        &mut self,
        node: &Node,
        path: &str,
        nature: Nature,
    ) -> Option<DesiredValue> {
        if matches!(node.kind, Kind::Null) {
            let problem = Diagnostic::error("empty-value", format!("`{path}` has no value"))
                .at(self.place(node))
                .hint(
                    "write \"\" for an empty text, or remove the key to leave it to the platform",
                );
            self.out.push(problem);
            return None;
        }
        let template = self.template(node, path)?;
        if template.references().is_empty() && nature == Nature::Plain {
            return Some(DesiredValue::Plain(PlainValue(literal(&template))));
        }
        if template.references().is_empty() {
            self.literal_credential(node, path);
            // A number under a credential key is its text: that is what the platform stores.
            if let Template::Literal(value) = &template {
                let text = PlainValue(value.clone()).canonical();
                return Some(DesiredValue::Secret(Template::Text(vec![Part::Literal(
                    text,
                )])));
            }
        }
        Some(DesiredValue::Secret(template))
    }

    /// Any value with references in its strings.
    pub(super) fn template(&mut self, node: &Node, path: &str) -> Option<Template> {
        match &node.kind {
            Kind::Null => Some(Template::Literal(Value::Null)),
            Kind::Bool(flag) => Some(Template::Literal(Value::Bool(*flag))),
            Kind::Number(number, written) => Some(spelled(number, written)),
            Kind::Text(text) => self.text_template(node, text, path),
            Kind::List(items) => {
                let items: Vec<Option<Template>> =
                    items.iter().map(|item| self.template(item, path)).collect();
                items
                    .into_iter()
                    .collect::<Option<Vec<_>>>()
                    .map(Template::List)
            }
            Kind::Map(members) => {
                let mut map = BTreeMap::new();
                let mut whole = true;
                for (key, value) in members {
                    match self.template(value, path) {
                        Some(template) if !map.contains_key(&key.text) => {
                            map.insert(key.text.clone(), template);
                        }
                        Some(_) => {
                            whole = false;
                            let place = self.key_place(key);
                            let message = format!("the key `{}` is there twice", key.text);
                            self.error(place, "duplicate-key", message, "keep one of them");
                        }
                        None => whole = false,
                    }
                }
                whole.then_some(Template::Map(map))
            }
        }
    }

    fn text_template(&mut self, node: &Node, text: &str, path: &str) -> Option<Template> {
        let place = self.place(node);
        if text == MASK {
            let problem = Diagnostic::error(
                "masked-value",
                format!("`{path}` is the platform's mask"),
            )
            .at(place)
            .hint("the platform shows secrets as ********; write a reference such as ${env:NAME}");
            self.out.push(problem);
            return None;
        }
        let split = reference::split(text, &self.file.folder);
        for (_, what) in &split.errors {
            let problem = Diagnostic::error("bad-reference", format!("in `{path}`: {what}"))
                .at(place.clone())
                .hint("a reference is ${env:NAME}, ${env:NAME:-default} or ${file:path}; $${env: is a literal ${env:");
            self.out.push(problem);
        }
        if !split.suspicious.is_empty() {
            let problem = Diagnostic::warning(
                "reference-typo",
                format!("`{path}` looks like a mistyped reference, and is sent as it stands"),
            )
            .at(place.clone())
            .hint("a reference is ${env:NAME}, ${env:NAME:-default} or ${file:path}");
            self.out.push(problem);
        }
        if looks_like_a_placeholder(text) {
            let problem = Diagnostic::warning(
                "placeholder",
                format!("`{path}` looks like a placeholder of a documentation"),
            )
            .at(place)
            .hint("put the real value there, or a reference such as ${env:NAME}");
            self.out.push(problem);
        }
        split
            .errors
            .is_empty()
            .then_some(Template::Text(split.parts))
    }

    fn literal_credential(&mut self, node: &Node, path: &str) {
        let problem = Diagnostic::warning(
            "plaintext-secret",
            format!("`{path}` is a credential in plain text"),
        )
        .at(self.place(node))
        .hint("put it into the environment or a file, and write ${env:NAME} or ${file:path}");
        self.out.push(problem);
    }
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
        Template::Text(parts) => Value::String(
            parts
                .iter()
                .map(|part| match part {
                    Part::Literal(text) => text.as_str(),
                    Part::Reference(_) => "",
                })
                .collect(),
        ),
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
