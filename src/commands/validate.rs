//! `connectorctl validate`: the manifest alone.

use std::io::Write as _;

use super::{Context, gather};
use crate::error::{CliError, Exit};

pub(super) fn run(context: &Context) -> Result<Exit, CliError> {
    let manifest = gather::manifest(context)?;
    let count = manifest.desired.instances.len();
    let count = match count {
        1 => "1 instance".to_owned(),
        many => format!("{many} instances"),
    };
    let line = format!("Valid: inventory {}, {count}.", manifest.desired.inventory);
    writeln!(context.ui.stdout(), "{line}").map_err(|error| output_failed(&error))?;
    Ok(Exit::Success)
}

/// The result could not be written.
pub(super) fn output_failed(error: &std::io::Error) -> CliError {
    CliError::new(Exit::Failed, "cannot write the result").because(error)
}
