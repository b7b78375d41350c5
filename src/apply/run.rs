//! The scheduler: every step is a future of its own, a semaphore keeps the number that talk to the
//! platform, and a panic in one is an outcome of that one.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures_util::FutureExt as _;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::gate::MarkerGate;
use super::step::{StepDone, StepError};
use super::{Apply, ApplyOutcome, HEARTBEAT_INTERVAL};
use crate::model::{Action, InstanceKey, OpenIntent, OutcomeKind, Step, StepOutcome};
use crate::ports::{Record, StopLevel};

/// Why a step that had begun has no outcome.
const STOPPED: &str = "stopped while a request was under way; run `apply` again";
const HEARTBEAT_LOST: &str = "the journal's disk failed or was too slow while a request was under way, so the request was given up; run `apply` again";

/// One apply under way.
pub(super) struct Run<'a> {
    pub(super) apply: &'a Apply<'a>,
    pub(super) permits: &'a Semaphore,
    pub(super) gate: MarkerGate,
    /// Open intents of earlier runs, and one for every step that may end in a second
    /// live marker under `--settle-first`.
    pub(super) intents: BTreeMap<InstanceKey, OpenIntent>,
    posts_in_flight: AtomicUsize,
    /// Set when no further request may start.
    halted: AtomicBool,
    progress: Mutex<Vec<State>>,
}

/// Where a step, or an intent without a step, is.
enum State {
    Waiting,
    Started,
    Ended { outcome: StepOutcome, replan: bool },
}

/// Counts a `POST` in flight for as long as it lives.
pub(super) struct InFlight<'r>(&'r AtomicUsize);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Something to be done: a step of the plan, or an intent whose key has none.
#[derive(Clone, Copy)]
pub(super) enum Task<'t> {
    Step(&'t Step),
    Settle(&'t InstanceKey, &'t OpenIntent),
}

impl Task<'_> {
    fn key(&self) -> &InstanceKey {
        match self {
            Self::Step(step) => &step.key,
            Self::Settle(key, _) => key,
        }
    }

    fn outcome(self, kind: OutcomeKind) -> StepOutcome {
        let (key, action) = match self {
            Self::Step(step) => (&step.key, step.action.as_str()),
            Self::Settle(key, _) => (key, "adopt"),
        };
        StepOutcome {
            key: key.clone(),
            action: action.to_owned(),
            outcome: kind,
            id: None,
            error: None,
        }
    }
}

pub(super) async fn run(apply: &Apply<'_>) -> ApplyOutcome {
    let permits = Semaphore::new(apply.options.parallelism.max(1));
    let intents = intents(apply);
    let orphaned: Vec<(InstanceKey, OpenIntent)> = intents
        .iter()
        .filter(|(key, _)| !has_step(apply, key))
        .map(|(key, intent)| (key.clone(), intent.clone()))
        .collect();
    let tasks: Vec<Task<'_>> = apply
        .plan
        .steps
        .iter()
        .map(Task::Step)
        .chain(
            orphaned
                .iter()
                .map(|(key, intent)| Task::Settle(key, intent)),
        )
        .collect();
    let run = Run {
        apply,
        permits: &permits,
        gate: MarkerGate::new(apply.options.marker_seen),
        intents,
        posts_in_flight: AtomicUsize::new(0),
        halted: AtomicBool::new(false),
        progress: Mutex::new(tasks.iter().map(|_| State::Waiting).collect()),
    };
    let mut all: FuturesUnordered<_> = chains(&tasks)
        .into_iter()
        .map(|chain| run.chain(chain))
        .collect();
    let given_up = tokio::select! {
        () = async { while all.next().await.is_some() {} } => STOPPED,
        () = apply.stop.reached(StopLevel::Now) => STOPPED,
        () = run.heartbeat() => HEARTBEAT_LOST,
    };
    drop(all);
    run.report(&tasks, given_up)
}

fn intents(apply: &Apply<'_>) -> BTreeMap<InstanceKey, OpenIntent> {
    let mut intents = apply.intents.clone();
    if apply.options.settle_first {
        let now = apply.clock.now();
        for step in &apply.plan.steps {
            let may_double = match &step.action {
                Action::Create(_) | Action::Replace(_) => true,
                Action::Update(request) | Action::Adopt(request) => request.restores(),
                Action::Delete(_) | Action::Forget => false,
            };
            if may_double {
                intents.entry(step.key.clone()).or_insert(OpenIntent {
                    last_alive: now,
                    answered: false,
                    secrets: BTreeMap::new(),
                });
            }
        }
    }
    intents
}

fn has_step(apply: &Apply<'_>, key: &InstanceKey) -> bool {
    apply
        .plan
        .steps
        .iter()
        .any(|step| step.key == *key || step.moved_from.as_ref() == Some(key))
}

/// The steps of one key follow each other in the order of the plan; those of others do not wait.
fn chains<'t>(tasks: &[Task<'t>]) -> Vec<Vec<(usize, Task<'t>)>> {
    let mut chains: Vec<Vec<(usize, Task<'t>)>> = Vec::new();
    for (index, task) in tasks.iter().enumerate() {
        match chains.last_mut() {
            Some(chain)
                if chain
                    .last()
                    .is_some_and(|(_, last)| last.key() == task.key()) =>
            {
                chain.push((index, *task));
            }
            _ => chains.push(vec![(index, *task)]),
        }
    }
    chains
}

impl<'a> Run<'a> {
    /// What follows a step that did not succeed is skipped.
    async fn chain(&self, chain: Vec<(usize, Task<'_>)>) {
        for (index, task) in chain {
            if !self.one(index, task).await {
                return;
            }
        }
    }

    /// Answers whether the task succeeded.
    async fn one(&self, index: usize, task: Task<'_>) -> bool {
        let permit = self.permits.acquire().await.ok();
        if !self.may_start() {
            return false;
        }
        self.set(index, State::Started);
        if let Task::Step(step) = task {
            self.apply.progress.started(step);
        }
        let result = AssertUnwindSafe(self.dispatch(task, permit))
            .catch_unwind()
            .await
            .unwrap_or_else(|_| {
                Err(StepError::unknown(
                    "internal error: this step panicked; run `apply` again, and report it",
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
                    self.halted.store(true, Ordering::SeqCst);
                }
                let outcome = StepOutcome {
                    id: error.id,
                    error: Some(error.message),
                    ..task.outcome(error.kind)
                };
                (outcome, false)
            }
        };
        self.apply.progress.finished(&outcome);
        let succeeded = outcome.outcome == OutcomeKind::Applied;
        self.set(index, State::Ended { outcome, replan });
        succeeded
    }

    async fn dispatch(
        &self,
        task: Task<'_>,
        permit: Option<SemaphorePermit<'a>>,
    ) -> Result<StepDone, StepError> {
        let mut permit = permit;
        let step = match task {
            Task::Step(step) => step,
            Task::Settle(key, intent) => return self.settle_orphan(key, intent, &mut permit).await,
        };
        match &step.action {
            Action::Create(request) => self.create(step, request, &mut permit).await,
            Action::Update(request) | Action::Adopt(request) => {
                self.update(step, request, &mut permit).await
            }
            Action::Replace(request) => self.replace(step, request, &mut permit).await,
            Action::Delete(request) => self.delete(step, request).await,
            Action::Forget => {
                self.record(Record::Removed {
                    key: step.key.clone(),
                })
                .await?;
                Ok(StepDone {
                    id: step.id,
                    replan: false,
                })
            }
        }
    }

    /// Whether a new request may be sent.
    pub(super) fn may_start(&self) -> bool {
        self.apply.stop.level() == StopLevel::Run
            && !self.halted.load(Ordering::SeqCst)
            && !self.past_deadline()
    }

    pub(super) fn past_deadline(&self) -> bool {
        self.apply
            .options
            .deadline
            .is_some_and(|deadline| self.apply.clock.now() >= deadline)
    }

    pub(super) fn in_flight(&self) -> InFlight<'_> {
        self.posts_in_flight.fetch_add(1, Ordering::SeqCst);
        InFlight(&self.posts_in_flight)
    }

    pub(super) async fn record(&self, record: Record) -> Result<(), StepError> {
        Ok(self.apply.sink.record(record).await?)
    }

    /// While a `POST` is in flight, the journal hears of it, so that its newest record says when
    /// this process was last alive. Returns where that was not durable in time: what is in flight has
    /// to be given up then, for should the process die later, it would outlive its window.
    async fn heartbeat(&self) {
        loop {
            let mut next = self.apply.clock.sleep(HEARTBEAT_INTERVAL);
            if self.posts_in_flight.load(Ordering::SeqCst) > 0 {
                tokio::select! {
                    recorded = self.record(Record::Heartbeat) => {
                        if recorded.is_err() {
                            return;
                        }
                    }
                    () = &mut next => return,
                }
            }
            next.await;
        }
    }

    fn set(&self, index: usize, state: State) {
        let mut states = self
            .progress
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(place) = states.get_mut(index) {
            *place = state;
        }
    }

    fn report(&self, tasks: &[Task<'_>], given_up: &str) -> ApplyOutcome {
        let states = std::mem::take(
            &mut *self
                .progress
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner),
        );
        let stopped = self.apply.stop.level() != StopLevel::Run || self.past_deadline();
        let mut applied = ApplyOutcome::default();
        for (task, state) in tasks.iter().zip(states) {
            let outcome = match state {
                State::Ended { outcome, replan } => {
                    if replan {
                        applied.replan.push(outcome.key.clone());
                    }
                    outcome
                }
                State::Waiting => task.outcome(OutcomeKind::Skipped),
                State::Started => StepOutcome {
                    error: Some(given_up.to_owned()),
                    ..task.outcome(OutcomeKind::Unknown)
                },
            };
            applied.report.outcomes.push(outcome);
        }
        let outcomes = &applied.report.outcomes;
        let unfinished = outcomes
            .iter()
            .any(|outcome| outcome.outcome != OutcomeKind::Applied);
        applied.report.interrupted = stopped && unfinished;
        applied
    }
}
