//! Runs the steps of a plan concurrently. Slots limit how many talk to the platform at once, and a
//! panic in one step fails only that step. Must not know how a step works.

use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, PoisonError};

use futures_util::FutureExt as _;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use super::input::Apply;
use super::outcome::{StepDone, StepError};
use super::run::Run;
use super::step::StepRun;
use crate::model::{Action, ApplyReport, InstanceKey, OpenIntent, OutcomeKind, Step, StepOutcome};
use crate::ports::StopLevel;

/// Why a step that had started has no outcome.
const STOPPED: &str =
    "stopped while a request was in flight; run `apply` again to find out its outcome";

/// The result of an apply.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ApplyOutcome {
    /// In the order of the plan; settled intents without a step come last.
    pub report: ApplyReport,
    /// Keys that need another plan: their instance was found while settling and may differ from the
    /// manifest, or it became valid.
    pub replan: Vec<InstanceKey>,
}

impl Apply<'_> {
    /// Carries out the plan. It never fails as a whole: each step has an outcome of its own.
    pub(crate) async fn run(&self) -> ApplyOutcome {
        let run = Run::new(self);
        let jobs = jobs(&run);
        // The steps of one key run in the order of the plan, concurrently with those of other keys.
        let mut chains: FuturesUnordered<_> = jobs
            .chunk_by(|a, b| a.task.key() == b.task.key())
            .map(|chain| carry_out(&run, chain))
            .collect();
        tokio::select! {
            () = async { while chains.next().await.is_some() {} } => {}
            () = self.stop.reached(StopLevel::Now) => {}
        }
        drop(chains);
        report(&run, jobs)
    }
}

/// A task and its state.
struct Job<'a> {
    task: Task<'a>,
    state: Mutex<State>,
}

/// A step of the plan, or an open intent whose key has no step.
#[derive(Clone, Copy)]
enum Task<'a> {
    Step(&'a Step),
    Settle(&'a InstanceKey, &'a OpenIntent),
}

enum State {
    Waiting,
    Started,
    Ended { outcome: StepOutcome, replan: bool },
}

impl<'a> Task<'a> {
    fn key(self) -> &'a InstanceKey {
        match self {
            Self::Step(step) => &step.key,
            Self::Settle(key, _) => key,
        }
    }

    fn step(self) -> Option<&'a Step> {
        match self {
            Self::Step(step) => Some(step),
            Self::Settle(..) => None,
        }
    }

    /// Whether an open intent of this key is settled by it.
    fn settles(self, key: &InstanceKey) -> bool {
        self.step().is_some_and(|step| match step.action {
            Action::Create(_) | Action::Update(_) | Action::Adopt(_) | Action::Replace(_) => {
                step.key == *key || step.moved_from.as_ref() == Some(key)
            }
            Action::Delete(_) | Action::Forget => step.moved_from.as_ref() == Some(key),
        })
    }

    fn outcome(self, kind: OutcomeKind) -> StepOutcome {
        let action = match self {
            Self::Step(step) => step.action.as_str(),
            Self::Settle(..) => "adopt",
        };
        StepOutcome {
            key: self.key().clone(),
            action: action.to_owned(),
            outcome: kind,
            id: None,
            error: None,
            changed: false,
        }
    }
}

impl Job<'_> {
    fn set(&self, state: State) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }
}

/// The steps, and the open intents that none of them settles: after the other steps of their key, such as the
/// deletion of what an unfinished replace left behind.
fn jobs<'a>(run: &'a Run<'a>) -> Vec<Job<'a>> {
    let mut tasks: Vec<Task<'a>> = run.apply.plan.steps.iter().map(Task::Step).collect();
    for (key, intent) in &run.intents {
        if tasks.iter().any(|task| task.settles(key)) {
            continue;
        }
        let last = tasks.iter().rposition(|task| task.key() == key);
        let place = last.map_or(tasks.len(), |last| last + 1);
        tasks.insert(place, Task::Settle(key, intent));
    }
    let job = |task| Job {
        task,
        state: Mutex::new(State::Waiting),
    };
    tasks.into_iter().map(job).collect()
}

/// Runs the steps of one key. After one that did not succeed, the rest are skipped.
async fn carry_out(run: &Run<'_>, chain: &[Job<'_>]) {
    for job in chain {
        let step = StepRun::start(run, job.task.key(), job.task.step()).await;
        if !run.may_start() || !carry_out_one(job, step).await {
            return;
        }
    }
}

/// Returns whether the task succeeded.
async fn carry_out_one(job: &Job<'_>, mut step: StepRun<'_>) -> bool {
    let (task, run) = (job.task, step.run);
    job.set(State::Started);
    if let Task::Step(step) = task {
        run.apply.progress.started(step);
    }
    let result = AssertUnwindSafe(dispatch(task, &mut step))
        .catch_unwind()
        .await
        .unwrap_or_else(|_| {
            Err(StepError::unknown(
                "internal error: this step panicked; please report it, and run `apply` again",
            ))
        });
    let (outcome, replan) = match result {
        Ok(StepDone { id, replan }) => {
            let outcome = StepOutcome {
                id,
                ..task.outcome(OutcomeKind::Applied)
            };
            (outcome, replan)
        }
        Err(error) => {
            if error.fatal {
                run.halt();
            }
            let outcome = StepOutcome {
                id: error.id,
                error: Some(error.message),
                changed: step.has_changed(),
                ..task.outcome(error.kind)
            };
            (outcome, false)
        }
    };
    run.apply.progress.finished(&outcome);
    let succeeded = outcome.outcome == OutcomeKind::Applied;
    job.set(State::Ended { outcome, replan });
    succeeded
}

async fn dispatch(task: Task<'_>, run: &mut StepRun<'_>) -> Result<StepDone, StepError> {
    let step = match task {
        Task::Step(step) => step,
        Task::Settle(_, intent) => return run.settle_orphan(intent).await,
    };
    match &step.action {
        Action::Create(request) => run.create(request).await,
        Action::Update(request) | Action::Adopt(request) => run.update(request).await,
        Action::Replace(request) => run.replace(request).await,
        Action::Delete(request) => run.delete(request).await,
        Action::Forget => {
            run.record_removed().await?;
            Ok(StepDone {
                id: step.id,
                replan: false,
            })
        }
    }
}

fn report(run: &Run<'_>, jobs: Vec<Job<'_>>) -> ApplyOutcome {
    let stopped = run.apply.stop.level() != StopLevel::Run || run.past_deadline();
    let mut applied = ApplyOutcome::default();
    for Job { task, state } in jobs {
        let outcome = match state.into_inner().unwrap_or_else(PoisonError::into_inner) {
            State::Ended { outcome, replan } => {
                if replan {
                    applied.replan.push(outcome.key.clone());
                }
                outcome
            }
            State::Waiting => task.outcome(OutcomeKind::Skipped),
            State::Started => StepOutcome {
                error: Some(STOPPED.to_owned()),
                ..task.outcome(OutcomeKind::Unknown)
            },
        };
        applied.report.outcomes.push(outcome);
    }
    let mut outcomes = applied.report.outcomes.iter();
    let unfinished = outcomes.any(|outcome| outcome.outcome != OutcomeKind::Applied);
    applied.report.interrupted = stopped && unfinished;
    applied
}
