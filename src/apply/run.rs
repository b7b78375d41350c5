//! What the steps of one apply share: the slots, the marker gate, the open intents, and whether
//! another request may start. Must not know what a step does.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::gate::MarkerGate;
use super::input::Apply;
use super::outcome::StepError;
use crate::model::{Action, InstanceKey, OpenIntent};
use crate::ports::{Record, StopLevel};

/// How often a heartbeat is recorded while a `POST` is in flight.
pub(super) const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(5);

/// A running apply.
pub(super) struct Run<'a> {
    pub(super) apply: &'a Apply<'a>,
    /// Limits how many steps talk to the platform at once.
    pub(super) slots: Semaphore,
    pub(super) gate: MarkerGate,
    /// Open intents of earlier runs. With `--settle-first`, also one for each step that could create
    /// a second instance with the same live marker.
    pub(super) intents: BTreeMap<InstanceKey, OpenIntent>,
    posts_in_flight: AtomicUsize,
    halted: AtomicBool,
}

/// Counts a `POST` in flight for as long as it lives.
pub(super) struct InFlight<'r>(&'r AtomicUsize);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl<'a> Run<'a> {
    pub(super) fn new(apply: &'a Apply<'a>) -> Self {
        Self {
            apply,
            slots: Semaphore::new(apply.options.parallelism.max(1)),
            gate: MarkerGate::new(apply.options.marker_seen),
            intents: intents(apply),
            posts_in_flight: AtomicUsize::new(0),
            halted: AtomicBool::new(false),
        }
    }

    /// Whether another request may be sent.
    pub(super) fn may_start(&self) -> bool {
        self.apply.stop.level() == StopLevel::Run
            && !self.halted.load(Ordering::SeqCst)
            && !self.past_deadline()
    }

    pub(super) fn past_deadline(&self) -> bool {
        let deadline = self.apply.options.deadline;
        deadline.is_some_and(|deadline| self.apply.clock.now() >= deadline)
    }

    /// Prevents further requests.
    pub(super) fn halt(&self) {
        self.halted.store(true, Ordering::SeqCst);
    }

    pub(super) fn in_flight(&self) -> InFlight<'_> {
        self.posts_in_flight.fetch_add(1, Ordering::SeqCst);
        InFlight(&self.posts_in_flight)
    }

    pub(super) async fn record(&self, record: Record) -> Result<(), StepError> {
        Ok(self.apply.sink.record(record).await?)
    }

    /// Records heartbeats while a `POST` is in flight: a later run takes the newest record as the time
    /// this process was last alive. Returns if a heartbeat was not durable in time. In-flight requests
    /// must then be abandoned: if the process died later, they could take effect after the window that
    /// the later run waits for.
    pub(super) async fn heartbeat(&self) {
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
}

fn intents(apply: &Apply<'_>) -> BTreeMap<InstanceKey, OpenIntent> {
    let mut intents = apply.intents.clone();
    if apply.options.settle_first {
        let now = apply.clock.now();
        for step in &apply.plan.steps {
            let may_duplicate = match &step.action {
                Action::Create(_) | Action::Replace(_) => true,
                Action::Update(request) | Action::Adopt(request) => request.restores(),
                Action::Delete(_) | Action::Forget => false,
            };
            if may_duplicate {
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
