//! `connectorctl apply`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::{OutputFormat, SelectionArgs, duration, help};

#[derive(Debug, Args)]
#[command(after_long_help = help::after(help::WRITING, "connectorctl apply -f prod.yaml --yes --report report.json"))]
pub struct ApplyArgs {
    /// Apply without asking
    #[arg(short, long, visible_alias = "auto-approve")]
    pub yes: bool,

    /// Output format
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: OutputFormat,

    /// Also write the result as JSON to this file
    ///
    /// It holds the outcome of every step, and is written even if the run fails or is interrupted.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,

    /// Number of instances to work on at once
    #[arg(long, value_name = "N", default_value = "10", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub parallelism: u16,

    /// Start no new requests after this duration
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub deadline: Option<Duration>,

    /// Time to wait for the lock of another apply
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = duration)]
    pub lock_timeout: Duration,

    /// Settle window [default: 200s] [env: CONNECTORCTL_SETTLE]
    ///
    /// How long a create whose connection was cut may still take effect. Until then `apply` searches
    /// for the instance and does not create it again.
    #[arg(long, value_name = "TIME", value_parser = duration, hide_short_help = true)]
    pub settle: Option<Duration>,

    /// Wait one settle window before the first create
    ///
    /// Use it if the last runner may have been killed and its `.connectorctl` folder is lost.
    #[arg(long, hide_short_help = true)]
    pub settle_first: bool,

    #[command(flatten)]
    pub selection: SelectionArgs,
}
