//! What the steps of one apply share: the slots, the marker gate, the open intents, and whether
//! another request may start. Must not know what a step does.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Semaphore;

use super::gate::MarkerGate;
use super::input::Apply;
use super::outcome::StepError;
use crate::model::{Action, InstanceKey, OpenIntent, Timestamp};
use crate::ports::{Record, StopLevel};

/// A running apply.
pub(super) struct Run<'a> {
    pub(super) apply: &'a Apply<'a>,
    /// Limits how many steps talk to the platform at once.
    pub(super) slots: Semaphore,
    pub(super) gate: MarkerGate,
    /// Open intents of earlier runs. With `--settle-first`, also one for each step that could create
    /// a second instance with the same live marker.
    pub(super) intents: BTreeMap<InstanceKey, OpenIntent>,
    pub(super) started: Timestamp,
    halted: AtomicBool,
}

impl<'a> Run<'a> {
    pub(super) fn new(apply: &'a Apply<'a>) -> Self {
        Self {
            apply,
            slots: Semaphore::new(apply.options.parallelism.max(1)),
            gate: MarkerGate::new(apply.options.marker_seen),
            intents: intents(apply),
            started: apply.clock.now(),
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

    pub(super) async fn record(&self, record: Record) -> Result<(), StepError> {
        Ok(self.apply.sink.record(record).await?)
    }
}

fn intents(apply: &Apply<'_>) -> BTreeMap<InstanceKey, OpenIntent> {
    let mut intents = apply.intents.clone();
    if apply.options.settle_first {
        for step in &apply.plan.steps {
            let may_duplicate = match &step.action {
                Action::Create(_) | Action::Replace(_) => true,
                Action::Update(request) | Action::Adopt(request) => request.restores(),
                Action::Delete(_) | Action::Forget => false,
            };
            if may_duplicate {
                intents.entry(step.key.clone()).or_insert(OpenIntent {
                    takeover: None,
                    since: None,
                    answered: false,
                    secrets: BTreeMap::new(),
                });
            }
        }
    }
    intents
}
