//! `connectorctl sandbox`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::{duration, help};

#[derive(Debug, Args)]
#[command(after_long_help = help::after(&[], "connectorctl sandbox --listen 127.0.0.1:8080 --state sandbox.json"))]
pub struct SandboxArgs {
    /// Address to listen on; port 0 picks a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,

    /// Save the state in this file [default: not saved]
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,

    /// Assume an answer to an open question; repeatable
    ///
    /// For example `q1=empty-array`. The questions are those that the platform's documentation leaves
    /// open.
    #[arg(long = "assume", alias = "reading", value_name = "Q=ANSWER")]
    pub assumptions: Vec<String>,

    /// Inject a fault; repeatable
    ///
    /// For example `POST /instances kind=cut-after-commit count=1`.
    #[arg(long, value_name = "FAULT")]
    pub fault: Vec<String>,

    /// Delay every response
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub latency: Option<Duration>,

    /// Generate the same ids, tokens and secrets in every run
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,

    /// Answer requests for this host name; repeatable
    ///
    /// Addresses and `localhost` are always allowed.
    #[arg(long, value_name = "HOST")]
    pub allow_host: Vec<String>,

    /// Allow an address that other machines can reach
    #[arg(long)]
    pub allow_non_loopback: bool,
}
