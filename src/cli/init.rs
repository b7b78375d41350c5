//! `connectorctl init`.

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
}
