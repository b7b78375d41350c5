//! `connectorctl lock …`.

use std::time::Duration;

use clap::{Args, Subcommand};

/// Work on the lock file.
#[derive(Debug, Args)]
pub struct LockArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub command: LockCommand,
}

/// The verbs below `lock`.
#[derive(Debug, Subcommand)]
pub enum LockCommand {
    /// Compare the lock file with the platform; exit 2 where they differ
    Verify,
    /// Write the lock file anew from the instances that carry our marker; writes nothing to the platform
    Rebuild {
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
        /// How long to wait for another apply to release the lock
        #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = humantime::parse_duration)]
        lock_timeout: Duration,
    },
}
