//! `connectorctl apply`: the exclusive lock first, then plan, ask, carry out, record, report.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::gather::{self, Gathered, Identity, Manifest};
use super::platform::{self, Purpose};
use super::signals::{Signals, stopped_early, unless_stopped};
use super::validate::output_failed;
use super::{Context, SystemClock, plan};
use crate::apply::{Apply, ApplyOptions, ApplyOutcome, SETTLE_WINDOW};
use crate::cli::{ApplyArgs, OutputFormat, duration};
use crate::error::{CliError, Exit};
use crate::lockfile::{Holder, LockStore, write_atomic};
use crate::model::{ApplyReport, InventoryName, OutcomeKind, Planned};
use crate::ports::Clock as _;
use crate::remote::{RemoteWriter, Settings};
use crate::render;

/// An instance found while settling may be of an earlier manifest, one that was repaired may end a
/// replace; what follows is planned once more. A third round would chase somebody else's changes.
const MOST_ROUNDS: usize = 2;

const SETTLE: &str = "CONNECTORCTL_SETTLE";

pub(super) async fn run(context: &Context, arguments: &ApplyArgs) -> Result<Exit, CliError> {
    if !arguments.yes && !context.ui.may_ask() {
        return Err(CliError::usage("there is no terminal to ask on, and nothing was changed")
            .hint("pass --yes to apply without a question; `connectorctl plan` shows what it would do"));
    }
    let mut session = Session {
        context,
        arguments,
        settle: settle_window(context, arguments)?,
        deadline_ms: deadline_ms(arguments),
        signals: Signals::new(context.ui),
        report: ApplyReport::default(),
        inventory: None,
    };
    if arguments.yes {
        // Otherwise from the answer on: whoever is asked is to get away at once.
        session.signals.listen();
    }
    let holder = holder(context);
    let opened = LockStore::open(
        gather::paths(context),
        Arc::new(SystemClock),
        &holder,
        arguments.lock_timeout,
    );
    let opened = unless_stopped(&session.signals.stop(), opened).await;
    let mut store = opened.ok_or_else(stopped_early)??;
    let result = session.run(&mut store).await;
    let written = match (&arguments.report, &session.inventory) {
        (Some(path), Some(inventory)) => write_report(path, inventory, &session.report),
        _ => Ok(()),
    };
    match (result, written) {
        (result, Ok(())) => result,
        (Ok(exit), Err(error)) => Err(session.ended_by(error, exit)),
        (Err(error), Err(unwritten)) => {
            context.ui.error(&unwritten);
            Err(error)
        }
    }
}

struct Session<'a> {
    context: &'a Context,
    arguments: &'a ApplyArgs,
    settle: Duration,
    /// The same for every round.
    deadline_ms: Option<u64>,
    signals: Signals,
    report: ApplyReport,
    inventory: Option<InventoryName>,
}

/// What a round left to do.
enum Round {
    Done,
    PlanAgain,
}

impl Session<'_> {
    async fn run(&mut self, store: &mut LockStore) -> Result<Exit, CliError> {
        let manifest = gather::manifest(self.context)?;
        self.inventory = Some(manifest.desired.inventory.clone());
        let settings = Settings {
            at_once: usize::from(self.arguments.parallelism) + 2,
            deadline_ms: self.deadline_ms,
            stop: Some(self.signals.stop()),
            ..Settings::default()
        };
        let connection = platform::connect(
            self.context,
            &manifest.desired,
            store.paths(),
            Purpose::Write,
            settings,
        )
        .await?;
        let identity = Identity::from(&connection);
        let writer = connection.reader.into_writer();
        // Lives until the last request is answered.
        let _sandbox = connection.sandbox;

        let mut result = Ok(Round::PlanAgain);
        for round in 1..=MOST_ROUNDS {
            result = self
                .round(round, store, &manifest, &identity, &writer)
                .await;
            if !matches!(result, Ok(Round::PlanAgain)) {
                break;
            }
        }
        self.show()?;
        let reported = exit(&self.report);
        match result {
            Ok(_) => Ok(reported),
            Err(error) => Err(self.ended_by(error, reported)),
        }
    }

    /// The code of an error alone may say that nothing was changed; what was done before it says
    /// otherwise.
    fn ended_by(&self, error: CliError, reported: Exit) -> CliError {
        let mut outcomes = self.report.outcomes.iter();
        let changed = outcomes.any(|outcome| outcome.outcome == OutcomeKind::Applied);
        let least = if changed { Exit::Partial } else { Exit::Failed };
        CliError {
            exit: error.exit.or_worse(reported).or_worse(least),
            ..error
        }
    }

    async fn round(
        &mut self,
        round: usize,
        store: &mut LockStore,
        manifest: &Manifest,
        identity: &Identity,
        writer: &RemoteWriter,
    ) -> Result<Round, CliError> {
        let context = self.context;
        let view = store.view(&manifest.desired.inventory);
        plan::warn_of_permissions(context, store.paths(), &view);
        let policy = gather::policy(
            &self.arguments.selection,
            &manifest.desired,
            view.lock.as_ref(),
        )?;
        let secrets = gather::secrets(context, manifest)?;
        let gathered = gather::live(writer, identity, manifest, secrets, view, policy);
        let gathered = match unless_stopped(&self.signals.stop(), gathered).await {
            Some(gathered) => gathered?,
            None => {
                self.report.interrupted = true;
                return match round {
                    1 => Err(stopped_early()),
                    _ => Ok(Round::Done),
                };
            }
        };
        let planned = plan::audited(&gathered.input)?;
        if !planned.refusals.is_empty() {
            self.show_plan(&planned)?;
            return Err(plan::refused(&planned));
        }
        let idle = planned.plan.steps.is_empty() && gathered.input.intents.is_empty();
        if idle {
            if round == 1 {
                self.show_plan(&planned)?;
            }
            // What an earlier run left in the journal is folded all the same.
            store.finish(&gathered.header)?;
            return Ok(Round::Done);
        }
        self.show_plan(&planned)?;
        if round == 1 && !self.arguments.yes && !self.confirmed()? {
            return Err(CliError::new(
                Exit::Failed,
                "not applied: the answer was not `yes`",
            ));
        }
        self.signals.listen();
        store.begin(&gathered.header).await?;
        let applied = self.carry_out(&planned, &gathered, store, writer).await;
        let finished = store.finish(&gathered.header);
        for outcome in applied.report.outcomes {
            self.report.outcomes.push(outcome);
        }
        self.report.interrupted |= applied.report.interrupted;
        let finished = finished.map_err(|error| {
            CliError::from(error).hint(
                "nothing is lost: everything that was recorded is in the journal beside the lock file, and the next apply folds it in",
            )
        })?;
        if finished.rewritten {
            context.ui.say(&format!(
                "Lock file {}: {}; its tokens are plain text, readable by its owner only.",
                store.paths().lock.display(),
                match finished.instances {
                    1 => "1 instance".to_owned(),
                    many => format!("{many} instances"),
                }
            ));
        }
        if applied.replan.is_empty() || self.report.interrupted {
            return Ok(Round::Done);
        }
        Ok(Round::PlanAgain)
    }

    async fn carry_out(
        &self,
        planned: &Planned,
        gathered: &Gathered,
        store: &LockStore,
        writer: &RemoteWriter,
    ) -> ApplyOutcome {
        let progress = self.context.ui.progress(planned.plan.steps.len());
        let applied = Apply {
            plan: &planned.plan,
            secrets: &gathered.secrets,
            lock: &gathered.input.lock,
            intents: &gathered.input.intents,
            remote: writer,
            sink: store,
            clock: &SystemClock,
            progress: &progress,
            stop: self.signals.stop(),
            options: ApplyOptions {
                parallelism: usize::from(self.arguments.parallelism),
                settle: self.settle,
                settle_first: self.arguments.settle_first,
                deadline_ms: self.deadline_ms,
                marker_seen: gathered.marker_seen,
            },
        }
        .run()
        .await;
        progress.clear();
        applied
    }

    fn confirmed(&self) -> Result<bool, CliError> {
        self.context
            .ui
            .confirm("Apply this?")
            .map_err(|error| CliError::new(Exit::Failed, "cannot ask").because(&error))
    }

    /// The diff: the result's first half for a person, talk for a program.
    fn show_plan(&self, planned: &Planned) -> Result<(), CliError> {
        let ui = self.context.ui;
        let shown = match self.arguments.output {
            OutputFormat::Text => {
                let options = render::human::PlanOptions {
                    color: ui.stdout_color(),
                    full: None,
                };
                let mut out = ui.stdout();
                render::human::plan(planned, options, &mut out).and_then(|()| out.flush())
            }
            OutputFormat::Json if self.context.global.quiet => Ok(()),
            OutputFormat::Json => {
                let options = render::human::PlanOptions {
                    color: ui.stderr_color(),
                    full: None,
                };
                render::human::plan(planned, options, &mut ui.stderr())
            }
        };
        shown.map_err(|error| output_failed(&error))
    }

    fn show(&self) -> Result<(), CliError> {
        let ui = self.context.ui;
        let mut out = ui.stdout();
        let written = match (self.arguments.output, &self.inventory) {
            (OutputFormat::Json, Some(inventory)) => {
                render::report::json(inventory, &self.report, &mut out)
            }
            (OutputFormat::Text, _) if !self.report.outcomes.is_empty() => {
                render::report::human(&self.report, ui.stdout_color(), &mut out)
            }
            _ => Ok(()),
        };
        written
            .and_then(|()| out.flush())
            .map_err(|error| output_failed(&error))
    }
}

fn deadline_ms(arguments: &ApplyArgs) -> Option<u64> {
    let left = arguments.deadline?;
    let left = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
    Some(SystemClock.now_ms().saturating_add(left))
}

fn settle_window(context: &Context, arguments: &ApplyArgs) -> Result<Duration, CliError> {
    if let Some(window) = arguments.settle {
        return Ok(window);
    }
    match context.environment.get(SETTLE) {
        None => Ok(SETTLE_WINDOW),
        Some(text) => duration(text).map_err(|expected| {
            CliError::usage(format!("invalid duration in `{SETTLE}`: {expected}"))
        }),
    }
}

fn holder(context: &Context) -> Holder {
    let now = std::time::UNIX_EPOCH + Duration::from_millis(SystemClock.now_ms());
    let environment = &context.environment;
    let github = || {
        Some(format!(
            "{}/{}/actions/runs/{}",
            environment.get("GITHUB_SERVER_URL")?,
            environment.get("GITHUB_REPOSITORY")?,
            environment.get("GITHUB_RUN_ID")?
        ))
    };
    Holder {
        pid: std::process::id(),
        since: humantime::format_rfc3339_seconds(now).to_string(),
        run: environment
            .get("CI_JOB_URL")
            .map(str::to_owned)
            .or_else(github),
    }
}

fn write_report(
    path: &Path,
    inventory: &InventoryName,
    report: &ApplyReport,
) -> Result<(), CliError> {
    let mut json = Vec::new();
    render::report::json(inventory, report, &mut json).map_err(|error| output_failed(&error))?;
    Ok(write_atomic(path, &json)?)
}

fn exit(report: &ApplyReport) -> Exit {
    let any = |kind: OutcomeKind| {
        report
            .outcomes
            .iter()
            .any(|outcome| outcome.outcome == kind)
    };
    let mut exit = Exit::Success;
    if any(OutcomeKind::Failed) || any(OutcomeKind::Skipped) {
        let partly = any(OutcomeKind::Applied);
        exit = exit.or_worse(if partly { Exit::Partial } else { Exit::Failed });
    }
    if report.interrupted {
        exit = exit.or_worse(Exit::Interrupted);
    }
    if any(OutcomeKind::Unknown) {
        exit = exit.or_worse(Exit::Unknown);
    }
    exit
}
