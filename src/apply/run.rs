//! What the steps of one apply share: the slots, the marker gate, the open intents, and whether
//! another request may start. Must not know what a step does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::sync::Semaphore;

use super::absence::Absence;
use super::gate::MarkerGate;
use super::input::Apply;
use super::outcome::StepError;
use crate::model::{Action, InstanceId, InstanceKey, Marker, OpenIntent, Timestamp};
use crate::ports::{Record, StopLevel};

/// A running apply.
pub(super) struct Run<'a> {
    pub(super) apply: &'a Apply<'a>,
    /// Limits how many steps talk to the platform at once.
    pub(super) slots: Semaphore,
    pub(super) gate: MarkerGate,
    pub(super) absence: Absence<'a>,
    /// Whether a create was sent whose absence no search could prove, because none had found anything yet.
    pub(super) untested: AtomicBool,
    /// Open intents of earlier runs. With `--settle-first`, also one for each step that could create
    /// a second instance with the same live marker.
    pub(super) intents: BTreeMap<InstanceKey, OpenIntent>,
    pub(super) started: Timestamp,
    /// The markers of every key of the plan and the lock file.
    pub(super) markers: BTreeSet<String>,
    /// Whose the instances are that this run recorded.
    claimed: Mutex<BTreeMap<InstanceId, InstanceKey>>,
    halted: AtomicBool,
}

impl<'a> Run<'a> {
    pub(super) fn new(apply: &'a Apply<'a>) -> Self {
        Self {
            apply,
            slots: Semaphore::new(apply.options.parallelism.max(1)),
            gate: MarkerGate::new(apply.options.marker_seen),
            absence: Absence::new(apply.remote, apply.evidence.clone(), creates(apply)),
            untested: AtomicBool::new(false),
            intents: intents(apply),
            started: apply.clock.now(),
            markers: markers(apply),
            claimed: Mutex::default(),
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

    /// Claims an instance for a key; `false` if this run recorded it for another one.
    pub(super) fn claim(&self, id: InstanceId, key: &InstanceKey) -> bool {
        let mut claimed = self.claimed.lock().unwrap_or_else(PoisonError::into_inner);
        claimed.entry(id).or_insert_with(|| key.clone()) == key
    }

    pub(super) async fn record(&self, record: Record) -> Result<(), StepError> {
        Ok(self.apply.sink.record(record).await?)
    }
}

fn markers(apply: &Apply<'_>) -> BTreeSet<String> {
    let steps = apply.plan.steps.iter();
    let planned = steps.flat_map(|step| [Some(&step.key), step.moved_from.as_ref()]);
    let keys = apply.lock.instances.keys().chain(planned.flatten());
    keys.flat_map(|key| Marker::both(&apply.plan.inventory, key))
        .map(|marker| marker.to_string())
        .collect()
}

/// How many markers have to be looked for before the first `POST` of each key.
fn creates(apply: &Apply<'_>) -> usize {
    let steps = apply.plan.steps.iter();
    let creating = steps.filter(|step| {
        matches!(step.action, Action::Create(_) | Action::Replace(_))
            && !apply.intents.contains_key(&step.key)
    });
    creating
        .map(|step| 1 + usize::from(step.former_key.is_some()))
        .sum()
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
                let intent = || OpenIntent::new(BTreeMap::new());
                intents.entry(step.key.clone()).or_insert_with(intent);
            }
        }
    }
    intents
}
