//! `connectorctl plan`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::{OutputFormat, SelectionArgs, duration, help};
use crate::error::Exit;

const EXITS: &[Exit] = &[
    Exit::Changes,
    Exit::Refused,
    Exit::Authentication,
    Exit::Lock,
];

#[derive(Debug, Args)]
#[command(after_long_help = help::after(EXITS, "connectorctl plan -f prod.yaml --detailed-exitcode"))]
pub struct PlanArgs {
    /// Output format
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: OutputFormat,

    /// Exit with 2 if there are changes
    ///
    /// With `--strict` also if an instance waits for a person to sign in.
    #[arg(long)]
    pub detailed_exitcode: bool,

    /// Compare with the lock file only
    ///
    /// Needs no platform, no credentials and no secrets. Secrets are not compared.
    #[arg(long, conflicts_with_all = ["sandbox", "url"])]
    pub offline: bool,

    /// Also write the plan as JSON to this file
    #[arg(long, value_name = "FILE")]
    pub result_file: Option<PathBuf>,

    /// Give up after this duration
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub deadline: Option<Duration>,

    #[command(flatten)]
    pub selection: SelectionArgs,
}
