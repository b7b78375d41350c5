//! The platform a command talks to: a real one, or the embedded one.

#![expect(
    clippy::disallowed_methods,
    reason = "reads the certificates that --ca-file names"
)]

use std::sync::Arc;

use super::{Context, SystemClock};
use crate::error::{CliError, Exit};
use crate::lockfile::LockPaths;
use crate::model::{Desired, Secret};
use crate::remote::{Address, Credentials, HttpTransport, RemoteReader, Settings};
use crate::sandbox;

const URL: &str = "CONNECTORCTL_URL";
const USER: &str = "CONNECTORCTL_USER_SECRET";
const ORGANIZATION: &str = "CONNECTORCTL_ORGANIZATION_SECRET";
/// What a lock file records for the embedded platform, whatever its port.
const SANDBOX_URL: &str = "sandbox:";

/// Whether what happens on the embedded platform outlives the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Nothing is written: a sandbox that is not there yet lives as long as the command.
    Read,
    /// It is kept.
    Write,
}

/// A platform, ready to be asked.
pub(super) struct Connection {
    pub(super) reader: RemoteReader,
    /// What the lock file records.
    pub(super) url: String,
    pub(super) user: Secret,
    pub(super) organization: Secret,
    pub(super) is_sandbox: bool,
    /// Stops with the command.
    pub(super) sandbox: Option<sandbox::Running>,
}

/// Finds out which platform is meant, and sets up the way to it. Nothing is sent yet.
pub(super) async fn connect(
    context: &Context,
    desired: &Desired,
    paths: &LockPaths,
    purpose: Purpose,
    settings: Settings,
) -> Result<Connection, CliError> {
    if context.global.sandbox {
        return embedded(desired, paths, purpose, settings).await;
    }
    let from_environment = context.environment.setting(URL)?;
    let url = context
        .global
        .url
        .clone()
        .or(from_environment)
        .or_else(|| desired.api.url.clone())
        .ok_or_else(|| {
            CliError::usage("no platform is named")
                .hint(format!(
                    "set {URL}, pass --url, or write `api: {{ url: … }}` into the manifest"
                ))
                .hint("to try the manifest without an account, pass --sandbox")
        })?;
    let address = address(&url, context.global.allow_http)?;
    let secret = |name: &'static str| {
        context.environment.secret(name)?.ok_or_else(|| {
            CliError::usage(format!("{name} is not set")).hint(format!(
                "set {name} or {name}_FILE; to try the manifest without an account, pass --sandbox"
            ))
        })
    };
    let (user, organization) = (secret(USER)?, secret(ORGANIZATION)?);
    let certificates = match &context.global.ca_file {
        None => None,
        Some(path) => Some(std::fs::read(path).map_err(|error| {
            CliError::usage(format!("cannot read --ca-file {}", path.display())).because(&error)
        })?),
    };
    let url = address.as_str().to_owned();
    let reader = reader(
        address,
        &user,
        &organization,
        certificates.as_deref(),
        settings,
    )?;
    Ok(Connection {
        reader,
        url,
        user,
        organization,
        is_sandbox: false,
        sandbox: None,
    })
}

async fn embedded(
    desired: &Desired,
    paths: &LockPaths,
    purpose: Purpose,
    settings: Settings,
) -> Result<Connection, CliError> {
    let file = paths.sandbox_state(desired.inventory.as_str());
    let kept = purpose == Purpose::Write || file.exists();
    let options = sandbox::SandboxOptions {
        state: kept.then_some(file),
        ..sandbox::SandboxOptions::default()
    };
    let running = sandbox::start(options)
        .await
        .map_err(|error| sandbox_failed(&error))?;
    let user = Secret::new(running.user_secret());
    let organization = Secret::new(running.organization_secret());
    let address = address(&running.url(), false)?;
    Ok(Connection {
        reader: reader(address, &user, &organization, None, settings)?,
        url: SANDBOX_URL.to_owned(),
        user,
        organization,
        is_sandbox: true,
        sandbox: Some(running),
    })
}

/// A sandbox that does not start.
pub(super) fn sandbox_failed(error: &sandbox::SandboxError) -> CliError {
    let failed = CliError::new(Exit::Failed, error.to_string());
    match std::error::Error::source(error) {
        Some(source) => failed.because(source),
        None => failed,
    }
}

fn address(url: &str, allow_http: bool) -> Result<Address, CliError> {
    Address::parse(url, allow_http).map_err(|error| {
        CliError::usage("the base URL of the platform cannot be used")
            .because(&error)
            .hint("it is the host of the API, such as https://api.openconnectors.us2.ext.hana.ondemand.com")
    })
}

fn reader(
    address: Address,
    user: &Secret,
    organization: &Secret,
    certificates: Option<&[u8]>,
    settings: Settings,
) -> Result<RemoteReader, CliError> {
    let transport = HttpTransport::new(certificates, address.is_loopback())
        .map_err(|error| CliError::usage("cannot set up the connection").because(&error))?;
    let credentials = Credentials {
        user: user.clone(),
        organization: organization.clone(),
    };
    RemoteReader::new(
        address,
        &credentials,
        Arc::new(transport),
        Arc::new(SystemClock),
        settings,
    )
    .map_err(|error| CliError::usage("the credentials cannot be used").because(&error))
}
