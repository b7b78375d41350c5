//! Selection and guards, the same for `plan` and `apply`.

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};

use super::help;
use crate::model::{Limit, Prune};

/// Which instances.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = help::SELECTION)]
pub struct KeyArgs {
    /// Only these keys; `*` matches any text; repeatable
    #[arg(long, value_name = "KEY")]
    pub target: Vec<String>,

    /// All keys but these; `*` matches any text; repeatable
    #[arg(long, value_name = "KEY")]
    pub exclude: Vec<String>,
}

#[derive(Debug, Default, Args)]
#[command(next_help_heading = help::SELECTION)]
pub struct SelectionArgs {
    #[command(flatten)]
    pub keys: KeyArgs,

    /// Replace this instance; repeatable
    ///
    /// A new instance is created, with a new id and a new token, before the old one is deleted.
    #[arg(long, value_name = "KEY")]
    pub replace: Vec<String>,

    /// Delete instances that are no longer declared
    ///
    /// Without a value: `removed`. Several values are separated by commas.
    #[arg(
        long,
        value_name = "WHAT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "removed",
        value_delimiter = ',',
    )]
    pub prune: Vec<Prune>,

    /// Send secrets again even if they are unchanged
    ///
    /// Without a value: the secrets of all instances.
    #[arg(
        long,
        value_name = "KEY",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "*",
        hide_short_help = true
    )]
    pub resend_secrets: Vec<String>,

    /// Record the secrets as correct without sending them
    #[arg(long, conflicts_with = "resend_secrets", hide_short_help = true)]
    pub accept_secrets: bool,

    /// Recreate missing instances, even if so many are missing that wrong credentials are more likely
    #[arg(long, hide_short_help = true)]
    pub recreate_vanished: bool,

    /// Treat this instance as absent if neither the list nor a search proves it; repeatable
    ///
    /// Look for its marker on the platform first: if the instance exists, a second one is created.
    #[arg(long, value_name = "KEY", hide_short_help = true)]
    pub assume_absent: Vec<String>,

    /// Maximum number of updates, replaces, deletes and forgets
    ///
    /// A plan that exceeds it is refused.
    #[arg(long, value_name = "N", hide_short_help = true)]
    pub max_changes: Option<usize>,

    /// Maximum number of deletes and replaces [default: 10%]
    ///
    /// A plan that exceeds it is refused. A number, or a percentage of the instances in the lock file. The
    /// default is 10%, but at least 1.
    #[arg(long, value_name = "N|N%")]
    pub max_deletes: Option<Limit>,
}

impl ValueEnum for Prune {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Removed, Self::Orphans, Self::Duplicates]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (name, help) = match self {
            Self::Removed => (
                "removed",
                "Instances in the lock file that are no longer declared",
            ),
            Self::Orphans => (
                "orphans",
                "Instances with this inventory's marker that are in neither the manifest nor the lock file",
            ),
            Self::Duplicates => (
                "duplicates",
                "All but one of the instances that share a key's marker",
            ),
        };
        Some(PossibleValue::new(name).help(help))
    }
}
