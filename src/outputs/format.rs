//! Ids and tokens as a dotenv file and as JSON.

use std::io::{self, Write};

use serde::Serialize;

use super::{Outputs, Variable, View};
use crate::model::InventoryName;

/// The version of the JSON object: as for all JSON output of this tool.
const FORMAT_VERSION: &str = "1.0";

/// One `NAME=value` a line. A value that needs quotes has double ones, escaped as a shell reads them.
///
/// # Errors
/// Where it cannot be written.
pub fn dotenv(variables: &[Variable], out: &mut dyn Write) -> io::Result<()> {
    for Variable { name, value, .. } in variables {
        let value = value.expose();
        // Docker takes quotes as a part of the value, so there are none where a shell needs none.
        if value.chars().all(is_plain) {
            writeln!(out, "{name}={value}")?;
        } else {
            writeln!(out, "{name}=\"{}\"", quoted(value))?;
        }
    }
    Ok(())
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "+/=_-.:,@%".contains(c)
}

fn quoted(value: &str) -> String {
    let mut quoted = String::with_capacity(value.len());
    for c in value.chars() {
        if matches!(c, '"' | '\\' | '$' | '`') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OutputsObject<'a> {
    format_version: &'static str,
    inventory: &'a InventoryName,
    instances: Vec<View<'a>>,
}

/// One JSON object, a newline at the end.
///
/// # Errors
/// Where it cannot be written.
pub fn json(outputs: &Outputs<'_>, out: &mut dyn Write) -> io::Result<()> {
    let object = OutputsObject {
        format_version: FORMAT_VERSION,
        inventory: outputs.inventory,
        instances: outputs.instances.iter().map(View::from).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &object)?;
    writeln!(out)
}
