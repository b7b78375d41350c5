//! An address and credentials as a client of the platform.

use std::sync::Arc;

use super::clock::SystemClock;
use crate::error::{CliError, Exit};
use crate::remote::{Address, Credentials, HttpTransport, RemoteReader, Settings};
use crate::session::Identity;

pub(super) fn address(url: &str, allow_http: bool) -> Result<Address, CliError> {
    Address::parse(url, allow_http).map_err(|error| {
        CliError::caused_by(
            Exit::Usage,
            "invalid base URL",
            error,
        )
        .hint(
            "use the host of the API, such as `https://api.openconnectors.us2.ext.hana.ondemand.com`",
        )
    })
}

pub(super) fn reader(
    address: Address,
    identity: &Identity,
    certificates: Option<&[u8]>,
    settings: Settings,
) -> Result<RemoteReader, CliError> {
    let transport = HttpTransport::new(certificates, address.is_loopback()).map_err(|error| {
        let hint = error.hint();
        let error = CliError::caused_by(Exit::Usage, "cannot set up the connection", error);
        hint.into_iter().fold(error, CliError::hint)
    })?;
    let credentials = Credentials {
        user: identity.user.clone(),
        organization: identity.organization.clone(),
    };
    RemoteReader::new(
        address,
        &credentials,
        Arc::new(transport),
        Arc::new(SystemClock),
        settings,
    )
    .map_err(|error| CliError::caused_by(Exit::Usage, "invalid credentials", error))
}
