//! The head of a plan: who will read tokens.

use std::io::{self, Write};

use super::super::escape::one_line;
use super::super::style::Label;
use crate::model::RecipientsChange;

pub(super) fn change(change: &RecipientsChange, out: &mut dyn Write) -> io::Result<()> {
    let RecipientsChange {
        is_first,
        added,
        removed,
    } = change;
    let title = match is_first {
        true => "Tokens will be sealed. Recipients:",
        false => "Recipients of tokens differ from those in the lock file:",
    };
    writeln!(out, "{}", Label::Strong.paint(title))?;
    let can_read = match is_first {
        true => "",
        false => "  can read every token that is sealed from now on",
    };
    for name in added {
        let name = Label::Added.paint(format!("+ {}", one_line(name)));
        writeln!(out, "  {name}{can_read}")?;
    }
    for name in removed {
        let name = Label::Removed.paint(format!("- {}", one_line(name)));
        writeln!(out, "  {name}  can read the tokens that were sealed before")?;
    }
    if !is_first {
        writeln!(
            out,
            "  hint: run `connectorctl lock rekey` to seal every token for the declared recipients"
        )?;
    }
    writeln!(out)
}
