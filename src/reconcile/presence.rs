//! The presence table: the decision for each combination of desired, recorded and observed state,
//! in one exhaustive match. `docs/lifecycle.md` documents the same table.

use super::planner::Planner;
use super::removed::Leftovers;
use super::subject::{Contested, RecordedState, Subject};
use crate::model::{DesiredInstance, Marker, ObservedInstance, Reason, RefusalCode};

impl Planner<'_> {
    /// Decides about one key.
    pub(super) fn decide(&mut self, subject: &Subject<'_>) {
        let marked = subject.marked.first().copied();
        match (subject.desired, subject.recorded, marked) {
            (Some(desired), RecordedState::NotRecorded, None) => {
                self.without_current(subject, desired, Reason::Missing);
            }
            (Some(desired), RecordedState::Gone, None) => {
                self.without_current(subject, desired, Reason::Vanished);
            }
            (Some(desired), RecordedState::NotRecorded, Some(seen)) => {
                self.adopt(subject, desired, seen, Reason::MarkerFound);
                self.others(subject, seen);
            }
            (Some(desired), RecordedState::Gone, Some(seen)) => {
                self.adopt(subject, desired, seen, Reason::Vanished);
                self.others(subject, seen);
            }
            (Some(desired), RecordedState::Live(seen), Some(_) | None) => {
                self.compare(subject, desired, seen);
                self.others(subject, seen);
            }
            (Some(desired), RecordedState::Retired(old), Some(new)) => {
                self.adopt(subject, desired, new, Reason::ReplaceUnfinished);
                self.others(subject, new);
                self.delete_retired(subject, new, old);
            }
            (Some(desired), RecordedState::Retired(old), None) => {
                self.continue_replace(subject, desired, old);
            }
            (None, RecordedState::Live(seen), Some(_) | None) => {
                let leftovers = if self.removed(subject, seen) {
                    Leftovers::All
                } else {
                    self.duplicates(subject, seen);
                    Leftovers::Retired
                };
                self.leftovers(subject, leftovers);
            }
            // A replace was interrupted, and the key has left the manifest since.
            (None, RecordedState::Retired(seen), Some(_) | None) => {
                self.removed(subject, seen);
                self.leftovers(subject, Leftovers::All);
            }
            (None, RecordedState::Gone, Some(_) | None) => {
                if let Some(locked) = subject.locked {
                    self.out.forget(subject.key, locked);
                }
                self.leftovers(subject, Leftovers::All);
            }
            (Some(_), RecordedState::Contested(contested), Some(_) | None) => {
                self.refuse_claimed(subject, contested);
            }
            (None, RecordedState::Contested(contested), Some(_) | None) => {
                if self.is_to_be_deleted(subject) {
                    self.refuse_claimed(subject, contested);
                } else {
                    self.keep(subject, contested.instance);
                }
            }
            (Some(_), RecordedState::Abridged(seen), Some(_) | None) => {
                self.abridged(subject, seen);
            }
            (None, RecordedState::Abridged(seen), Some(_) | None) => {
                if self.is_to_be_deleted(subject) {
                    self.abridged(subject, seen);
                } else {
                    self.keep(subject, seen);
                }
            }
            (Some(_) | None, RecordedState::Unreadable, Some(_) | None) => self.out.refuse(
                RefusalCode::Unreadable,
                Some(subject.key),
                "recorded instance is not in the list, and the platform did not confirm that it is gone",
                "run the command again; until it is confirmed, nothing is created in its place",
            ),
            // A subject is in the manifest or in the lock file.
            (None, RecordedState::NotRecorded, Some(_) | None) => {}
        }
    }

    /// The key has no current instance. It gets one, unless a replace was interrupted here or a
    /// foreign claim forbids it.
    fn without_current(
        &mut self,
        subject: &Subject<'_>,
        desired: &DesiredInstance,
        reason: Reason,
    ) {
        if let Some(contested) = subject.contested.first() {
            // A create would make a second instance with this marker.
            self.refuse_claimed(subject, *contested);
        } else if let Some(old) = subject.retired.first() {
            self.continue_replace(subject, desired, old);
        } else {
            self.create(subject, desired, reason);
        }
    }

    /// The key has only a retired instance. The replace continues, or is undone if the manifest was
    /// reverted.
    fn continue_replace(
        &mut self,
        subject: &Subject<'_>,
        desired: &DesiredInstance,
        old: &ObservedInstance,
    ) {
        let went_back =
            desired.element.names(&old.element) && !self.input.policy.replace.contains(subject.key);
        if went_back {
            self.restore(subject, desired, old);
        } else {
            let reasons = vec![Reason::ReplaceUnfinished];
            self.replace(subject, desired, old, reasons);
        }
        self.contested(subject, old);
        for other in &subject.retired {
            if other.id != old.id {
                self.delete_retired(subject, old, other);
            }
        }
    }

    /// Refuses to touch an instance that carries the marker of another inventory or key.
    fn refuse_claimed(&mut self, subject: &Subject<'_>, contested: Contested<'_>) {
        let Contested { instance, claim } = contested;
        let own = Marker::live(self.index.inventory(), subject.key);
        let is_recorded = subject.locked.is_some_and(|entry| entry.id == instance.id);
        let ours = if is_recorded {
            "is recorded under this key, which has the marker"
        } else {
            "carries the marker"
        };
        self.out.refuse(
            RefusalCode::ForeignMarker,
            Some(subject.key),
            format!("instance {} {ours} `{own}`, but it {claim}", instance.id),
            "remove it from one of the two keys or inventories",
        );
    }
}
