//! `connectorctl sandbox`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

/// Run the embedded platform.
#[derive(Debug, Args)]
pub struct SandboxArgs {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,

    /// Keep the platform's state in this file; otherwise it is gone at the end
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,

    /// Answer an open question about the platform another way, such as q1=empty-array; may be repeated
    #[arg(long = "assume", alias = "reading", value_name = "QUESTION=ANSWER")]
    pub assumptions: Vec<String>,

    /// Fail on demand, such as 'POST /instances kind=cut-after-commit count=1'; may be repeated
    #[arg(long, value_name = "FAULT")]
    pub fault: Vec<String>,

    /// Delay every answer
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub latency: Option<Duration>,

    /// Make ids, tokens and secrets the same in every run
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,

    /// Listen on an address that other machines reach
    #[arg(long)]
    pub allow_non_loopback: bool,
}
