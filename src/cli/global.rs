//! Options that every verb accepts.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum};

use super::help::{CONNECTION, OUTPUT, SELECTION};

/// Options that every verb accepts.
#[derive(Debug, Args)]
#[command(next_help_heading = SELECTION)]
pub struct GlobalArgs {
    /// Manifest, or a folder of manifests; repeatable
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

    /// Never ask; fail if a question would be needed
    #[arg(long, global = true, display_order = 102, hide_short_help = true)]
    pub no_input: bool,

    /// Use the embedded sandbox; needs no account
    #[arg(long, global = true, conflicts_with = "url", help_heading = CONNECTION)]
    pub sandbox: bool,

    /// Base URL of the platform [env: CONNECTORCTL_URL]
    ///
    /// With or without `/elements/api-v2`.
    #[arg(long, global = true, value_name = "URL", help_heading = CONNECTION)]
    pub url: Option<String>,

    /// Also trust the certificates in this PEM file
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help_heading = CONNECTION,
        hide_short_help = true
    )]
    pub ca_file: Option<PathBuf>,

    /// Allow plain http to hosts other than this machine
    #[arg(
        long,
        global = true,
        help_heading = CONNECTION,
        hide_short_help = true
    )]
    pub allow_http: bool,

    /// Log more; twice to log every request
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = OUTPUT)]
    pub verbose: u8,

    /// Print only errors on stderr
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "verbose",
        help_heading = OUTPUT
    )]
    pub quiet: bool,

    /// Format of log lines on stderr
    #[arg(
        long,
        global = true,
        value_name = "FORMAT",
        default_value = "text",
        help_heading = OUTPUT,
        hide_short_help = true
    )]
    pub log_format: LogFormat,

    /// When to use color
    ///
    /// With `auto`, `NO_COLOR` and `CLICOLOR_FORCE` are respected.
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        help_heading = OUTPUT,
        hide_short_help = true
    )]
    pub color: Color,
}

/// Format of the log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Text for people
    Text,
    /// One JSON object per line
    Json,
}

/// When to use color.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}
