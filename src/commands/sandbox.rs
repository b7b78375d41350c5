//! `connectorctl sandbox`: the embedded platform on a port of its own.

use std::time::Duration;

use super::context::Context;
use super::signals::Signals;
use crate::cli::SandboxArgs;
use crate::error::{CliError, Exit};
use crate::ports::StopLevel;
use crate::sandbox::{self, Assumptions, Fault, SandboxOptions, Seed};

pub(super) async fn run(context: &Context, arguments: &SandboxArgs) -> Result<Exit, CliError> {
    let mut assumptions = Assumptions::default();
    for assumption in &arguments.assumptions {
        assumptions
            .set(assumption)
            .map_err(|error| CliError::usage(error.to_string()))?;
    }
    let faults = arguments
        .fault
        .iter()
        .map(|fault| Fault::parse(fault).map_err(|error| CliError::usage(error.to_string())))
        .collect::<Result<Vec<Fault>, CliError>>()?;
    let mut signals = Signals::new();
    signals.listen(None);
    let running = sandbox::start(SandboxOptions {
        listen: arguments.listen,
        allow_non_loopback: arguments.allow_non_loopback,
        state: arguments.state.clone(),
        allowed_hosts: arguments.allow_host.clone(),
        has_admin: true,
        assumptions,
        faults,
        latency: arguments.latency.unwrap_or(Duration::ZERO),
        seed: arguments.seed.map_or(Seed::Random, Seed::Fixed),
    })
    .await?;
    let kept = match &arguments.state {
        Some(path) => format!("its state is saved in {}", path.display()),
        None => "its state is not saved (pass --state FILE to save it)".to_owned(),
    };
    let where_ = if arguments.listen.ip().is_loopback() {
        "reachable from this machine only"
    } else {
        "reachable from other machines"
    };
    context.ui.say(&format!(
        "Sandbox of SAP Open Connectors at {}: {where_}; {kept}. Run these lines in a shell to point connectorctl at it. Stop it with Ctrl-C.",
        running.url()
    ));
    let printed = context.ui.print(|out| write!(out, "{}", running.exports()));
    printed.map_err(CliError::output)?;
    signals.stop().reached(StopLevel::Drain).await;
    Ok(Exit::Success)
}
