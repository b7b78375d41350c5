//! `connectorctl lock …`.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::{duration, help};
use crate::error::Exit;

const VERIFY_EXITS: &[Exit] = &[
    Exit::Changes,
    Exit::Refused,
    Exit::Authentication,
    Exit::Lock,
];
const REBUILD_EXITS: &[Exit] = &[Exit::Stale, Exit::Authentication, Exit::Lock];
const SEAL_EXITS: &[Exit] = &[Exit::Stale, Exit::Lock];
const DECRYPT_EXITS: &[Exit] = &[Exit::Refused, Exit::Stale, Exit::Lock];

#[derive(Debug, Subcommand)]
pub enum LockCommand {
    /// Compare the lock file with the platform; exit with 2 if they differ
    #[command(after_long_help = help::after(VERIFY_EXITS, "connectorctl lock verify -f prod.yaml"))]
    Verify {
        /// Give up after this duration
        #[arg(long, value_name = "TIME", value_parser = duration)]
        deadline: Option<Duration>,
    },
    /// Rebuild the lock file from the instances with this inventory's marker
    ///
    /// Writes only the lock file, nothing on the platform.
    #[command(after_long_help = help::after(REBUILD_EXITS, "connectorctl lock rebuild -f prod.yaml --yes"))]
    Rebuild {
        /// Rebuild without asking
        #[arg(short, long)]
        yes: bool,
        /// Time to wait for the lock of another apply
        #[arg(long, value_name = "TIME", default_value = "0s", value_parser = duration)]
        lock_timeout: Duration,
        /// Give up after this duration
        #[arg(long, value_name = "TIME", value_parser = duration)]
        deadline: Option<Duration>,
    },
    /// Rename the inventory: its markers on the platform, and the lock file
    ///
    /// The manifest must have the new name already. Ids and tokens stay. Run it again if it did not end.
    #[command(after_long_help = help::after(help::WRITING, "connectorctl lock move --to acme-support"))]
    Move(MoveArgs),
    /// Seal every plain token of the lock file for the recipients of the manifest
    ///
    /// Needs no identity. The next apply does the same.
    #[command(after_long_help = help::after(SEAL_EXITS, "connectorctl lock encrypt -f prod.yaml"))]
    Encrypt {
        /// Time to wait for the lock of another apply
        #[arg(long, value_name = "TIME", default_value = "0s", value_parser = duration)]
        lock_timeout: Duration,
    },
    /// Record the tokens of the lock file as plain text again
    ///
    /// Needs the age identity of a recipient, as `token` does.
    #[command(after_long_help = help::after(DECRYPT_EXITS, "connectorctl lock decrypt -f prod.yaml"))]
    Decrypt(DecryptArgs),
    /// Seal every token with a new data key for the recipients of the manifest
    ///
    /// Needs the age identity of a recipient, as `token` does. Run it after a change of the recipients.
    #[command(after_long_help = help::after(SEAL_EXITS, "connectorctl lock rekey -f prod.yaml"))]
    Rekey {
        /// Time to wait for the lock of another apply
        #[arg(long, value_name = "TIME", default_value = "0s", value_parser = duration)]
        lock_timeout: Duration,
    },
}

#[derive(Debug, Args)]
pub struct MoveArgs {
    /// The new name, as in the manifest
    #[arg(long, value_name = "INVENTORY")]
    pub to: String,
    /// Rename without asking
    #[arg(short, long)]
    pub yes: bool,
    /// Time to wait for the lock of another apply
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = duration)]
    pub lock_timeout: Duration,
    /// Start no request after this duration
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub deadline: Option<Duration>,
}

#[derive(Debug, Args)]
pub struct DecryptArgs {
    /// Decrypt without asking
    #[arg(short, long)]
    pub yes: bool,
    /// Allow it in a pipeline, where `CI` is set
    #[arg(long)]
    pub in_pipeline: bool,
    /// Time to wait for the lock of another apply
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = duration)]
    pub lock_timeout: Duration,
}
