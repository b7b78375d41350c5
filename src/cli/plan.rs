//! `connectorctl plan`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::SelectionArgs;

/// Show what apply would do.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// Form of the result on stdout
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: PlanFormat,

    /// Exit 2 where there is something to do
    #[arg(long)]
    pub detailed_exitcode: bool,

    /// Compare with the lock file only: no platform, no credentials, no secrets
    #[arg(long, conflicts_with_all = ["sandbox", "url"])]
    pub offline: bool,

    /// Show unchanged values too
    #[arg(long)]
    pub full: bool,

    /// Write the JSON form of the result to this file too
    #[arg(long, value_name = "FILE")]
    pub result_file: Option<PathBuf>,

    /// Selection and guards.
    #[command(flatten)]
    pub selection: SelectionArgs,
}

/// Form of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PlanFormat {
    /// For people.
    Text,
    /// One JSON object.
    Json,
}
