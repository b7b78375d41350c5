//! Selection and guards, the same for `plan` and `apply`.

use clap::{Args, ValueEnum};

/// Selection and guards.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Selection and guards")]
pub struct SelectionArgs {
    /// Only these keys; * stands for any text; may be repeated
    #[arg(long, value_name = "KEY")]
    pub target: Vec<String>,

    /// All but these keys; * stands for any text; may be repeated
    #[arg(long, value_name = "KEY")]
    pub exclude: Vec<String>,

    /// Replace this instance: a new id and a new token; may be repeated
    #[arg(long, value_name = "KEY")]
    pub replace: Vec<String>,

    /// Delete what the manifest dropped, what only carries our marker, or second instances of a key
    #[arg(
        long,
        value_name = "WHAT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "removed",
        value_delimiter = ','
    )]
    pub prune: Vec<Prune>,

    /// Send secrets again, all or those of the keys given, whatever their fingerprints say
    #[arg(long, value_name = "KEY", num_args = 0..=1, require_equals = true, default_missing_value = "*")]
    pub resend_secrets: Vec<String>,

    /// Record the secrets as they are on the platform as the right ones, and send none
    #[arg(long, conflicts_with = "resend_secrets")]
    pub accept_secrets: bool,

    /// Create again what vanished, even where it is so much that other credentials are likelier
    #[arg(long)]
    pub recreate_vanished: bool,

    /// Refuse a plan with more updates, replaces, deletes and forgets than this
    #[arg(long, value_name = "N")]
    pub max_changes: Option<usize>,

    /// Refuse a plan with more deletes and replaces than this number or percentage [default: 10%, at least 1]
    #[arg(long, value_name = "N|N%")]
    pub max_deletes: Option<String>,
}

/// What `--prune` deletes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Prune {
    /// Instances of the lock file that the manifest dropped.
    Removed,
    /// Instances that carry our marker and are in neither manifest nor lock file.
    Orphans,
    /// Second instances with the marker of one key.
    Duplicates,
}
