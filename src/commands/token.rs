//! `connectorctl token`, and where a token may be printed.

use super::context::Context;
use super::{recorded, sealing};
use crate::cli::TokenArgs;
use crate::error::{CliError, Exit};
use crate::outputs::{self, Account};

/// Prints one token, or the header with it.
pub(super) fn run(context: &Context, arguments: &TokenArgs) -> Result<Exit, CliError> {
    let TokenArgs {
        key,
        header,
        reveal,
    } = arguments;
    may_reveal(context, *reveal)?;
    let mut lock = recorded::lock(context)?;
    let key = recorded::instance(&lock, key)?.0.clone();
    sealing::open(context, &mut lock, |other| *other == key)?;
    let (key, entry) = recorded::instance(&lock, key.as_str())?;
    let token = outputs::token(key, entry)?;
    let account = recorded::account(context, *header)?;
    let line = match &account {
        None => format!("{}\n", token.expose()),
        Some((user, organization)) => {
            let header = Account { user, organization }.header(token);
            format!("Authorization: {}\n", header.expose())
        }
    };
    let written = context.ui.hand_out(line.as_bytes());
    written.map_err(CliError::output)?;
    Ok(Exit::Success)
}

/// Whether a secret may go to standard output: not where people or a log would see it.
pub(super) fn may_reveal(context: &Context, is_wanted: bool) -> Result<(), CliError> {
    let place = match (context.ui.shows_stdout(), context.is_pipeline()) {
        _ if is_wanted => return Ok(()),
        (true, _) => "on a terminal",
        (false, true) => "into the log of a pipeline",
        (false, false) => return Ok(()),
    };
    Err(
        CliError::usage(format!("tokens are not printed {place}")).hint(
            "pipe the result to where it is needed and pass `--reveal`, or use `connectorctl exec`",
        ),
    )
}
