//! `connectorctl init`.

use std::path::PathBuf;

use clap::Args;

use super::help;

#[derive(Debug, Args)]
#[command(after_long_help = help::after(&[], "connectorctl init --connector jira-eu=jira --connector freshdeskv2"))]
pub struct InitArgs {
    /// Connector of an instance, such as `freshdeskv2`; repeatable
    ///
    /// With `KEY=CONNECTOR` the instance has this key; otherwise the key is the connector's.
    #[arg(long = "connector", value_name = "[KEY=]CONNECTOR")]
    pub connectors: Vec<String>,

    /// Name of the inventory [default: that of the folder]
    #[arg(long, value_name = "NAME")]
    pub inventory: Option<String>,

    /// Recipient who can open the tokens in the lock file, such as `age1…`; repeatable
    #[arg(long = "recipient", value_name = "RECIPIENT")]
    pub recipients: Vec<String>,

    /// Make yourself a recipient: create this age identity, or use it if it exists
    ///
    /// Without FILE it is the file that SOPS uses too, such as `~/.config/sops/age/keys.txt`. It is never
    /// created inside the repository. On a terminal `init` offers this.
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    pub identity: Option<Option<PathBuf>>,
}
