//! Names and tags. Only what the platform would change is rejected, because it would show as a
//! difference in every plan (docs/platform.md#tags and docs/platform.md#names).

use std::collections::BTreeSet;

use super::fields::Reader;
use super::parse::Node;
use crate::model::{MAX_NAME, MAX_TAG, Marker, clear_text_problem};

impl Reader<'_, '_> {
    pub(super) fn name(&mut self, node: &Node) -> Option<String> {
        let text = self.text(node, "the name")?;
        self.clear_text(node, text, "name", MAX_NAME)
    }

    pub(super) fn tags(&mut self, node: &Node) -> BTreeSet<String> {
        let mut tags = BTreeSet::new();
        for item in self.list(node, "the tags") {
            let tag = self.text(item, "a tag");
            let Some(tag) = tag.and_then(|text| self.clear_text(item, text, "tag", MAX_TAG)) else {
                continue;
            };
            if Marker::state_of(&tag).is_some() {
                self.error(
                    &item.span,
                    "reserved-tag",
                    "tags that start with `connectorctl:` or `connectorctl-retired:` are reserved",
                    "remove the tag; connectorctl adds its marker itself",
                );
            } else if let Some(first) = tags.replace(tag) {
                let message = format!("duplicate tag `{first}`");
                self.warning(&item.span, "duplicate-tag", message, "remove one of them");
            }
        }
        tags
    }

    /// A string that is stored and shown in plaintext, and that the platform does not change.
    fn clear_text(&mut self, node: &Node, text: &str, what: &str, max: usize) -> Option<String> {
        let text = &self.without_reference(
            &node.span,
            text,
            &format!("a {what}"),
            &format!("write the {what} out; a {what} is stored in plaintext, but a reference stands for a secret"),
        )?;
        let Some(problem) = clear_text_problem(text) else {
            if text.chars().count() <= max {
                return Some(text.clone());
            }
            self.error(
                &node.span,
                "too-long",
                format!("the {what} is longer than {max} characters"),
                "shorten it; the platform documents no higher limit",
            );
            return None;
        };
        self.error(
            &node.span,
            "bad-text",
            format!("the {what} {problem}"),
            "change it; the platform would alter it, and every plan would show a difference",
        );
        None
    }
}
