//! `connectorctl import` and `connectorctl forget`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args};

use super::{OutputFormat, duration, help};
use crate::import::Selector;
use crate::model::{InstanceId, InstanceKey};

/// How a command that writes asks, reports and waits.
#[derive(Debug, Args)]
pub struct WriteArgs {
    /// Go ahead without asking
    #[arg(short, long, visible_alias = "auto-approve")]
    pub yes: bool,

    /// Output format
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: OutputFormat,

    /// Also write the result as JSON to this file
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,

    /// Number of instances to work on at once
    #[arg(long, value_name = "N", default_value = "10", hide_short_help = true, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub parallelism: u16,

    /// Start no new requests after this duration
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub deadline: Option<Duration>,

    /// Time to wait for the lock of another apply
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = duration)]
    pub lock_timeout: Duration,
}

#[derive(Debug, Args)]
#[command(after_long_help = help::after(help::WRITING, "connectorctl import --select element=freshdeskv2 --select tag=production"))]
#[command(group = ArgGroup::new("what").required(true).args(["all", "select", "key"]))]
pub struct ImportArgs {
    /// Key for one instance
    #[arg(requires = "id", value_parser = key)]
    pub key: Option<InstanceKey>,

    /// Id of that instance on the platform
    #[arg(requires = "key", value_parser = id)]
    pub id: Option<InstanceId>,

    /// Every instance that no inventory has
    #[arg(long)]
    pub all: bool,

    /// Those with `element=KEY`, `name=PATTERN` or `tag=PATTERN`; repeatable
    ///
    /// `*` matches any text. Of several selectors of one kind, one has to match; of different kinds, each.
    #[arg(long, value_name = "KIND=PATTERN")]
    pub select: Vec<Selector>,

    /// Manifest that gets the instances, if there are several
    #[arg(long, value_name = "FILE")]
    pub into: Option<PathBuf>,

    /// Name of the inventory of a new manifest [default: that of the folder]
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub inventory: Option<String>,

    /// Record the platform's secrets as those that the references have
    ///
    /// The variables have to be set. Without it, the next apply sends each secret once, unless it is given
    /// `--accept-secrets`.
    #[arg(long)]
    pub accept_secrets: bool,

    #[command(flatten)]
    pub write: WriteArgs,
}

#[derive(Debug, Args)]
#[command(after_long_help = help::after(help::WRITING, "connectorctl forget freshdesk-support"))]
pub struct ForgetArgs {
    /// Key of an instance that the manifest does not declare any more
    #[arg(required = true, value_name = "KEY", value_parser = key)]
    pub keys: Vec<InstanceKey>,

    /// Also forget instances that are protected
    #[arg(long)]
    pub protected: bool,

    #[command(flatten)]
    pub write: WriteArgs,
}

fn key(text: &str) -> Result<InstanceKey, String> {
    InstanceKey::new(text).map_err(|error| error.to_string())
}

fn id(text: &str) -> Result<InstanceId, String> {
    let id = text.parse().map(InstanceId);
    id.map_err(|_| "expected the number of an instance, such as `12345`".to_owned())
}
