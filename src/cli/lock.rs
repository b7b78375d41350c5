//! `connectorctl lock …`.

use std::path::PathBuf;
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
const GIT_EXITS: &[Exit] = &[Exit::Lock];
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
    /// Merge two versions of the lock file, as git's merge driver
    ///
    /// Writes the result into OURS. Exits with 1 if it has conflicts, as git expects.
    #[command(after_long_help = help::after(GIT_EXITS, "connectorctl lock merge --install -f prod.yaml"))]
    Merge(MergeArgs),
    /// Take one side of the conflicts that a merge left in the lock file
    #[command(after_long_help = help::after(SEAL_EXITS, "connectorctl lock resolve support-crm --ours"))]
    Resolve(ResolveArgs),
    /// Show what differs between two versions of the lock file, without any secret
    ///
    /// With one file: its content as text, for git's `textconv`.
    #[command(after_long_help = help::after(GIT_EXITS, "connectorctl lock diff old.lock.json instances.lock.json"))]
    Diff {
        /// The file, or the older one of two
        #[arg(value_name = "OLD")]
        old: PathBuf,
        /// The newer one
        #[arg(value_name = "NEW")]
        new: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub struct MergeArgs {
    /// The common ancestor; an empty file if there is none
    #[arg(
        value_name = "BASE",
        required_unless_present = "install",
        requires = "theirs"
    )]
    pub base: Option<PathBuf>,
    /// One side; it gets the result
    #[arg(value_name = "OURS")]
    pub ours: Option<PathBuf>,
    /// The other side
    #[arg(value_name = "THEIRS")]
    pub theirs: Option<PathBuf>,
    /// The path in the repository, for messages
    #[arg(value_name = "PATH")]
    pub path: Option<PathBuf>,
    /// Write the line of `.gitattributes`, and print the commands that set up git
    #[arg(long, conflicts_with = "base")]
    pub install: bool,
}

#[derive(Debug, Args)]
pub struct ResolveArgs {
    /// The keys
    #[arg(value_name = "KEY", required_unless_present = "all")]
    pub keys: Vec<String>,
    /// All conflicts
    #[arg(long, conflicts_with = "keys")]
    pub all: bool,
    /// Take what git calls ours; in a rebase, the branch that it goes onto
    #[arg(long, required_unless_present = "theirs", conflicts_with = "theirs")]
    pub ours: bool,
    /// Take what git calls theirs; in a rebase, the commit that is applied
    #[arg(long)]
    pub theirs: bool,
    /// Time to wait for the lock of another apply
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = duration)]
    pub lock_timeout: Duration,
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
