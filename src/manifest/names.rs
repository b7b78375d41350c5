//! Names and tags: only what the platform would alter is refused, for an altered one would be a
//! difference for ever (docs/platform.md#tags and docs/platform.md#names).

use std::collections::BTreeSet;

use super::fields::Reader;
use super::parse::Node;
use super::reference;
use crate::model::Marker;

/// docs/platform.md#q13: the platform's own limit is unknown, 128 is safe.
const MOST_NAME: usize = 128;
/// How a long text is mended.
const SHORTER: &str = "shorten it: how much the platform keeps is not documented";
/// docs/platform.md#q14.
const MOST_TAG: usize = 64;

impl Reader<'_, '_> {
    /// The name of an instance.
    pub(super) fn name(&mut self, node: &Node) -> Option<String> {
        let text = self.text(node, "the name")?;
        let text = self.shown_text(node, text, "name")?;
        if text.chars().count() > MOST_NAME {
            let place = self.place(node);
            let message = format!("the name is longer than {MOST_NAME} characters");
            self.error(place, "too-long", message, SHORTER);
            return None;
        }
        Some(text)
    }

    /// The declared tags.
    pub(super) fn tags(&mut self, node: &Node) -> Option<BTreeSet<String>> {
        let mut tags = BTreeSet::new();
        for item in self.list(node, "the tags")? {
            let Some(text) = self.text(item, "a tag") else {
                continue;
            };
            let Some(tag) = self.shown_text(item, text, "tag") else {
                continue;
            };
            let place = self.place(item);
            if Marker::state_of(&tag).is_some() {
                self.error(
                    place,
                    "reserved-tag",
                    "tags that start with `connectorctl:` or `connectorctl-retired:` are this tool's own",
                    "remove it: the marker is added by itself",
                );
            } else if tag.chars().count() > MOST_TAG {
                let message = format!("the tag is longer than {MOST_TAG} characters");
                self.error(place, "too-long", message, SHORTER);
            } else if tags.contains(&tag) {
                self.out.push(
                    crate::diagnostic::Diagnostic::warning(
                        "duplicate-tag",
                        format!("the tag `{tag}` is there twice"),
                    )
                    .at(place)
                    .hint("remove one of them"),
                );
            } else {
                tags.insert(tag);
            }
        }
        Some(tags)
    }

    /// A text that is stored and shown in clear, and that the platform keeps as it is.
    fn shown_text(&mut self, node: &Node, text: &str, what: &str) -> Option<String> {
        let place = self.place(node);
        let split = reference::split(text, &self.file.folder);
        if split.has_reference() || !split.errors.is_empty() {
            self.out.push(
                crate::diagnostic::Diagnostic::error(
                    "reference-not-allowed",
                    format!("a {what} cannot hold a reference"),
                )
                .at(place)
                .hint(format!(
                    "every referenced value is treated as a secret, and a {what} is shown and stored in clear"
                )),
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
        } else {
            return Some(text.replace("$${", "${"));
        };
        self.error(
            place,
            "bad-text",
            format!("the {what} {problem}"),
            "write what the platform keeps as it is: anything else would differ for ever",
        );
        None
    }
}
