//! One short file per verb: flags in, `session`, bytes out.
//!
//! Must not: hold logic that another room could hold; a command only puts the pieces together.

mod account;
mod apply;
mod base_url;
mod clock;
mod context;
mod core_dumps;
mod draft;
mod drift;
mod environment;
mod exec;
mod forget;
mod git;
mod identities;
mod import;
mod imported;
mod init;
mod inputs;
mod list;
mod lock;
mod lock_move;
mod manifests;
mod marking;
mod outputs;
mod plan;
mod platform;
mod recipients;
mod recorded;
mod reseal;
mod results;
mod sandbox;
mod sealing;
mod secrets;
mod shell;
mod signals;
mod target;
mod token;
mod validate;
mod waiting;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::{Cli, Command, LockCommand};
use crate::error::{CliError, Exit};
use crate::ui::{self, Ui};
use context::Context;

pub use clock::SystemClock;
pub(crate) use environment::Environment;

/// Runs the process: parses the command line, does what it says, and turns the end into a code.
pub fn main() -> ExitCode {
    let core_limit = core_dumps::forbid();
    let environment = Environment::read();
    let variable = |name: &str| environment.raw(name);
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            Ui::usage(&error, &variable);
            let is_wrong = error.use_stderr();
            return if is_wrong { Exit::Usage } else { Exit::Success }.into();
        }
    };
    ui::install_log(&cli.global.output);
    let ui = Ui::new(&cli.global, &variable);
    let context = Context {
        global: cli.global,
        environment,
        ui,
        core_limit,
    };
    runtime()
        .and_then(|runtime| runtime.block_on(dispatch(&context, cli.command)))
        .unwrap_or_else(|error| {
            ui.error(&error);
            error.exit().into()
        })
}

fn runtime() -> Result<tokio::runtime::Runtime, CliError> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::caused_by(Exit::Failed, "cannot start worker threads", error))
}

async fn dispatch(context: &Context, command: Command) -> Result<ExitCode, CliError> {
    let exit = match command {
        Command::Plan(arguments) => plan::run(context, &arguments).await,
        Command::Apply(arguments) => apply::run(context, &arguments).await,
        Command::Validate => validate::run(context),
        Command::Lock(LockCommand::Verify { deadline }) => lock::verify(context, deadline).await,
        Command::Lock(LockCommand::Rebuild {
            yes,
            lock_timeout,
            deadline,
        }) => lock::rebuild(context, yes, lock_timeout, deadline).await,
        Command::Lock(LockCommand::Move(arguments)) => lock_move::run(context, &arguments).await,
        Command::Lock(LockCommand::Encrypt { lock_timeout }) => {
            reseal::encrypt(context, lock_timeout).await
        }
        Command::Lock(LockCommand::Decrypt(arguments)) => {
            reseal::decrypt(context, &arguments).await
        }
        Command::Lock(LockCommand::Rekey { lock_timeout }) => {
            reseal::rekey(context, lock_timeout).await
        }
        Command::Sandbox(arguments) => sandbox::run(context, &arguments).await,
        Command::Init(arguments) => init::run(context, &arguments),
        Command::Import(arguments) => import::run(context, &arguments).await,
        Command::Forget(arguments) => forget::run(context, &arguments).await,
        Command::Drift(arguments) => drift::run(context, &arguments).await,
        Command::List(arguments) => list::list(context, &arguments).await,
        Command::Show(arguments) => list::show(context, &arguments),
        Command::Token(arguments) => token::run(context, &arguments),
        Command::Outputs(arguments) => outputs::outputs(context, &arguments),
        Command::Exec(arguments) => return exec::run(context, &arguments),
    };
    exit.map(ExitCode::from)
}
