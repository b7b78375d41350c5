//! Which connector an instance is of: a key, or a pasted `element` object.

use super::fields::Reader;
use super::parse::{Kind, Node};
use crate::model::{ElementId, ElementKey, ElementRef};

/// A pasted answer has the whole catalogue entry here.
const OF_ANSWERS: [&str; 11] = [
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
    pub(super) fn element(&mut self, node: &Node) -> Option<ElementRef> {
        match &node.kind {
            Kind::Text(text) if text.trim().is_empty() => {
                self.error(
                    &node.span,
                    "missing-element",
                    "the element's key is empty",
                    "write `element: freshdeskv2`, say",
                );
                None
            }
            Kind::Text(text) => Some(ElementRef::Key(ElementKey(text.clone()))),
            Kind::Map(_) => self.element_object(node),
            Kind::Null | Kind::Bool(_) | Kind::Number(..) | Kind::List(_) => {
                self.expected(
                    node,
                    "the key of an element",
                    "write `element: freshdeskv2`, or `element: { key: freshdeskv2 }`",
                );
                None
            }
        }
    }

    fn element_object(&mut self, node: &Node) -> Option<ElementRef> {
        let (mut by_key, mut by_id) = (None, None);
        let mut named = false;
        for member in self.members(node, "`element`")? {
            let (name, value) = member;
            match name.text.as_str() {
                "key" => {
                    named = true;
                    by_key = self
                        .text(value, "the element's key")
                        .map(|key| ElementRef::Key(ElementKey(key.to_owned())));
                }
                "id" => {
                    named = true;
                    by_id = self
                        .number(value, "the element's id")
                        .map(|id| ElementRef::Id(ElementId(id)));
                }
                known if OF_ANSWERS.contains(&known) => {}
                _ => self.unknown(member, "`element`", &["key", "id"]),
            }
        }
        if !named {
            self.error(
                &node.span,
                "missing-element",
                "the element has neither a key nor an id",
                "write `element: { key: freshdeskv2 }`, say",
            );
        }
        // Ids differ between landscapes, so where both are given the key is what was meant.
        by_key.or(by_id)
    }
}
