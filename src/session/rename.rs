//! The rename of an inventory: its instances get markers of the new name, then the lock file does.
//!
//! Until every instance has its new marker, the lock file belongs to the old name, and the journal says
//! that the rename has begun: whenever a run dies, the next one continues. No other verb runs meanwhile.

use std::collections::BTreeSet;

use super::error::{Mismatch, SessionError};
use super::observe::{Missing, Sight, observe, read_all};
use super::scope::Session;
use super::store::Store;
use crate::lockfile::LockView;
use crate::model::{
    ApplyReport, Completeness, Desired, InstanceId, InventoryMove, Lock, LockHeader, Lookup,
    Marker, Observed, OutcomeKind, Refusal, Relabel, Remade, StepOutcome, Timestamp,
};
use crate::ports::{
    Clock, Confirm, PatchBody, ReadRemote, Record, RemoteError, RemoteErrorKind, Stop, StopLevel,
    WriteRemote,
};
use crate::reconcile::{RelabelInput, Relabeled, relabel};
use crate::secrets;

/// A rename of an inventory, planned.
#[derive(Debug)]
pub struct InventoryRename {
    pub names: InventoryMove,
    pub steps: Vec<Relabel>,
    pub refusals: Vec<Refusal>,
    /// The header of the lock file as long as the rename is not finished.
    before: LockHeader,
    /// The header of the lock file once it is.
    pub header: LockHeader,
    /// The fingerprints under the names that their keys have in the new inventory.
    pub remade: Remade,
}

/// What it takes to carry out a rename.
pub struct Carriage<'a> {
    pub remote: &'a dyn WriteRemote,
    pub clock: &'a dyn Clock,
    pub stop: Stop,
    pub deadline: Option<Timestamp>,
}

impl Session<'_> {
    /// The names of a rename to the inventory of the manifest; `None` if the lock file belongs to it
    /// already. One that an earlier run began is continued, or taken back.
    ///
    /// # Errors
    /// Where an earlier run began another one.
    pub fn names(&self, view: &LockView) -> Result<Option<InventoryMove>, SessionError> {
        let to = &self.desired.inventory;
        let names = match view.moving.clone() {
            Some(begun) if begun.to == *to => Some(begun),
            Some(InventoryMove { from, to: other }) if from == *to => Some(InventoryMove {
                from: other,
                to: from,
            }),
            Some(InventoryMove { from, to }) => return Err(Mismatch::Moving { from, to }.into()),
            None => view.lock.as_ref().map(|lock| InventoryMove {
                from: lock.header.inventory.clone(),
                to: to.clone(),
            }),
        };
        Ok(names.filter(|names| names.from != names.to))
    }

    /// Plans a rename. `rivals` are other lock files that belong to the new name.
    ///
    /// # Errors
    /// Where the platform cannot be read, or the lock file is of another one.
    pub async fn rename(
        &self,
        remote: &dyn ReadRemote,
        names: InventoryMove,
        view: &LockView,
        rivals: &[String],
    ) -> Result<InventoryRename, SessionError> {
        // The lock file alone may be lost in the middle of a rename.
        let lock = view.lock.clone();
        let lock = lock.unwrap_or_else(|| Lock::empty(names.from.clone()));
        let recorded = &lock.header.inventory;
        if ![&names.from, &names.to].contains(&recorded) {
            self.same_inventory(&lock)?;
        }
        self.learn_recorded(&lock, view);
        self.same_url(&lock)?;
        let tenant = remote.tenant().await?;
        self.same_tenant(&lock, &tenant)?;
        let observed = self.all_of_both(remote, &names, &lock, view).await?;
        let Relabeled { steps, refusals } = relabel(&RelabelInput {
            desired: self.desired,
            lock: &lock,
            observed: &observed,
            unsettled: &view.intents.keys().cloned().collect(),
            rivals,
            names: &names,
            is_begun: view.moving.is_some(),
        });
        let keys = |inventory| self.identity.fingerprint_keys(inventory);
        let (old, new) = (keys(&names.from), keys(&names.to));
        let remade = secrets::renamed(&lock, &old, &new);
        let mut header = LockHeader {
            inventory: names.to.clone(),
            check: None,
            ..lock.header.clone()
        };
        if let Some(user) = header.api.as_mut().and_then(|api| api.user.as_mut())
            && let Some(renamed) = old.renamed(user, &new)
        {
            *user = renamed;
        }
        Ok(InventoryRename {
            names,
            steps,
            refusals,
            before: lock.header,
            header,
            remade,
        })
    }

    /// Every instance with a marker of either name. Where the list is not known to be complete, the markers
    /// of every known key are searched for, too.
    async fn all_of_both(
        &self,
        remote: &dyn ReadRemote,
        names: &InventoryMove,
        lock: &Lock,
        view: &LockView,
    ) -> Result<Observed, SessionError> {
        let before = Desired {
            inventory: names.from.clone(),
            ..self.desired.clone()
        };
        let remembered = view.remembered();
        let Sight { mut observed, .. } =
            observe(remote, &before, lock, &remembered, Missing::Read).await?;
        if observed.completeness == Completeness::Unconfirmed {
            let again = remote.list(Confirm::With(&observed.listed)).await?;
            observed.completeness = again.completeness;
            for seen in again.instances {
                observed.instances.entry(seen.id).or_insert(seen);
            }
        }
        if observed.completeness == Completeness::Complete {
            return Ok(observed);
        }
        let mut found: BTreeSet<InstanceId> = BTreeSet::new();
        let keys = self.desired.instances.keys().chain(lock.instances.keys());
        for key in keys.collect::<BTreeSet<_>>() {
            for marker in [&names.from, &names.to].map(|name| Marker::both(name, key)) {
                for marker in marker {
                    let search = remote.find(marker.as_str()).await?;
                    found.extend(search.hits.iter().map(|hit| hit.id));
                }
            }
        }
        found.retain(|id| !observed.read.contains(id));
        read_all(remote, found, &mut observed).await?;
        Ok(observed)
    }

    /// Puts the new markers on the instances, one after another. What has them already is left alone, so
    /// that a run that died is repeated.
    ///
    /// # Errors
    /// Where the journal cannot be written; nothing was sent then.
    pub async fn carry_out(
        &self,
        rename: &InventoryRename,
        carriage: &Carriage<'_>,
        store: &dyn Store,
    ) -> Result<ApplyReport, SessionError> {
        let mut report = ApplyReport::default();
        store.begin(&rename.before).await?;
        store.record(Record::Moving(rename.names.clone())).await?;
        let mut has_ended = false;
        for step in &rename.steps {
            let outcome = match has_ended || !carriage.may_start() {
                true => {
                    report.interrupted |= !has_ended;
                    outcome(step, OutcomeKind::Skipped, None)
                }
                false => match carriage.relabel(step).await {
                    Ok(()) => outcome(step, OutcomeKind::Applied, None),
                    Err(failure) => {
                        has_ended |= failure.is_fatal;
                        outcome(step, failure.kind, Some(failure.message))
                    }
                },
            };
            report.outcomes.push(outcome);
        }
        Ok(report)
    }
}

impl InventoryRename {
    /// Whether every instance has its new marker now.
    pub fn is_done(&self, report: &ApplyReport) -> bool {
        let mut outcomes = report.outcomes.iter();
        outcomes.all(|outcome| outcome.outcome == OutcomeKind::Applied)
    }
}

fn outcome(step: &Relabel, outcome: OutcomeKind, error: Option<String>) -> StepOutcome {
    StepOutcome {
        key: step.key.clone(),
        action: "update".to_owned(),
        outcome,
        id: Some(step.id),
        error,
        changed: false,
    }
}

struct Failure {
    kind: OutcomeKind,
    message: String,
    /// Whether every further request would fail too.
    is_fatal: bool,
}

impl Failure {
    fn new(message: impl Into<String>) -> Self {
        Self {
            kind: OutcomeKind::Failed,
            message: message.into(),
            is_fatal: false,
        }
    }
}

impl From<RemoteError> for Failure {
    fn from(error: RemoteError) -> Self {
        let kind = match error.kind {
            RemoteErrorKind::Ambiguous => OutcomeKind::Unknown,
            _ => OutcomeKind::Failed,
        };
        let is_fatal = matches!(
            error.kind,
            RemoteErrorKind::Authentication | RemoteErrorKind::Disconnected
        );
        Self {
            kind,
            message: error.to_string(),
            is_fatal,
        }
    }
}

impl Carriage<'_> {
    fn may_start(&self) -> bool {
        let is_late = |deadline| self.clock.now() >= deadline;
        self.stop.level() == StopLevel::Run && !self.deadline.is_some_and(is_late)
    }

    async fn relabel(&self, step: &Relabel) -> Result<(), Failure> {
        // The list may be out of date.
        let Lookup::Found(seen) = self.remote.get(step.id).await? else {
            return Ok(());
        };
        let Some(present) = &seen.tags else {
            let message = "the platform did not return the instance's tags; it was left alone";
            return Err(Failure::new(message));
        };
        let mut tags = present.clone();
        for marker in &step.markers {
            if tags.remove(&marker.before) {
                tags.insert(marker.after.clone());
            }
        }
        let is_new = |tag: &str| step.markers.iter().any(|marker| marker.after == tag);
        if let Some(tag) = tags
            .iter()
            .find(|tag| Marker::state_of(tag).is_some() && !is_new(tag))
        {
            return Err(Failure::new(format!(
                "the instance got the marker `{tag}` after the rename was planned; it was left alone"
            )));
        }
        if tags == *present {
            return Ok(());
        }
        let patch = PatchBody {
            tags: Some(&tags),
            ..PatchBody::default()
        };
        let mut answer = self.remote.update(step.id, &patch).await?;
        if answer.tags.as_ref() != Some(&tags)
            && let Lookup::Found(seen) = self.remote.get(step.id).await?
        {
            answer = *seen;
        }
        let carried: BTreeSet<&str> = answer.markers().collect();
        let wanted = tags.iter().map(String::as_str);
        if wanted
            .filter(|tag| Marker::state_of(tag).is_some())
            .eq(carried)
        {
            return Ok(());
        }
        Err(Failure {
            is_fatal: true,
            ..Failure::new("the platform altered or ignored the new marker")
        })
    }
}
