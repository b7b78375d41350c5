//! Names and tags: only what the platform would alter is refused, for an altered one would be a
//! difference for ever (docs/platform.md#tags and docs/platform.md#names).

use std::collections::BTreeSet;

use super::fields::Reader;
use super::parse::Node;
use super::reference;
use crate::model::Marker;

/// docs/platform.md#q13: the platform's own limit is unknown, 128 is safe.
const MAX_NAME: usize = 128;
/// docs/platform.md#q14.
const MAX_TAG: usize = 64;

impl Reader<'_, '_> {
    /// The name of an instance.
    pub(super) fn name(&mut self, node: &Node) -> Option<String> {
        let text = self.text(node, "the name")?;
        self.clear_text(node, text, "name", MAX_NAME)
    }

    /// The declared tags.
    pub(super) fn tags(&mut self, node: &Node) -> BTreeSet<String> {
        let mut tags = BTreeSet::new();
        for item in self.list(node, "the tags") {
            let Some(tag) = self
                .text(item, "a tag")
                .and_then(|text| self.clear_text(item, text, "tag", MAX_TAG))
            else {
                continue;
            };
            if Marker::state_of(&tag).is_some() {
                self.error(
                    &item.span,
                    "reserved-tag",
                    "tags that start with `connectorctl:` or `connectorctl-retired:` are this tool's own",
                    "remove it: the marker is added by itself",
                );
            } else if tags.contains(&tag) {
                let message = format!("the tag `{tag}` is there twice");
                self.warning(&item.span, "duplicate-tag", message, "remove one of them");
            } else {
                tags.insert(tag);
            }
        }
        tags
    }

    /// A text that is stored and shown in clear, and that the platform keeps as it is.
    fn clear_text(&mut self, node: &Node, text: &str, what: &str, max: usize) -> Option<String> {
        let split = reference::split(text, &self.file.folder);
        if split.has_reference() || !split.errors.is_empty() {
            self.error(
                &node.span,
                "reference-not-allowed",
                format!("a {what} cannot hold a reference"),
                format!(
                    "every referenced value is treated as a secret, and a {what} is shown and stored in clear"
                ),
            );
            return None;
        }
        let problem = if text.trim().is_empty() {
            "is empty"
        } else if text.trim() != text {
            "begins or ends with a space, which the platform may trim"
        } else if text.chars().any(char::is_control) {
            "has a control character"
        } else if text.contains(['<', '>']) {
            "has `<` or `>`, and the platform removes markup"
        } else if text.chars().count() > max {
            self.error(
                &node.span,
                "too-long",
                format!("the {what} is longer than {max} characters"),
                "shorten it: how much the platform keeps is not documented",
            );
            return None;
        } else {
            return Some(text.replace("$${", "${"));
        };
        self.error(
            &node.span,
            "bad-text",
            format!("the {what} {problem}"),
            "write what the platform keeps as it is: anything else would differ for ever",
        );
        None
    }
}
