//! The recorded instances as a table, as JSON and as comma-separated values, without their tokens. `missing`
//! are those that the platform lacks, where it was asked.

use std::collections::BTreeSet;
use std::io::{self, Write};

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

use super::{FORMAT_VERSION, json, one_line};
use crate::model::{InstanceKey, InventoryName, Lock, LockedInstance};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListObject<'a> {
    format_version: &'static str,
    inventory: &'a InventoryName,
    instances: Vec<Row<'a>>,
}

/// One instance; its members are the columns of the CSV form.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row<'a> {
    key: &'a InstanceKey,
    id: u64,
    element: &'a str,
    name: &'a str,
    enabled: bool,
    valid: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    missing: bool,
    has_token: bool,
    protected: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_date: Option<&'a str>,
}

impl<'a> Row<'a> {
    pub(super) fn new(key: &'a InstanceKey, entry: &'a LockedInstance, missing: bool) -> Self {
        Self {
            key,
            id: entry.id.0,
            element: entry.element.key.as_str(),
            name: &entry.name,
            enabled: entry.enabled,
            valid: entry.valid,
            missing,
            has_token: entry.token.is_some(),
            protected: entry.lifecycle.protect,
            created_date: entry.created_date.as_deref(),
        }
    }

    /// In words, as last seen.
    pub(super) fn state(&self) -> String {
        let words = [
            (self.missing, "missing"),
            (!self.enabled, "disabled"),
            (!self.valid, "invalid"),
            (!self.has_token, "no token"),
        ];
        let words: Vec<&str> = words
            .into_iter()
            .filter_map(|(is, word)| is.then_some(word))
            .collect();
        match words.is_empty() {
            true => "ok".to_owned(),
            false => words.join(", "),
        }
    }
}

fn rows<'a>(lock: &'a Lock, missing: &BTreeSet<InstanceKey>) -> impl Iterator<Item = Row<'a>> {
    let instances = lock.instances.iter();
    instances.map(|(key, entry)| Row::new(key, entry, missing.contains(key)))
}

/// Aligned columns, one line for each instance however wide the terminal is.
///
/// # Errors
/// Where it cannot be written.
pub fn table(lock: &Lock, missing: &BTreeSet<InstanceKey>, out: &mut dyn Write) -> io::Result<()> {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(["KEY", "ELEMENT", "ID", "STATE", "NAME"]);
    for row in rows(lock, missing) {
        table.add_row([
            row.key.to_string(),
            one_line(row.element),
            row.id.to_string(),
            row.state(),
            one_line(row.name),
        ]);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// One JSON object, a newline at the end.
///
/// # Errors
/// Where it cannot be written.
pub fn json(lock: &Lock, missing: &BTreeSet<InstanceKey>, out: &mut dyn Write) -> io::Result<()> {
    let object = ListObject {
        format_version: FORMAT_VERSION,
        inventory: &lock.header.inventory,
        instances: rows(lock, missing).collect(),
    };
    json::write(&object, out)
}

/// A row of names, then one for each instance.
///
/// # Errors
/// Where it cannot be written.
pub fn csv(lock: &Lock, missing: &BTreeSet<InstanceKey>, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record([
        "key",
        "id",
        "element",
        "name",
        "enabled",
        "valid",
        "missing",
        "hasToken",
        "protected",
        "createdDate",
    ])?;
    for row in rows(lock, missing) {
        writer.write_record([
            row.key.as_str(),
            &row.id.to_string(),
            row.element,
            row.name,
            &row.enabled.to_string(),
            &row.valid.to_string(),
            &row.missing.to_string(),
            &row.has_token.to_string(),
            &row.protected.to_string(),
            row.created_date.unwrap_or_default(),
        ])?;
    }
    writer.flush()
}
