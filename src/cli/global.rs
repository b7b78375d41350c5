//! Options of every verb.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum};

/// Options of every verb.
#[derive(Debug, Args)]
pub struct GlobalArgs {
    /// Manifest: a file, or a directory of *.yaml, *.yml and *.json files; may be repeated
    #[arg(
        short,
        long = "file",
        global = true,
        value_name = "PATH",
        default_value = "instances.yaml"
    )]
    pub files: Vec<PathBuf>,

    /// Lock file; otherwise beside the first manifest: prod.yaml has prod.lock.json
    #[arg(long, global = true, value_name = "FILE")]
    pub lock: Option<PathBuf>,

    /// Use the embedded platform instead of a real one; needs no account and no secret
    #[arg(long, global = true, conflicts_with = "url")]
    pub sandbox: bool,

    /// Base URL of the platform, with or without /elements/api-v2 [env: CONNECTORCTL_URL]
    #[arg(long, global = true, value_name = "URL")]
    pub url: Option<String>,

    /// Trust the certificates in this PEM file too
    #[arg(long, global = true, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,

    /// Allow plain http to a host that is not this machine
    #[arg(long, global = true)]
    pub allow_http: bool,

    /// Allow ${exec:…} references in the manifest to run commands
    #[arg(long, global = true)]
    pub allow_exec: bool,

    /// Make every warning about the manifest an error
    #[arg(long, global = true)]
    pub strict: bool,

    /// Say more on stderr; twice for every request
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,

    /// Say only errors on stderr
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Form of the log lines on stderr
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,

    /// When to use colour; NO_COLOR and CLICOLOR_FORCE are obeyed
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Color,

    /// Never ask; fail where a question would be needed
    #[arg(long, global = true)]
    pub no_input: bool,
}

/// Form of the log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}
