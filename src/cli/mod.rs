//! The command line as clap definitions: verbs, options and their help.
//!
//! Must not: do anything but parse.

mod apply;
mod consume;
mod drift;
mod global;
mod help;
mod import;
mod init;
mod lock;
mod plan;
mod sandbox;
mod select;
mod values;

use clap::{Parser, Subcommand};

pub(crate) use apply::ApplyArgs;
pub(crate) use consume::{
    ExecArgs, ListArgs, ListFormat, OutputsArgs, OutputsFormat, ShowArgs, TokenArgs, VariableArgs,
};
pub(crate) use drift::DriftArgs;
pub(crate) use global::{ConnectionArgs, GlobalArgs, OutputArgs};
pub(crate) use import::{ForgetArgs, ImportArgs, WriteArgs};
pub(crate) use init::InitArgs;
pub(crate) use lock::{DecryptArgs, LockCommand, MoveArgs};
pub(crate) use plan::PlanArgs;
pub(crate) use sandbox::SandboxArgs;
pub(crate) use select::{KeyArgs, SelectionArgs};
pub(crate) use values::{OutputFormat, duration};

/// Manage SAP Open Connectors instances as a file in your repository
#[derive(Debug, Parser)]
#[command(
    name = "connectorctl",
    version,
    propagate_version = true,
    max_term_width = 100,
    after_help = "Credentials: set CONNECTORCTL_USER_SECRET and CONNECTORCTL_ORGANIZATION_SECRET, \
        or append _FILE to a name to read it from a file. --sandbox needs none."
)]
pub struct Cli {
    #[command(flatten)]
    pub global: GlobalArgs,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what `apply` would do, without writing anything
    Plan(PlanArgs),
    /// Change the platform to match the manifest, and write the lock file
    Apply(ApplyArgs),
    /// Write a first manifest, with what each connector needs
    Init(InitArgs),
    /// Take over instances that exist, without changing them
    ///
    /// Adds them to the manifest and the lock file, and gives each the tag that marks it as managed.
    Import(ImportArgs),
    /// Stop managing instances, without deleting them
    ///
    /// Removes the tag that marks them as managed, and their entries in the lock file.
    Forget(ForgetArgs),
    /// Check the manifest; needs no network, secrets or lock file
    #[command(after_long_help = help::after(&[], "connectorctl validate -f prod.yaml --strict"))]
    Validate,
    /// Show what changed on the platform; needs no manifest
    ///
    /// Compares it with the lock file. Exits with 2 if they differ.
    Drift(DriftArgs),
    /// List the recorded instances
    List(ListArgs),
    /// Show what is recorded of one instance, without its token
    Show(ShowArgs),
    /// Print the token of one instance
    ///
    /// Goes to a pipe. On a terminal, or where `CI` is set, it needs `--reveal`.
    Token(TokenArgs),
    /// Run a command with ids and tokens in its environment
    ///
    /// The command takes the place of this process: signals reach it, and its exit code is the result.
    Exec(ExecArgs),
    /// Write ids and tokens for other tools
    ///
    /// Goes to a pipe or a file. On a terminal, or where `CI` is set, standard output needs `--reveal`.
    Outputs(OutputsArgs),
    /// Verify, rebuild or seal the lock file, or rename the inventory
    #[command(subcommand)]
    Lock(LockCommand),
    /// Run a local server that behaves like the platform
    Sandbox(SandboxArgs),
}
