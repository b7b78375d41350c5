//! `connectorctl drift`.

use std::time::Duration;

use clap::Args;

use super::{KeyArgs, OutputFormat, duration, help};
use crate::error::Exit;

const EXITS: &[Exit] = &[Exit::Changes, Exit::Authentication, Exit::Lock];

#[derive(Debug, Args)]
#[command(after_long_help = help::after(EXITS, "connectorctl drift -o json"))]
pub struct DriftArgs {
    /// Output format
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: OutputFormat,

    /// Give up after this duration
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub deadline: Option<Duration>,

    #[command(flatten)]
    pub keys: KeyArgs,
}
