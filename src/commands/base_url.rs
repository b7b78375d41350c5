//! The address of the platform, and whether account secrets may go there.

use super::context::Context;
use crate::error::{CliError, Exit};
use crate::model::Desired;
use crate::remote::Address;

const URL: &str = "CONNECTORCTL_URL";

/// `--url`, else `CONNECTORCTL_URL`, else `api.url` of the manifest. Who can change the manifest, as with a pull
/// request, must not learn the account secrets: it names only hosts of the platform itself.
pub(super) fn base_url(context: &Context, desired: &Desired) -> Result<Address, CliError> {
    let connection = &context.global.connection;
    let given = match &connection.url {
        Some(url) => Some(url.clone()),
        None => context.environment.setting(URL)?,
    };
    if let Some(url) = given {
        return address(&url, connection.allow_http);
    }
    let url = desired.api.url.as_ref().ok_or_else(|| {
        CliError::usage("no platform URL is set")
            .hint(format!(
                "set `{URL}`, pass `--url`, or add `api: {{ url: … }}` to the manifest"
            ))
            .hint("pass `--sandbox` to try the manifest without an account")
    })?;
    let address = address(url, connection.allow_http)?;
    if address.is_known() {
        return Ok(address);
    }
    let summary = format!(
        "account secrets are sent only to known hosts of the platform, and `api.url` names `{url}`; nothing was sent"
    );
    let hint = format!("if the host is right, set `{URL}` in the pipeline, or pass `--url`");
    Err(CliError::usage(summary).hint(hint))
}

pub(super) fn address(url: &str, allow_http: bool) -> Result<Address, CliError> {
    let hint =
        "use the host of the API, such as `https://api.openconnectors.us2.ext.hana.ondemand.com`";
    Address::parse(url, allow_http)
        .map_err(|error| CliError::caused_by(Exit::Usage, "invalid base URL", error).hint(hint))
}
