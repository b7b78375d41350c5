//! The command line as clap definitions: verbs, options and their help.
//!
//! Must not: do anything but parse.

mod apply;
mod duration;
mod global;
mod help;
mod lock;
mod output;
mod plan;
mod sandbox;
mod select;

use clap::{Parser, Subcommand};

pub(crate) use apply::ApplyArgs;
pub(crate) use duration::duration;
pub(crate) use global::{Color, GlobalArgs, LogFormat};
pub(crate) use lock::{LockArgs, LockCommand};
pub(crate) use output::OutputFormat;
pub(crate) use plan::PlanArgs;
pub(crate) use sandbox::SandboxArgs;
pub(crate) use select::SelectionArgs;

/// Manage SAP Open Connectors instances as a file in your repository
#[derive(Debug, Parser)]
#[command(
    name = "connectorctl",
    version,
    propagate_version = true,
    max_term_width = 100,
    after_help = "Credentials: CONNECTORCTL_USER_SECRET and CONNECTORCTL_ORGANIZATION_SECRET, or \
        the same names with _FILE appended for files that hold them. To try it without an account, \
        pass --sandbox."
)]
pub struct Cli {
    #[command(flatten)]
    pub global: GlobalArgs,
    #[command(subcommand)]
    pub command: Command,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what `apply` would do, without writing anything
    Plan(PlanArgs),
    /// Change the platform to match the manifest, and write the lock file
    Apply(ApplyArgs),
    /// Check the manifest; needs no network, secrets or lock file
    #[command(after_long_help = help::after(&[], "connectorctl validate -f prod.yaml --strict"))]
    Validate,
    /// Compare the lock file with the platform, or rebuild it
    Lock(LockArgs),
    /// Run a local server that behaves like the platform
    Sandbox(SandboxArgs),
}
