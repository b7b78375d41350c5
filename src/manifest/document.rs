//! One file of a manifest: its head, its defaults and its instances.

use std::collections::BTreeSet;

use super::fields::Reader;
use super::instance::ReadInstance;
use super::members::{API, DOCUMENT, INSTANCE, RESPONSE_ONLY};
use super::parse::{self, Key, Kind, Node};
use super::recipients::LockBlock;
use super::text::FileText;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::model::{ApiSettings, InventoryName, MAX_INVENTORY, OrganizationId};

/// Members of a later version, and what to do without them.
const NOT_AVAILABLE: [(&str, &str); 1] = [(
    "extends",
    "remove the line; use `defaults` for what instances share",
)];
/// The only version there is.
const VERSION: u64 = 1;

pub(super) struct Document<'t> {
    pub(super) file: &'t FileText,
    pub(super) inventory: Option<(InventoryName, Place)>,
    /// Whether it names one, valid or not.
    pub(super) has_inventory: bool,
    pub(super) api: ApiSettings,
    pub(super) lock: LockBlock,
    pub(super) instances: Vec<ReadInstance>,
}

/// Reads one file; `None` if it is not a document.
pub(super) fn read<'t>(file: &'t FileText, out: &mut Diagnostics) -> Option<Document<'t>> {
    let root = match parse::parse(file) {
        Ok(Some(root)) => root,
        Ok(None) => {
            out.push(empty(file));
            return None;
        }
        Err(problem) => {
            out.push(*problem);
            return None;
        }
    };
    let mut reader = Reader {
        file,
        out,
        defaults: None,
        reported: BTreeSet::new(),
    };
    let members = reader.members(&root, "the manifest")?;
    for member in &members {
        reader.top_level(member);
    }
    let find = |name: &str| {
        let mut found = members.iter().filter(|(key, _)| key.text == name);
        found.next().map(|(_, node)| node)
    };
    reader.version(find("version"), &root);
    let named = find("inventory");
    let inventory = named.and_then(|node| reader.inventory(node));
    let api = find("api").map(|node| reader.api(node));
    let lock = find("lock").map(|node| reader.lock(node));
    reader.defaults = find("defaults").map(|node| node.span.clone());
    let defaults = find("defaults").and_then(|node| reader.instance_members(node, "`defaults`"));
    let defaults = defaults.unwrap_or_default();
    reader.defaults(&defaults);
    let declared = find("instances").and_then(|node| reader.members(node, "`instances`"));
    let declared = declared.unwrap_or_default().into_iter();
    let instances = declared.filter_map(|(key, node)| reader.instance(key, node, &defaults));
    Some(Document {
        file,
        inventory,
        has_inventory: named.is_some(),
        api: api.unwrap_or_default(),
        lock: lock.unwrap_or_default(),
        instances: instances.collect(),
    })
}

fn empty(file: &FileText) -> Diagnostic {
    Diagnostic::error("empty-file", "the file is empty")
        .at(Place::whole(&file.name))
        .hint("start the manifest with `version: 1` and `inventory: <name>`")
}

impl Reader<'_, '_> {
    /// Reports a member that a manifest cannot have.
    fn top_level(&mut self, member: &(Key, Node)) {
        let (key, value) = member;
        let name = key.text.as_str();
        if name.starts_with("x-") {
            // Free, for anchors; what it holds may be secret.
            self.hide_member(key, value);
        } else if let Some((_, hint)) = NOT_AVAILABLE.iter().find(|(known, _)| *known == name) {
            self.hide(value);
            let message = format!("`{name}` is not supported in this version");
            self.error(&key.span, "not-available", message, *hint);
        } else if INSTANCE.contains(&name) || RESPONSE_ONLY.contains(&name) {
            self.hide_member(key, value);
            let message = format!("`{name}` is a field of an instance");
            let hint = "indent it below the key of an instance, or paste the body as JSON";
            self.error(&key.span, "unknown-field", message, hint);
        } else if !DOCUMENT.contains(&name) {
            self.unknown(member, "the manifest", &DOCUMENT);
        }
    }

    fn version(&mut self, node: Option<&Node>, root: &Node) {
        let Some(node) = node else {
            let start = root.span.start;
            return self.error(
                &(start..start + 1),
                "missing-version",
                "`version` is missing",
                "add `version: 1` as the first line",
            );
        };
        match &node.kind {
            Kind::Number(number, _) if number.as_u64() == Some(VERSION) => {}
            Kind::Number(_, written) => self.error(
                &node.span,
                "unknown-version",
                format!("unsupported manifest version {written}: expected {VERSION}"),
                "update connectorctl, or use version 1",
            ),
            _ => self.expected(
                node,
                "the number 1 for `version`",
                "write a number, without quotes",
            ),
        }
    }

    fn inventory(&mut self, node: &Node) -> Option<(InventoryName, Place)> {
        let name = InventoryName::new(self.text(node, "`inventory`")?);
        let name = self.checked_name(name, &node.span, "acme-support")?;
        let length = name.as_str().len();
        if length > MAX_INVENTORY {
            self.error(
                &node.span,
                "bad-key",
                format!(
                    "inventory name is too long: {length} characters, but at most {MAX_INVENTORY} are allowed"
                ),
                "use a shorter name; it is part of the tag that marks each instance",
            );
            return None;
        }
        Some((name, self.file.place(&node.span)))
    }

    fn api(&mut self, node: &Node) -> ApiSettings {
        let mut api = ApiSettings::default();
        for member in self.members(node, "`api`").unwrap_or_default() {
            let (key, value) = member;
            match key.text.as_str() {
                "url" => {
                    let hint = "set `CONNECTORCTL_URL` instead; it overrides `api.url`";
                    api.url = self.text(value, "`api.url`").and_then(|url| {
                        self.without_reference(&value.span, url, "`api.url`", hint)
                    });
                }
                "organization" => {
                    api.organization = self.number(value, "`api.organization`").map(OrganizationId);
                }
                _ => self.unknown(member, "`api`", &API),
            }
        }
        api
    }
}
