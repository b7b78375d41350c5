//! `connectorctl apply`: flags and files into a run, its report into bytes and an exit code.

use std::io;
use std::time::Duration;

use super::clock::SystemClock;
use super::context::Context;
use super::platform::{self, Purpose};
use super::results::{PRINTED, ResultTarget};
use super::secrets;
use super::shell::Shell;
use super::waiting;
use super::{git, inputs, sealing};
use crate::apply::{ApplyOptions, SETTLE_WINDOW};
use crate::cli::{ApplyArgs, duration};
use crate::error::{CliError, Exit};
use crate::lockfile::LockStore;
use crate::model::{ApplyReport, InventoryName, Removed};
use crate::remote::Settings;
use crate::render;
use crate::session::{Approval, Manifest, Rounds, Session, SessionError, unless_stopped};

const SETTLE: &str = "CONNECTORCTL_SETTLE";

pub(super) async fn run(context: &Context, arguments: &ApplyArgs) -> Result<Exit, CliError> {
    inputs::may_confirm(context, arguments.yes, "apply")?;
    let mut shell = Shell::new(context, arguments)?;
    let file = arguments.report.as_ref();
    let file = ResultTarget::open(context, &shell.paths, "--report", file)?;
    let opened = inputs::store(context, arguments.lock_timeout);
    let opened = unless_stopped(&shell.signals.stop(), opened).await;
    let mut store = opened.ok_or(SessionError::Interrupted)??;
    let manifest = inputs::manifest(context)?;
    git::check_plain(context, &manifest.desired, &shell.paths.lock)?;
    if let Some(sealer) = sealing::sealer(context, &manifest.desired) {
        store.seal_with(sealer);
    }
    let mut report = ApplyReport::default();
    let result = shell
        .apply(&mut store, &manifest, &mut report, file.as_ref())
        .await;

    let inventory = &manifest.desired.inventory;
    let mut json = Vec::new();
    let shown = shell.show_report(inventory, &report);
    let written = file.map_or(Ok(()), |file| {
        render::report::json(inventory, &report, &mut json).map_err(CliError::output)?;
        let written = file.write(context, &json);
        written.map_err(|error| error.hint(PRINTED))
    });
    // Whatever cannot be shown must not hide what became of the run, which comes last.
    let mut errors = [written, shown, result].into_iter().filter_map(Result::err);
    let Some(mut last) = errors.next() else {
        return Ok(Exit::of(&report));
    };
    for next in errors {
        context.ui.error(&last);
        last = next;
    }
    Err(last.after(&report))
}

impl Shell<'_> {
    async fn apply(
        &mut self,
        store: &mut LockStore,
        manifest: &Manifest,
        report: &mut ApplyReport,
        file: Option<&ResultTarget>,
    ) -> Result<(), CliError> {
        let (context, arguments) = (self.context, self.arguments);
        let desired = &manifest.desired;
        self.full = context.ui.shows_all().then(|| desired.clone());
        let policy = inputs::policy(&arguments.selection)?;
        let deadline = waiting::deadline(arguments.deadline);
        let settings = Settings {
            max_in_flight: usize::from(arguments.parallelism) + 2,
            stop: Some(self.signals.stop()),
            ..waiting::settings(context, deadline)
        };
        let connection =
            platform::connect(context, desired, &self.paths, Purpose::Write(settings)).await?;
        let secrets = secrets::unversioned(context, manifest)?;
        let rounds = Rounds {
            session: Session {
                desired,
                identity: &connection.identity,
            },
            secrets: &secrets,
            resolve: &|sent| secrets::versioned(context, manifest, sent),
            policy,
            remote: &connection.reader.into_writer(),
            clock: &SystemClock,
            stop: self.signals.stop(),
            options: ApplyOptions {
                parallelism: usize::from(arguments.parallelism),
                settle: settle_window(context, arguments)?,
                settle_first: arguments.settle_first,
                deadline,
                marker_seen: false,
            },
            approval: if arguments.yes {
                Approval::Given
            } else {
                Approval::Ask
            },
            keep_removed: &|removed| keep(&desired.inventory, removed, file),
        };
        let run = rounds.run(store, self).await;
        *report = run.report;
        if !run.replan.is_empty() && run.result.is_ok() {
            context
                .ui
                .say("More changes became possible during the apply; run `apply` again.");
        }
        Ok(run.result?)
    }
}

/// Writes what is about to be deleted. A run that dies leaves this as its report.
fn keep(
    inventory: &InventoryName,
    removed: &[Removed],
    file: Option<&ResultTarget>,
) -> io::Result<()> {
    let Some(file) = file else {
        return Ok(());
    };
    let report = ApplyReport {
        interrupted: true,
        removed: removed.to_owned(),
        ..ApplyReport::default()
    };
    let mut json = Vec::new();
    render::report::json(inventory, &report, &mut json)?;
    file.checkpoint(&json)
}

fn settle_window(context: &Context, arguments: &ApplyArgs) -> Result<Duration, CliError> {
    if let Some(window) = arguments.settle {
        return Ok(window);
    }
    match context.environment.setting(SETTLE)? {
        None => Ok(SETTLE_WINDOW),
        Some(text) => duration(&text).map_err(|expected| {
            CliError::usage(format!("invalid duration in `{SETTLE}`: {expected}"))
        }),
    }
}
