//! `connectorctl apply`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::SelectionArgs;

/// Create what is missing and bring the rest in line.
#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// Do not ask
    #[arg(short, long, visible_alias = "auto-approve")]
    pub yes: bool,

    /// Form of the result on stdout
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: ApplyFormat,

    /// How many instances to work on at once
    #[arg(long, value_name = "N", default_value = "10", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub parallelism: u16,

    /// How long a create that was cut off may still take effect [default: 200s] [env: CONNECTORCTL_SETTLE]
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub settle: Option<Duration>,

    /// Wait one settle window before the first create: for a runner that was killed and lost its journal
    #[arg(long)]
    pub settle_first: bool,

    /// Start no new request after this time
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub deadline: Option<Duration>,

    /// How long to wait for another apply to release the lock
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = humantime::parse_duration)]
    pub lock_timeout: Duration,

    /// Write the outcome of every step to this file, also when the run fails
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,

    /// Selection and guards.
    #[command(flatten)]
    pub selection: SelectionArgs,
}

/// Form of an apply's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ApplyFormat {
    /// For people.
    Text,
    /// One JSON object.
    Json,
}
