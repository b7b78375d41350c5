//! The `element` of an instance: a key, or an object with a key or an id.

use super::fields::Reader;
use super::parse::{Kind, Node, Span};
use crate::model::{ElementId, ElementKey, ElementRef};

/// Members of a pasted response, which has the whole catalogue entry here.
const IGNORED: [&str; 11] = [
    "name",
    "hub",
    "authentication",
    "protocolType",
    "active",
    "deleted",
    "typeOauth",
    "parameters",
    "hookName",
    "description",
    "image",
];

impl Reader<'_, '_> {
    /// The element, and its place.
    pub(super) fn element(&mut self, node: &Node) -> Option<(ElementRef, Span)> {
        match &node.kind {
            Kind::Text(text) if text.trim().is_empty() => {
                self.error(
                    &node.span,
                    "missing-element",
                    "the element key is empty",
                    "write, for example, `element: freshdeskv2`",
                );
                None
            }
            Kind::Text(text) | Kind::Number(_, text) => self.element_key(node, text),
            Kind::Map(_) => self.element_object(node),
            Kind::Null | Kind::Bool(_) | Kind::List(_) => {
                self.expected(
                    node,
                    "an element key",
                    "write `element: freshdeskv2` or `element: { key: freshdeskv2 }`",
                );
                None
            }
        }
    }

    fn element_key(&mut self, node: &Node, text: &str) -> Option<(ElementRef, Span)> {
        let hint = "write the key out; it decides which values are secret";
        self.without_reference(&node.span, text, "an element key", hint)
            .map(|key| (ElementRef::Key(ElementKey(key)), node.span.clone()))
    }

    fn element_object(&mut self, node: &Node) -> Option<(ElementRef, Span)> {
        let (mut by_key, mut by_id) = (None, None);
        let mut named = false;
        for member in self.members(node, "`element`")? {
            let (name, value) = member;
            match name.text.as_str() {
                "key" => {
                    named = true;
                    by_key = self
                        .text(value, "the element key")
                        .and_then(|key| self.element_key(value, key));
                }
                "id" => {
                    named = true;
                    by_id = self
                        .number(value, "the element id")
                        .map(|id| (ElementRef::Id(ElementId(id)), value.span.clone()));
                }
                known if IGNORED.contains(&known) => {}
                _ => self.unknown(member, "`element`", &["key", "id"]),
            }
        }
        if !named {
            self.error(
                &node.span,
                "missing-element",
                "`element` has neither `key` nor `id`",
                "write, for example, `element: { key: freshdeskv2 }`",
            );
        }
        // Ids differ between landscapes, so the key wins over the id.
        by_key.or(by_id)
    }
}
