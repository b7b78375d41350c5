//! Options that every verb accepts.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, ColorChoice};

use super::{OutputFormat, duration, help};

#[derive(Debug, Args)]
#[command(next_help_heading = help::SELECTION)]
pub struct GlobalArgs {
    /// Manifest or folder; repeatable
    ///
    /// Of a folder, its `*.yaml`, `*.yml` and `*.json` files are read, but not `*.lock.json`. `-`
    /// stands for standard input.
    #[arg(
        short,
        long = "file",
        global = true,
        value_name = "PATH",
        default_value = "instances.yaml",
        display_order = 0
    )]
    pub files: Vec<PathBuf>,

    /// Lock file [default: beside the first manifest]
    ///
    /// Without it, `prod.yaml` has `prod.lock.json`.
    #[arg(long, global = true, value_name = "FILE", display_order = 1)]
    pub lock: Option<PathBuf>,

    /// Treat warnings about the manifest as errors
    #[arg(long, global = true, display_order = 100)]
    pub strict: bool,

    /// Allow `${exec:…}` references in the manifest to run commands
    #[arg(long, global = true, display_order = 101, hide_short_help = true)]
    pub allow_exec: bool,

    /// Never prompt; fail where confirmation is needed
    #[arg(long, global = true, display_order = 102, hide_short_help = true)]
    pub no_input: bool,

    #[command(flatten)]
    pub connection: ConnectionArgs,

    #[command(flatten)]
    pub output: OutputArgs,
}

/// Which platform, and how to reach it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connection")]
pub struct ConnectionArgs {
    /// Use the embedded sandbox; needs no account
    #[arg(long, global = true, conflicts_with = "url")]
    pub sandbox: bool,

    /// Base URL of the platform [env: CONNECTORCTL_URL]
    ///
    /// With or without `/elements/api-v2`.
    #[arg(long, global = true, value_name = "URL")]
    pub url: Option<String>,

    /// Also trust the certificates in this PEM file
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    pub ca_file: Option<PathBuf>,

    /// Allow plain HTTP to hosts other than this machine
    #[arg(long, global = true, hide_short_help = true)]
    pub allow_http: bool,

    /// Give up a list, a search or a read after this duration [default: 10m]
    #[arg(long, global = true, value_name = "TIME", value_parser = duration, hide_short_help = true)]
    pub read_timeout: Option<Duration>,

    /// Maximum number of pages of a list [default: 10000]
    #[arg(long, global = true, value_name = "N", hide_short_help = true)]
    pub read_pages: Option<usize>,

    /// Maximum size of a list in bytes [default: 2147483648]
    #[arg(long, global = true, value_name = "N", hide_short_help = true)]
    pub read_bytes: Option<u64>,
}

/// What is written to stderr, and in which colors.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output and logging")]
pub struct OutputArgs {
    /// Log more; twice to log every request
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,

    /// Print only errors on stderr
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Show all problems and notes of one kind, and unchanged values in a plan
    ///
    /// Otherwise the first 20 of a kind are shown, and the others are counted. JSON has all of them.
    #[arg(long, global = true, hide_short_help = true)]
    pub full: bool,

    /// Format of log lines on stderr
    ///
    /// With `json`, each line is one object.
    #[arg(
        long,
        global = true,
        value_name = "FORMAT",
        default_value = "text",
        hide_short_help = true
    )]
    pub log_format: OutputFormat,

    /// When to use color
    ///
    /// With `auto`, on a terminal; `NO_COLOR` and `CLICOLOR_FORCE` are respected.
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_short_help = true
    )]
    pub color: ColorChoice,
}
