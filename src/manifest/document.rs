//! One file of a manifest: its head, its defaults and its instances.

use super::fields::Reader;
use super::instance::{ReadInstance, is_member};
use super::parse::{self, Kind, Node, Span};
use super::text::{FileText, Places};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::model::{ApiSettings, InventoryName, OrganizationId};

const KNOWN: [&str; 7] = [
    "version",
    "inventory",
    "api",
    "defaults",
    "instances",
    "lock",
    "extends",
];
/// The only version there is.
const VERSION: u64 = 1;

pub(super) struct Document<'t> {
    pub(super) file: &'t FileText,
    pub(super) inventory: Option<(InventoryName, Place)>,
    pub(super) api: ApiSettings,
    pub(super) instances: Vec<ReadInstance>,
    pub(super) places: Places,
}

/// Reads one file; `None` if it is not a document.
pub(super) fn read<'t>(file: &'t FileText, out: &mut Diagnostics) -> Option<Document<'t>> {
    if file.text.trim().is_empty() {
        out.push(empty(file));
        return None;
    }
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
    let mut reader = Reader::new(file, out, member(&root, "defaults"));
    let members = reader.members(&root, "the manifest")?;
    let mut document = Document {
        file,
        inventory: None,
        api: ApiSettings::default(),
        instances: Vec::new(),
        places: Places::new(),
    };
    let find = |name: &str| members.iter().find(|(key, _)| key.text == name);
    for member in &members {
        let (key, value) = member;
        if key.text.starts_with("x-") {
            // Free, for anchors; what it holds may be secret.
            reader.hide_member(key, value);
        } else if is_member(&key.text) {
            reader.hide_member(key, value);
            let message = format!("`{}` is a field of an instance", key.text);
            let hint = "indent it below the key of an instance, or paste the body as JSON";
            reader.error(&key.span, "unknown-field", message, hint);
        } else if !KNOWN.contains(&key.text.as_str()) {
            reader.unknown(member, "the manifest", &KNOWN);
        }
    }
    reader.version(find("version").map(|(_, node)| node), &root);
    if let Some((_, node)) = find("inventory") {
        document.inventory = reader.inventory(node);
    }
    if let Some((_, node)) = find("api") {
        document.api = reader.api(node);
    }
    for (name, hint) in [
        (
            "lock",
            "remove the block; the lock file stores tokens in plaintext",
        ),
        (
            "extends",
            "remove the line; use `defaults` for what instances share",
        ),
    ] {
        if let Some((key, node)) = find(name) {
            reader.hide(node);
            let message = format!("`{name}` is not supported in this version");
            reader.error(&key.span, "not-available", message, hint);
        }
    }
    let defaults = find("defaults")
        .and_then(|(_, node)| reader.instance_members(node, "`defaults`"))
        .unwrap_or_default();
    reader.defaults(&defaults);
    if let Some((_, node)) = find("instances") {
        let instances = reader.members(node, "`instances`").unwrap_or_default();
        for (key, node) in instances {
            let read = reader.instance(key, node, &defaults, &mut document.places);
            document.instances.extend(read);
        }
    }
    Some(document)
}

/// Where a top-level member is.
fn member(root: &Node, name: &str) -> Option<Span> {
    let Kind::Map(members) = &root.kind else {
        return None;
    };
    let found = members.iter().find(|(key, _)| key.text == name)?;
    Some(found.1.span.clone())
}

fn empty(file: &FileText) -> Diagnostic {
    Diagnostic::error("empty-file", "the file is empty")
        .at(Place::whole(&file.name))
        .hint("start the manifest with `version: 1` and `inventory: <name>`")
}

impl Reader<'_, '_> {
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
        let text = self.text(node, "`inventory`")?;
        match InventoryName::new(text) {
            Ok(inventory) => Some((inventory, self.file.place(&node.span))),
            Err(error) => {
                let hint = "use a name such as `acme-support`";
                self.error(&node.span, "bad-key", error.to_string(), hint);
                None
            }
        }
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
                _ => self.unknown(member, "`api`", &["url", "organization"]),
            }
        }
        api
    }
}
