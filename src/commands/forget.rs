//! `connectorctl forget`: instances that the inventory lets go, without deleting them.

use std::collections::{BTreeMap, BTreeSet};

use super::clock::SystemClock;
use super::context::Context;
use super::inputs;
use super::marking::Marking;
use super::platform::{self, Purpose};
use super::results::{PRINTED, ResultTarget};
use super::{recorded, waiting};
use crate::cli::{ForgetArgs, OutputFormat};
use crate::error::{CliError, Exit};
use crate::model::{ApiSettings, Desired, Remade};
use crate::render;
use crate::render::import::{self as view, Departure};
use crate::session::{Carrier, Hooks as _, Leaving, Session, SessionError, unless_stopped};

pub(super) async fn run(context: &Context, arguments: &ForgetArgs) -> Result<Exit, CliError> {
    let write = &arguments.write;
    inputs::may_confirm(context, write.yes, "forget them")?;
    let mut marking = Marking::new(context, write)?;
    let file = ResultTarget::open(context, &marking.paths, "--report", write.report.as_ref())?;
    let opened = inputs::store(context, write.lock_timeout);
    let opened = unless_stopped(&marking.signals.stop(), opened).await;
    let mut store = opened.ok_or(SessionError::Interrupted)??;
    let desired = declared(context)?;
    marking.seal(&desired, &mut store)?;
    let purpose = Purpose::Write(marking.settings());
    let connection = platform::connect(context, &desired, &marking.paths, purpose).await?;
    let keys = arguments.keys.iter().cloned().collect();
    if let Some(lock) = store.view(&desired.inventory).lock {
        // What an earlier run did, and died before it was written.
        store.finish(&lock.header, &Remade::default())?;
    }
    let view = store.view(&desired.inventory);
    let session = connection.session(&desired);
    let forget = session.leaving(&connection.reader, view, &keys, arguments.protected);
    let forget = waiting::until(marking.deadline, forget).await?;
    let rows: Vec<Departure<'_>> = forget.leaving.iter().map(departure).collect();
    marking.agreed(|out| view::departures(&rows, out), "Forget them?")?;
    let identity = connection.identity.clone();
    let carrier = Carrier {
        session: Session {
            desired: &desired,
            identity: &identity,
        },
        remote: &connection.reader.into_writer(),
        clock: &SystemClock,
        stop: marking.signals.stop(),
        options: marking.options(),
    };
    let (report, finished) = forget.carry_out(&carrier, &mut store, &mut marking).await?;
    marking.recorded(&finished);
    let mut json = Vec::new();
    render::report::json(&desired.inventory, &report, &mut json).map_err(CliError::output)?;
    let printed = context.ui.print(|out| match write.output {
        OutputFormat::Text => view::forgotten(&report, out),
        OutputFormat::Json => out.write_all(&json),
    });
    if let Some(file) = file {
        file.write(context, &json)
            .map_err(|error| error.hint(PRINTED))?;
    }
    printed.map_err(CliError::output)?;
    if let Some(one) = forget.leaving.iter().find(|one| one.seen.is_some()) {
        let id = one.seen.as_ref().map_or(0, |seen| seen.id.0);
        let undo = format!("To undo it, run `connectorctl import {} {id}`.", one.key);
        context.ui.say(&undo);
    }
    Ok(Exit::of(&report))
}

/// What the manifest declares. Where there is none any more, the lock file names inventory and platform.
fn declared(context: &Context) -> Result<Desired, CliError> {
    let mut files = context.global.files.iter();
    if files.any(|path| path.exists()) {
        return Ok(inputs::manifest(context)?.desired);
    }
    let view = recorded::view(context)?;
    let header = recorded::lock_of(context, &view)?.header.clone();
    Ok(Desired {
        inventory: header.inventory,
        api: ApiSettings {
            url: header.api.map(|api| api.url),
            organization: None,
        },
        recipients: BTreeSet::new(),
        instances: BTreeMap::new(),
    })
}

fn departure(leaving: &Leaving) -> Departure<'_> {
    let Leaving {
        key,
        seen,
        is_recorded,
        marker,
        other,
    } = leaving;
    let seen = seen.as_ref();
    Departure {
        key,
        instance: seen.map(|seen| (seen.id, seen.name.as_str(), seen.element.key.as_str())),
        marker: marker.as_deref(),
        other: other.as_deref(),
        is_recorded: *is_recorded,
    }
}
