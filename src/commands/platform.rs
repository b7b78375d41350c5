//! The platform a command talks to: a real one, or the embedded sandbox.

#![expect(
    clippy::disallowed_methods,
    reason = "reads the certificates that --ca-file names"
)]

use super::client::{address, reader};
use super::context::Context;
use crate::diagnostic::without_bom;
use crate::error::{CliError, Exit};
use crate::lockfile::LockPaths;
use crate::model::{Desired, Secret};
use crate::remote::{RemoteReader, Settings};
use crate::sandbox;
use crate::session::{Identity, Session};

const URL: &str = "CONNECTORCTL_URL";
const USER: &str = "CONNECTORCTL_USER_SECRET";
const ORGANIZATION: &str = "CONNECTORCTL_ORGANIZATION_SECRET";
/// What a lock file records for the embedded platform, whatever its port.
const SANDBOX_URL: &str = "sandbox:";

/// Whether the state of the embedded sandbox outlives the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Nothing is written: a sandbox that is not there yet lives as long as the command.
    Read,
    /// It is kept.
    Write,
}

/// A platform, ready for requests.
pub(super) struct Connection {
    pub(super) reader: RemoteReader,
    pub(super) identity: Identity,
    /// Stops with the command.
    _sandbox: Option<sandbox::Running>,
}

impl Connection {
    pub(super) fn session<'a>(&'a self, desired: &'a Desired) -> Session<'a> {
        Session {
            desired,
            identity: &self.identity,
        }
    }
}

/// For a command that writes nothing to the platform.
pub(super) async fn connect_to_read(
    context: &Context,
    desired: &Desired,
    paths: &LockPaths,
) -> Result<Connection, CliError> {
    let settings = Settings::default();
    connect(context, desired, paths, Purpose::Read, settings).await
}

/// Decides which platform is meant, and prepares the client. Nothing is sent yet.
pub(super) async fn connect(
    context: &Context,
    desired: &Desired,
    paths: &LockPaths,
    purpose: Purpose,
    settings: Settings,
) -> Result<Connection, CliError> {
    if context.global.connection.sandbox {
        return embedded(desired, paths, purpose, settings).await;
    }
    let from_environment = context.environment.setting(URL)?;
    let url = context
        .global
        .connection
        .url
        .clone()
        .or(from_environment)
        .or_else(|| desired.api.url.clone())
        .ok_or_else(|| {
            CliError::usage("no platform URL is set")
                .hint(format!(
                    "set `{URL}`, pass `--url`, or add `api: {{ url: … }}` to the manifest"
                ))
                .hint("pass `--sandbox` to try the manifest without an account")
        })?;
    let address = address(&url, context.global.connection.allow_http)?;
    let secret = |name: &'static str| {
        let (secret, warning) = context.environment.secret(name)?.ok_or_else(|| {
            CliError::usage(format!("`{name}` is not set")).hint(format!(
                "set `{name}` or `{name}_FILE`, or pass `--sandbox` to try the manifest without an account"
            ))
        })?;
        if let Some(warning) = warning {
            context.ui.warn(&warning);
        }
        Ok::<_, CliError>(secret)
    };
    let (user, organization) = (secret(USER)?, secret(ORGANIZATION)?);
    let certificates = match &context.global.connection.ca_file {
        None => None,
        Some(path) => Some(std::fs::read(path).map_err(|error| {
            let summary = format!("cannot read `--ca-file {}`", path.display());
            CliError::caused_by(Exit::Usage, summary, error)
        })?),
    };
    let identity = Identity {
        url: address.as_str().to_owned(),
        user,
        organization,
        is_sandbox: false,
    };
    Ok(Connection {
        reader: reader(
            address,
            &identity,
            certificates.as_deref().map(without_bom),
            settings,
        )?,
        identity,
        _sandbox: None,
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
    let running = sandbox::start(options).await?;
    let identity = Identity {
        url: SANDBOX_URL.to_owned(),
        user: Secret::new(running.user_secret()),
        organization: Secret::new(running.organization_secret()),
        is_sandbox: true,
    };
    let address = address(&running.url(), false)?;
    Ok(Connection {
        reader: reader(address, &identity, None, settings)?,
        identity,
        _sandbox: Some(running),
    })
}
