//! The verbs that read the lock file for those who call the connectors: `token`, `exec`, `outputs`,
//! `list` and `show`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{KeyArgs, OutputFormat, duration, help};
use crate::error::Exit;
use crate::outputs::Prefix;

const EXITS: &[Exit] = &[Exit::Lock];

/// What variables hold, and how they are named.
#[derive(Debug, Args)]
pub struct VariableArgs {
    /// What the name of every variable starts with
    ///
    /// For the key `jira-eu`: `CONNECTOR_JIRA_EU_ID` and `CONNECTOR_JIRA_EU_TOKEN`.
    #[arg(long, value_name = "PREFIX", default_value = "CONNECTOR_")]
    pub prefix: Prefix,

    /// Also hand out the value of the `Authorization` header of each instance
    ///
    /// `User …, Organization …, Element …`, in `CONNECTOR_<KEY>_AUTHORIZATION`. Needs
    /// `CONNECTORCTL_USER_SECRET` and `CONNECTORCTL_ORGANIZATION_SECRET`.
    #[arg(long)]
    pub header: bool,
}

#[derive(Debug, Args)]
#[command(after_long_help = help::after(EXITS, "connectorctl token jira-eu --header"))]
pub struct TokenArgs {
    /// Key of the instance
    #[arg(value_name = "KEY")]
    pub key: String,

    /// Print the whole header that API calls need
    ///
    /// `Authorization: User …, Organization …, Element …`, where the token of the instance stands after
    /// `Element`. Needs `CONNECTORCTL_USER_SECRET` and `CONNECTORCTL_ORGANIZATION_SECRET`.
    #[arg(long)]
    pub header: bool,

    /// Print it even to a terminal, or into the log of a pipeline
    #[arg(long)]
    pub reveal: bool,
}

#[derive(Debug, Args)]
#[command(after_long_help = help::after(EXITS, "connectorctl exec --target jira-* -- ./sync.sh"))]
pub struct ExecArgs {
    #[command(flatten)]
    pub variables: VariableArgs,

    /// Command with its arguments; its exit code is the one of `exec`
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,

    #[command(flatten)]
    pub keys: KeyArgs,
}

/// What `outputs` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OutputsFormat {
    /// `NAME=value` lines
    Dotenv,
    /// One JSON object
    Json,
    /// Variables of the later steps of a GitHub job, masked
    GithubEnv,
    /// Outputs of a step of a GitHub job, masked
    GithubOutput,
    /// Manifest of a Kubernetes Secret
    Kubernetes,
    /// What `--template` says
    Template,
}

#[derive(Debug, Args)]
#[command(after_long_help = help::after(EXITS, "connectorctl outputs --format dotenv --out .env"))]
pub struct OutputsArgs {
    /// Format of the result
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "dotenv",
        default_value_if("template", clap::builder::ArgPredicate::IsPresent, "template")
    )]
    pub format: OutputsFormat,

    /// Template in the syntax of Jinja
    #[arg(long, value_name = "FILE", required_if_eq("format", "template"))]
    pub template: Option<PathBuf>,

    /// Write to this file, which only its owner can read [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,

    #[command(flatten)]
    pub variables: VariableArgs,

    /// Name of the Kubernetes Secret [default: `connectors-` and the inventory]
    #[arg(long, value_name = "NAME")]
    pub secret_name: Option<String>,

    /// Print it even to a terminal, or into the log of a pipeline
    #[arg(long)]
    pub reveal: bool,

    #[command(flatten)]
    pub keys: KeyArgs,
}

/// How `list` writes its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// Aligned columns
    Table,
    /// One JSON object
    Json,
    /// Comma-separated values, with a row of names
    Csv,
}

#[derive(Debug, Args)]
#[command(after_long_help = help::after(&[Exit::Authentication, Exit::Lock], "connectorctl list --health -o csv"))]
pub struct ListArgs {
    /// Output format
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub output: ListFormat,

    /// Ask the platform for the state of each instance
    ///
    /// Otherwise it is as last seen.
    #[arg(long)]
    pub health: bool,

    /// With `--health`, give up after this duration
    #[arg(long, value_name = "TIME", value_parser = duration, requires = "health")]
    pub deadline: Option<Duration>,

    #[command(flatten)]
    pub keys: KeyArgs,
}

#[derive(Debug, Args)]
#[command(after_long_help = help::after(EXITS, "connectorctl show jira-eu -o json"))]
pub struct ShowArgs {
    /// Key of the instance
    #[arg(value_name = "KEY")]
    pub key: String,

    /// Output format
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: OutputFormat,
}
