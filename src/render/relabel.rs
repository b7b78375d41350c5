//! The rename of an inventory, before it is carried out.

use std::io::{self, Write};

use super::style::Label;
use super::{many, one_line};
use crate::model::{Change, InventoryMove, Relabel};

/// A block for each instance with its markers before and after, and a summary.
///
/// # Errors
/// Where it cannot be written.
pub fn human(names: &InventoryMove, steps: &[Relabel], out: &mut dyn Write) -> io::Result<()> {
    for step in steps {
        let Relabel {
            key,
            id,
            element,
            markers,
        } = step;
        let title = format!("~ {key}: move");
        let element = one_line(element.as_str());
        writeln!(out, "{} ({element}, id {id})", Label::Changed.paint(title))?;
        for Change { before, after } in markers {
            let (before, after) = (one_line(before), one_line(after));
            writeln!(
                out,
                "{}",
                Label::Removed.paint(format!("    - marker: {before}"))
            )?;
            writeln!(
                out,
                "{}",
                Label::Added.paint(format!("    + marker: {after}"))
            )?;
        }
        writeln!(out)?;
    }
    let InventoryMove { from, to } = names;
    let count = many(steps.len(), "marker");
    writeln!(
        out,
        "Rename `{from}` to `{to}`: {count} to change. Ids and tokens stay."
    )
}
