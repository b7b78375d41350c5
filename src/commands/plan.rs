//! `connectorctl plan`: handed a reader, it has no way to write.

use std::io::Write as _;

use super::platform::{self, Purpose};
use super::validate::output_failed;
use super::{Context, gather};
use crate::cli::{OutputFormat, PlanArgs};
use crate::error::{CliError, Exit};
use crate::lockfile::{LockPaths, LockView, write_atomic};
use crate::model::Planned;
use crate::reconcile::{self, PlanInput};
use crate::remote::Settings;
use crate::render;

pub(super) async fn run(context: &Context, arguments: &PlanArgs) -> Result<Exit, CliError> {
    let result = planned(context, arguments).await;
    if let (OutputFormat::Json, Err(error)) = (arguments.output, &result)
        && let Some(diagnostics) = &error.diagnostics
    {
        let mut out = context.ui.stdout();
        render::diagnostics::json(diagnostics, &mut out).map_err(|error| output_failed(&error))?;
        out.flush().map_err(|error| output_failed(&error))?;
    }
    let (input, planned) = result?;
    show(context, arguments, &input, &planned)?;
    if !planned.refusals.is_empty() {
        return Err(refused(&planned));
    }
    if arguments.detailed_exitcode && !planned.plan.steps.is_empty() {
        return Ok(Exit::Changes);
    }
    Ok(Exit::Success)
}

async fn planned(
    context: &Context,
    arguments: &PlanArgs,
) -> Result<(PlanInput, Planned), CliError> {
    let paths = gather::paths(context);
    let manifest = gather::manifest(context)?;
    let view = LockView::read(&paths, &manifest.desired.inventory)?;
    warn_of_permissions(context, &paths, &view);
    let policy = gather::policy(&arguments.selection, &manifest.desired, view.lock.as_ref())?;
    let input = if arguments.offline {
        gather::offline(&manifest, view, policy)?
    } else {
        let connection = platform::connect(
            context,
            &manifest.desired,
            &paths,
            Purpose::Read,
            Settings::default(),
        )
        .await?;
        let secrets = gather::secrets(context, &manifest)?;
        let identity = gather::Identity::from(&connection);
        gather::live(
            &connection.reader,
            &identity,
            &manifest,
            secrets,
            view,
            policy,
        )
        .await?
        .input
    };
    let planned = audited(&input)?;
    Ok((input, planned))
}

/// The plan, after a second opinion on it.
pub(super) fn audited(input: &PlanInput) -> Result<Planned, CliError> {
    let planned = reconcile::plan(input);
    let violations = reconcile::audit(input, &planned.plan);
    if violations.is_empty() {
        return Ok(planned);
    }
    let mut error = CliError::new(
        Exit::Failed,
        "internal error: the plan breaks its own rules; nothing was sent",
    )
    .hint("please report this, with the plan and this message");
    error.causes = violations
        .iter()
        .map(|violation| format!("{}: {}", violation.key, violation.what))
        .collect();
    Err(error)
}

/// A plan that a guard forbids.
pub(super) fn refused(planned: &Planned) -> CliError {
    let count = planned.refusals.len();
    let mut error = CliError::new(
        Exit::Refused,
        match count {
            1 => "the plan is refused; nothing was changed".to_owned(),
            many => format!("the plan is refused for {many} reasons; nothing was changed"),
        },
    );
    for refusal in &planned.refusals {
        let key = refusal
            .key
            .as_ref()
            .map(|key| format!("{key}: "))
            .unwrap_or_default();
        error.causes.push(format!("{key}{}", refusal.message));
        if !error.hints.contains(&refusal.hint) {
            error.hints.push(refusal.hint.clone());
        }
    }
    error
}

/// A lock file that others may read gives tokens away.
pub(super) fn warn_of_permissions(context: &Context, paths: &LockPaths, view: &LockView) {
    if view.open_to_others && !context.global.quiet {
        tracing::info!(
            path = %paths.lock.display(),
            "others than its owner may read the lock file, and its tokens are plain text"
        );
    }
}

fn show(
    context: &Context,
    arguments: &PlanArgs,
    input: &PlanInput,
    planned: &Planned,
) -> Result<(), CliError> {
    let mut json = Vec::new();
    render::json::plan(planned, &mut json).map_err(|error| output_failed(&error))?;
    if let Some(path) = &arguments.result_file {
        write_atomic(path, &json)?;
    }
    let mut out = context.ui.stdout();
    let written = match arguments.output {
        OutputFormat::Json => out.write_all(&json),
        OutputFormat::Text => {
            let options = render::human::PlanOptions {
                color: context.ui.stdout_color(),
                full: arguments.full.then_some(&input.desired),
            };
            render::human::plan(planned, options, &mut out)
        }
    };
    written
        .and_then(|()| out.flush())
        .map_err(|error| output_failed(&error))
}
