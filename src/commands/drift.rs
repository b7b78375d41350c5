//! `connectorctl drift`: the lock file against the platform. It needs no manifest, and cannot write.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::context::Context;
use super::platform::{self, Purpose};
use super::{inputs, recorded, waiting};
use crate::cli::{DriftArgs, OutputFormat};
use crate::error::{CliError, Exit};
use crate::lockfile::LockView;
use crate::model::{ApiSettings, Desired, Lock};
use crate::render;
use crate::session::Verified;

pub(super) async fn run(context: &Context, arguments: &DriftArgs) -> Result<Exit, CliError> {
    let view = recorded::view(context)?;
    let lock = recorded::lock_of(context, &view)?;
    let selection = recorded::selection(lock, &arguments.keys)?;
    let Verified {
        instances: _,
        mut drifted,
        unsettled,
        states: _,
    } = verified(context, lock, &view, arguments.deadline).await?;
    drifted.retain(|drift| selection.includes(drift.key.as_str()));
    let keys = lock.instances.keys();
    let instances = keys.filter(|key| selection.includes(key.as_str())).count();
    let inventory = &lock.header.inventory;
    let length = context.ui.length();
    let printed = context.ui.print(|out| match arguments.output {
        OutputFormat::Text => render::drift::human(instances, &drifted, length, out),
        OutputFormat::Json => render::drift::json(inventory, instances, &drifted, &unsettled, out),
    });
    printed.map_err(CliError::output)?;
    Ok(if drifted.is_empty() {
        Exit::Success
    } else {
        Exit::Changes
    })
}

/// Compares what is recorded with the platform that the lock file or the caller names.
pub(super) async fn verified(
    context: &Context,
    lock: &Lock,
    view: &LockView,
    deadline: Option<Duration>,
) -> Result<Verified, CliError> {
    let desired = Desired {
        inventory: lock.header.inventory.clone(),
        api: ApiSettings {
            url: lock.header.api.as_ref().map(|api| api.url.clone()),
            organization: None,
        },
        recipients: BTreeSet::new(),
        instances: BTreeMap::new(),
    };
    let paths = inputs::paths(context)?;
    let deadline = waiting::deadline(deadline);
    let purpose = Purpose::Read(waiting::settings(context, deadline));
    let connection = platform::connect(context, &desired, &paths, purpose).await?;
    let session = connection.session(&desired);
    waiting::until(deadline, session.verify(&connection.reader, lock, view)).await
}
