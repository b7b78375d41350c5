//! `connectorctl exec`: a command with ids and tokens in its environment.

use std::process::{Command, ExitCode};

use super::context::Context;
use super::core_dumps;
use super::recorded::with_outputs;
use crate::cli::ExecArgs;
use crate::error::{CliError, Exit};
use crate::outputs;

/// On Unix it returns only if the command could not be started: the command takes the place of this
/// process, so that signals and the exit code need no forwarding.
pub(super) fn run(context: &Context, arguments: &ExecArgs) -> Result<ExitCode, CliError> {
    let ExecArgs {
        variables,
        command,
        keys,
    } = arguments;
    let Some((program, words)) = command.split_first() else {
        return Err(CliError::usage("no command is given"));
    };
    let variables = with_outputs(context, keys, variables, |outputs| {
        Ok(outputs::variables(outputs, &variables.prefix)?)
    })?;
    let mut command = Command::new(program);
    command.args(words);
    command.envs(variables.iter().map(|it| (&it.name, it.value.expose())));
    let failed = |error| {
        let summary = format!("cannot start `{}`", program.to_string_lossy());
        CliError::caused_by(Exit::Failed, summary, error)
    };
    core_dumps::allow(context.core_limit);
    start(command).map_err(failed)
}

#[cfg(unix)]
fn start(mut command: Command) -> std::io::Result<ExitCode> {
    use std::os::unix::process::CommandExt as _;

    Err(command.exec())
}

#[cfg(not(unix))]
fn start(mut command: Command) -> std::io::Result<ExitCode> {
    let status = command.status()?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.unwrap_or(1).into())
}
