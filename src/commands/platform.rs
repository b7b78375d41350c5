//! The platform a command talks to: a real one, or the embedded sandbox.

use std::path::PathBuf;
use std::sync::Arc;

use super::account::{account, fingerprint_key, previous};
use super::base_url::{address, base_url};
use super::clock::SystemClock;
use super::context::Context;
use crate::diagnostic::without_bom;
use crate::error::{CliError, Exit};
use crate::files::{self, Limits};
use crate::lockfile::LockPaths;
use crate::model::{Desired, Secret};
use crate::remote::{Address, Credentials, HttpTransport, RemoteReader, Settings};
use crate::sandbox;
use crate::session::{Identity, Session};

/// The certificates of every public authority are a quarter of a MiB.
const CERTIFICATES: Limits = Limits::bytes(16 * 1024 * 1024);
/// What a lock file records for the embedded platform, whatever its port.
const SANDBOX_URL: &str = "sandbox:";

/// What a command does on the platform.
pub(super) enum Purpose {
    /// It writes nothing: a sandbox that is not there yet lives as long as the command.
    Read(Settings),
    /// The state of a sandbox outlives the command.
    Write(Settings),
}

/// A platform, ready for requests.
pub(super) struct Connection {
    pub(super) reader: RemoteReader,
    pub(super) identity: Identity,
    /// Stops with the command.
    _sandbox: Option<sandbox::Running>,
}

impl Connection {
    fn new(
        address: Address,
        identity: Identity,
        certificates: Option<&[u8]>,
        settings: Settings,
        sandbox: Option<sandbox::Running>,
    ) -> Result<Self, CliError> {
        let transport = HttpTransport::new(&address, certificates).map_err(|error| {
            let hint = error.hint();
            let error = CliError::caused_by(Exit::Usage, "cannot set up the connection", error);
            hint.into_iter().fold(error, CliError::hint)
        })?;
        let credentials = Credentials {
            user: identity.user.clone(),
            organization: identity.organization.clone(),
        };
        let reader = RemoteReader::new(
            address,
            &credentials,
            Arc::new(transport),
            Arc::new(SystemClock),
            Settings {
                known: Arc::clone(&identity.known),
                ..settings
            },
        )
        .map_err(|error| CliError::caused_by(Exit::Usage, "invalid credentials", error))?;
        Ok(Self {
            reader,
            identity,
            _sandbox: sandbox,
        })
    }

    pub(super) fn session<'a>(&'a self, desired: &'a Desired) -> Session<'a> {
        Session {
            desired,
            identity: &self.identity,
        }
    }
}

/// Decides which platform is meant, and prepares the client. Nothing is sent yet.
pub(super) async fn connect(
    context: &Context,
    desired: &Desired,
    paths: &LockPaths,
    purpose: Purpose,
) -> Result<Connection, CliError> {
    let (may_write, settings) = match purpose {
        Purpose::Read(settings) => (false, settings),
        Purpose::Write(settings) => (true, settings),
    };
    if context.global.connection.sandbox {
        let file = paths.sandbox_state(desired.inventory.as_str());
        let state = (may_write || file.exists()).then_some(file);
        return embedded(state, settings).await;
    }
    let address = base_url(context, desired)?;
    let (user, organization) = account(context)?;
    let certificates = match &context.global.connection.ca_file {
        None => None,
        Some(path) => Some(files::read(path, CERTIFICATES).map_err(|error| {
            let summary = format!("cannot read `--ca-file {}`", path.display());
            CliError::caused_by(Exit::Usage, summary, error)
        })?),
    };
    let identity = Identity {
        url: address.as_str().to_owned(),
        user,
        organization,
        fingerprint_key: fingerprint_key(context)?,
        previous: previous(context)?,
        known: Arc::default(),
        is_sandbox: false,
    };
    let certificates = certificates.as_deref().map(without_bom);
    Connection::new(address, identity, certificates, settings, None)
}

async fn embedded(state: Option<PathBuf>, settings: Settings) -> Result<Connection, CliError> {
    let options = sandbox::SandboxOptions {
        state,
        ..sandbox::SandboxOptions::default()
    };
    let running = sandbox::start(options).await?;
    let identity = Identity {
        url: SANDBOX_URL.to_owned(),
        user: Secret::new(running.user_secret()),
        organization: Secret::new(running.organization_secret()),
        fingerprint_key: None,
        previous: None,
        known: Arc::default(),
        is_sandbox: true,
    };
    let address = address(&running.url(), false)?;
    Connection::new(address, identity, None, settings, Some(running))
}
