//! `connectorctl plan`: handed a reader, it has no way to write.

use super::context::Context;
use super::inputs;
use super::platform::{self, Purpose};
use super::results::{PRINTED, ResultTarget};
use super::secrets;
use super::waiting;
use crate::cli::{OutputFormat, PlanArgs};
use crate::error::{CliError, Exit};
use crate::lockfile::{LockPaths, LockView};
use crate::model::{Desired, Planned};
use crate::render;
use crate::session::{SessionError, offline, selection};

pub(super) async fn run(context: &Context, arguments: &PlanArgs) -> Result<Exit, CliError> {
    let paths = inputs::paths(context)?;
    let file = arguments.result_file.as_ref();
    let file = ResultTarget::open(context, &paths, "--result-file", file)?;
    let result = planned(context, arguments, &paths).await;
    if let (OutputFormat::Json, Err(error)) = (arguments.output, &result)
        && let Some(diagnostics) = error.diagnostics()
    {
        let printed = context
            .ui
            .print(|out| render::diagnostics::json(diagnostics, out));
        printed.map_err(CliError::output)?;
    }
    let (desired, planned) = result?;
    let written = show(context, arguments, file, &desired, &planned);
    if !planned.refusals.is_empty() {
        if let Err(unwritten) = written {
            context.ui.error(&unwritten);
        }
        return Err(SessionError::Refused(planned.refusals).into());
    }
    written?;
    // A sign-in is not a change, but with `--strict` it counts.
    let is_for_a_person = context.global.strict && planned.standing.needs_sign_in > 0;
    if arguments.detailed_exitcode && (!planned.plan.steps.is_empty() || is_for_a_person) {
        return Ok(Exit::Changes);
    }
    Ok(Exit::Success)
}

async fn planned(
    context: &Context,
    arguments: &PlanArgs,
    paths: &LockPaths,
) -> Result<(Desired, Planned), CliError> {
    let manifest = inputs::manifest(context)?;
    let view = LockView::read(paths, &manifest.desired.inventory)?;
    if view.open_to_others {
        inputs::warn_of_permissions(paths);
    }
    let policy = inputs::policy(&arguments.selection)?;
    selection(&policy, &manifest.desired, view.lock.as_ref())?;
    let planned = if arguments.offline {
        offline(&manifest.desired, view, policy)?
    } else {
        let deadline = waiting::deadline(arguments.deadline);
        let settings = waiting::settings(context, deadline);
        let connection =
            platform::connect(context, &manifest.desired, paths, Purpose::Read(settings)).await?;
        let secrets = secrets::unversioned(context, &manifest)?;
        let session = connection.session(&manifest.desired);
        let plan = session.plan(&connection.reader, secrets, view, policy);
        waiting::until(deadline, plan).await?
    };
    Ok((manifest.desired, planned))
}

fn show(
    context: &Context,
    arguments: &PlanArgs,
    file: Option<ResultTarget>,
    desired: &Desired,
    planned: &Planned,
) -> Result<(), CliError> {
    let mut json = Vec::new();
    render::json::plan(planned, &mut json).map_err(CliError::output)?;
    let length = context.ui.length();
    let full = context.ui.shows_all().then_some(desired);
    let printed = context.ui.print(|out| match arguments.output {
        OutputFormat::Json => out.write_all(&json),
        OutputFormat::Text => render::human::plan(planned, full, length, out),
    });
    let written = file.map_or(Ok(()), |file| {
        let written = file.write(context, &json);
        written.map_err(|error| error.hint(PRINTED))
    });
    printed.map_err(CliError::output).and(written)
}
