//! One recorded instance, without its token.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::list::Row;
use super::{FORMAT_VERSION, json, one_line};
use crate::model::{InstanceKey, InventoryName, LockedInstance};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InstanceObject<'a> {
    format_version: &'static str,
    inventory: &'a InventoryName,
    #[serde(flatten)]
    row: Row<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<Vec<&'a str>>,
    configuration: &'a BTreeMap<String, String>,
    /// Names only: of each, whether this tool sent it.
    secrets: BTreeMap<&'a str, &'static str>,
}

/// Name and value in two columns.
///
/// # Errors
/// Where it cannot be written.
pub fn human(key: &InstanceKey, entry: &LockedInstance, out: &mut dyn Write) -> io::Result<()> {
    let row = Row::new(key, entry, false);
    let tags = entry.tags.iter().flatten().map(String::as_str);
    let tags: Vec<&str> = tags.collect();
    let fields = [
        ("key", key.to_string()),
        ("id", entry.id.to_string()),
        ("element", entry.element.key.to_string()),
        ("name", entry.name.clone()),
        ("state", row.state()),
        ("tags", tags.join(", ")),
        ("created", entry.created_date.clone().unwrap_or_default()),
        (
            "protected",
            if entry.lifecycle.protect { "yes" } else { "" }.to_owned(),
        ),
    ];
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        writeln!(out, "{name:<10} {}", one_line(value))?;
    }
    if entry.configuration.is_empty() && entry.secrets.is_empty() {
        return Ok(());
    }
    writeln!(out, "configuration")?;
    for (name, value) in &entry.configuration {
        writeln!(out, "  {}: {}", one_line(name), one_line(value))?;
    }
    for (name, what) in secrets(entry) {
        writeln!(out, "  {}: (secret, {what})", one_line(name))?;
    }
    Ok(())
}

/// One JSON object, a newline at the end.
///
/// # Errors
/// Where it cannot be written.
pub fn json(
    inventory: &InventoryName,
    key: &InstanceKey,
    entry: &LockedInstance,
    out: &mut dyn Write,
) -> io::Result<()> {
    let tags = entry.tags.as_ref();
    let object = InstanceObject {
        format_version: FORMAT_VERSION,
        inventory,
        row: Row::new(key, entry, false),
        tags: tags.map(|tags| tags.iter().map(String::as_str).collect()),
        configuration: &entry.configuration,
        secrets: secrets(entry),
    };
    json::write(&object, out)
}

fn secrets(entry: &LockedInstance) -> BTreeMap<&str, &'static str> {
    let secrets = entry.secrets.iter();
    secrets
        .map(|(name, fingerprint)| {
            let what = match fingerprint {
                Some(_) => "sent",
                None => "unverified",
            };
            (name.as_str(), what)
        })
        .collect()
}
