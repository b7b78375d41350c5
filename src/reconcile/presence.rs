//! The presence table: what follows from desired, recorded and observed, in one exhaustive match.
//! `docs/lifecycle.md` has the same table for people.

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
                self.nothing_current(subject, desired, Reason::Missing);
            }
            (Some(desired), RecordedState::Gone, None) => {
                self.nothing_current(subject, desired, Reason::Vanished);
            }
            (Some(desired), RecordedState::NotRecorded, Some(seen)) => {
                self.adopt(subject, desired, seen, Reason::MarkerFound);
                self.besides(subject, seen);
            }
            (Some(desired), RecordedState::Gone, Some(seen)) => {
                self.adopt(subject, desired, seen, Reason::Vanished);
                self.besides(subject, seen);
            }
            (Some(desired), RecordedState::Live(seen), Some(_) | None) => {
                self.compare(subject, desired, seen);
                self.besides(subject, seen);
            }
            (Some(desired), RecordedState::Retired(old), Some(new)) => {
                self.adopt(subject, desired, new, Reason::ReplaceUnfinished);
                self.besides(subject, new);
                self.delete_retired(subject, new, old);
            }
            (Some(desired), RecordedState::Retired(old), None) => {
                self.unfinished(subject, desired, old);
            }
            (None, RecordedState::Live(seen), Some(_) | None) => {
                let leftovers = if self.removed(subject, seen) {
                    Leftovers::All
                } else {
                    self.duplicates(subject, seen);
                    Leftovers::Retired
                };
                self.left_over(subject, leftovers);
            }
            // The old one of a replace, and the manifest wants neither it nor its successor.
            (None, RecordedState::Retired(seen), Some(_) | None) => {
                self.removed(subject, seen);
                self.left_over(subject, Leftovers::All);
            }
            (None, RecordedState::Gone, Some(_) | None) => {
                if let Some(locked) = subject.locked {
                    self.out.forget(subject.key, locked);
                }
                self.left_over(subject, Leftovers::All);
            }
            (Some(_), RecordedState::Contested(contested), Some(_) | None) => {
                self.claimed_by_two(subject, contested);
            }
            (None, RecordedState::Contested(contested), Some(_) | None) => {
                if self.is_to_go(subject) {
                    self.claimed_by_two(subject, contested);
                } else {
                    self.keep(subject, contested.instance);
                }
            }
            (Some(_), RecordedState::Abridged(seen), Some(_) | None) => {
                self.abridged(subject, seen);
            }
            (None, RecordedState::Abridged(seen), Some(_) | None) => {
                if self.is_to_go(subject) {
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
            // A subject comes from the manifest or from the lock file.
            (None, RecordedState::NotRecorded, Some(_) | None) => {}
        }
    }

    /// Nothing is current: it is created, unless a replace was cut off here, or somebody else claims
    /// what carries our marker.
    fn nothing_current(
        &mut self,
        subject: &Subject<'_>,
        desired: &DesiredInstance,
        reason: Reason,
    ) {
        if let Some(contested) = subject.contested.first() {
            // A create would make a second one with this marker.
            self.claimed_by_two(subject, *contested);
        } else if let Some(old) = subject.retired.first() {
            self.unfinished(subject, desired, old);
        } else {
            self.create(subject, desired, reason);
        }
    }

    /// Nothing is current, and an instance is retired: the replace goes on, or, where the manifest
    /// went back, is undone.
    fn unfinished(
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

    /// An instance of ours carries the marker of another inventory or key: hands off, and both are
    /// named.
    fn claimed_by_two(&mut self, subject: &Subject<'_>, contested: Contested<'_>) {
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
