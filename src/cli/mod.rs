//! The command line as clap definitions: verbs, flags and their documentation.
//!
//! Must not: do anything. Help texts are what `--help` and `docs/cli.md` show.

mod apply;
mod global;
mod lock;
mod plan;
mod sandbox;
mod select;

use clap::{Parser, Subcommand};

pub use apply::{ApplyArgs, ApplyFormat};
pub use global::{Color, GlobalArgs, LogFormat};
pub use lock::{LockArgs, LockCommand};
pub use plan::{PlanArgs, PlanFormat};
pub use sandbox::SandboxArgs;
pub use select::{Prune, SelectionArgs};

/// Keep SAP Open Connectors instances as a file in your repository
#[derive(Debug, Parser)]
#[command(
    name = "connectorctl",
    version,
    propagate_version = true,
    max_term_width = 100
)]
#[command(after_help = "Credentials come from CONNECTORCTL_USER_SECRET and \
    CONNECTORCTL_ORGANIZATION_SECRET, or from the files named by the same variables with _FILE \
    appended. Try everything without an account: --sandbox.")]
pub struct Cli {
    /// Options of every verb.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what apply would do; writes nothing, anywhere
    Plan(PlanArgs),
    /// Create what is missing, bring the rest in line, and write the lock file
    Apply(ApplyArgs),
    /// Check the manifest without a network, a secret or a lock file
    Validate,
    /// Verify the lock file against the platform, or rebuild it from there
    Lock(LockArgs),
    /// Run the embedded platform on a port of this machine
    Sandbox(SandboxArgs),
}
