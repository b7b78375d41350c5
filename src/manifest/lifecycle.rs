//! The `lifecycle` block of an instance.

use super::fields::Reader;
use super::parse::{Node, Span};
use crate::diagnostic::Place;
use crate::model::{InstanceKey, InvalidName, Lifecycle, OnRemove};

const KNOWN: [&str; 4] = ["protect", "onRemove", "movedFrom", "ignoreChanges"];

impl Reader<'_, '_> {
    /// The merged layers of the block, and the place of `movedFrom`.
    pub(super) fn lifecycle(&mut self, layers: Vec<&Node>) -> (Lifecycle, Option<Place>) {
        let mut lifecycle = Lifecycle::default();
        let mut moved_from = None;
        let members = layers
            .into_iter()
            .flat_map(|node| self.members(node, "`lifecycle`").unwrap_or_default());
        for member in members.collect::<Vec<_>>() {
            let (key, value) = member;
            match key.text.as_str() {
                "protect" => {
                    lifecycle.protect = self.flag(value, "`protect`").unwrap_or_default();
                }
                "onRemove" => match self.text(value, "`onRemove`") {
                    None => {}
                    Some("keep") => lifecycle.on_remove = OnRemove::Keep,
                    Some("delete") => lifecycle.on_remove = OnRemove::Delete,
                    Some(_) => self.error(
                        &value.span,
                        "wrong-type",
                        "invalid value for `onRemove`: expected `keep` or `delete`",
                        "remove the line to keep the instance",
                    ),
                },
                "movedFrom" => {
                    lifecycle.moved_from = self
                        .text(value, "`movedFrom`")
                        .and_then(|text| self.instance_key(text, &value.span));
                    moved_from = Some(self.file.place(&value.span));
                }
                "ignoreChanges" => {
                    lifecycle.ignore_changes.clear();
                    for item in self.list(value, "`ignoreChanges`") {
                        lifecycle.ignore_changes.extend(self.ignored_path(item));
                    }
                }
                _ => self.unknown(member, "`lifecycle`", &KNOWN),
            }
        }
        (lifecycle, moved_from)
    }

    pub(super) fn instance_key(&mut self, text: &str, at: &Span) -> Option<InstanceKey> {
        self.checked_name(InstanceKey::new(text), at, "freshdesk-support")
    }

    /// A name, or `None` and a report.
    pub(super) fn checked_name<T>(
        &mut self,
        name: Result<T, InvalidName>,
        at: &Span,
        example: &str,
    ) -> Option<T> {
        let hint = format!("use a name such as `{example}`");
        name.map_err(|error| self.error(at, "bad-key", error.to_string(), hint))
            .ok()
    }

    fn ignored_path(&mut self, item: &Node) -> Option<String> {
        let path = self.text(item, "a path of `ignoreChanges`")?;
        let known = matches!(path, "name" | "tags" | "enabled")
            || path
                .strip_prefix("configuration.")
                .is_some_and(|name| !name.is_empty());
        if known {
            return Some(path.to_owned());
        }
        self.error(
            &item.span,
            "bad-path",
            format!("invalid path `{path}` in `ignoreChanges`"),
            "use `name`, `tags`, `enabled` or `configuration.<key>`",
        );
        None
    }
}
