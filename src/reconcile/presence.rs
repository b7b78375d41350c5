//! The presence table: the decision for each combination of desired, recorded and observed state,
//! in one exhaustive match. `docs/lifecycle.md` documents the same table.

use super::planner::{Planner, again_or_exclude};
use super::subject::{Claim, Contested, Declared, RecordedState, Subject};
use crate::model::{Marker, ObservedInstance, Reason, RefusalCode};

impl Planner<'_> {
    /// Decides about one key.
    pub(super) fn decide(&mut self, subject: &Subject<'_>) {
        let declared = |desired| Declared { subject, desired };
        let declared = subject.desired.map(declared);
        let marked = subject.marked.first().copied();
        match (declared, subject.recorded, marked) {
            (Some(declared), RecordedState::NotRecorded, None) => {
                self.without_current(declared, Reason::Missing);
            }
            (Some(declared), RecordedState::Gone, None) => {
                self.without_current(declared, Reason::Vanished);
            }
            (Some(declared), RecordedState::NotRecorded, Some(seen)) => {
                self.adopt(declared, seen, Reason::MarkerFound);
                self.others(subject, seen);
            }
            (Some(declared), RecordedState::Gone, Some(seen)) => {
                self.adopt(declared, seen, Reason::Vanished);
                self.others(subject, seen);
            }
            (Some(declared), RecordedState::Live(seen), Some(_) | None) => {
                self.compare(declared, seen);
                self.others(subject, seen);
            }
            (Some(declared), RecordedState::Retired(old), Some(new)) => {
                self.adopt(declared, new, Reason::ReplaceUnfinished);
                self.others(subject, new);
                self.delete_retired(subject, new, old);
            }
            (Some(declared), RecordedState::Retired(old), None) => {
                // Undone or finished, the replace would make a second instance with this marker.
                if !self.refuse_contested(subject) {
                    self.continue_replace(declared, old);
                }
            }
            (None, RecordedState::Live(seen), Some(_) | None) => {
                if self.removed(subject, seen) {
                    self.leftovers(subject, &subject.marked);
                } else {
                    // Those with the live marker are duplicates of the instance that is kept.
                    self.duplicates(subject, seen);
                    self.leftovers(subject, &[]);
                }
            }
            // A replace was interrupted, and the key has left the manifest since.
            (None, RecordedState::Retired(seen), Some(_) | None) => {
                self.removed(subject, seen);
                self.leftovers(subject, &subject.marked);
            }
            (None, RecordedState::Gone, Some(_) | None) => {
                self.forget(subject, Reason::Vanished);
            }
            (Some(_) | None, RecordedState::Renamed, Some(_) | None) => {
                self.forget(subject, Reason::Moved);
            }
            (Some(_), RecordedState::Contested(contested), Some(_) | None) => {
                self.refuse_claimed(subject, contested);
                self.beside_refused(subject);
            }
            (None, RecordedState::Contested(contested), Some(_) | None) => {
                if self.is_to_be_deleted(subject) {
                    self.refuse_claimed(subject, contested);
                } else {
                    let why = format!("it {}, so no option deletes it", contested.claim);
                    self.keep(subject, contested.instance, Some(&why));
                }
                self.leftovers(subject, &subject.marked);
            }
            (Some(_), RecordedState::Abridged(seen), Some(_) | None) => {
                self.abridged(subject, seen);
                self.beside_refused(subject);
            }
            (None, RecordedState::Abridged(seen), Some(_) | None) => {
                if self.is_to_be_deleted(subject) {
                    self.abridged(subject, seen);
                } else {
                    let why = "the platform did not return all of it, so no option deletes it";
                    self.keep(subject, seen, Some(why));
                }
                self.duplicates(subject, seen);
                self.leftovers(subject, &[]);
            }
            (Some(_) | None, RecordedState::Unreadable, Some(_) | None) => {
                self.out.refuse(
                    RefusalCode::Unreadable,
                    Some(subject.key),
                    "recorded instance is not in the list, and the platform did not confirm that it is gone",
                    again_or_exclude(subject.key),
                );
                self.beside_refused(subject);
            }
            // A subject is in the manifest or in the lock file.
            (None, RecordedState::NotRecorded, Some(_) | None) => {}
        }
    }

    /// The key has no current instance. It gets one, unless a replace was interrupted here or a
    /// foreign claim forbids it.
    fn without_current(&mut self, declared: Declared<'_>, reason: Reason) {
        let subject = declared.subject;
        // A create would make a second instance with this marker.
        if self.refuse_contested(subject) {
            return;
        }
        if let Some(old) = subject.retired.first() {
            self.continue_replace(declared, old);
        } else {
            self.create(declared, reason);
        }
    }

    /// The key has only a retired instance. The replace continues, or is undone if the manifest was
    /// reverted.
    fn continue_replace(&mut self, declared: Declared<'_>, old: &ObservedInstance) {
        let Declared { subject, desired } = declared;
        if old.is_abridged() {
            return self.abridged(subject, old);
        }
        let went_back =
            desired.element.names(&old.element) && !self.input.policy.replace.contains(subject.key);
        if went_back {
            self.restore(declared, old);
        } else {
            self.replace(declared, old, [Reason::ReplaceUnfinished]);
        }
        self.contested(subject, old);
        for other in &subject.retired {
            if other.id != old.id {
                self.delete_retired(subject, old, other);
            }
        }
    }

    /// Refuses the key if an instance with its marker also belongs to somebody else, and says whether
    /// it did.
    fn refuse_contested(&mut self, subject: &Subject<'_>) -> bool {
        for contested in &subject.contested {
            self.refuse_claimed(subject, *contested);
        }
        let is_contested = !subject.contested.is_empty();
        if is_contested {
            self.beside_refused(subject);
        }
        is_contested
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
            self.claim_hint(subject, contested),
        );
    }

    /// What ends a claim of somebody else.
    fn claim_hint(&self, subject: &Subject<'_>, contested: Contested<'_>) -> String {
        let Contested { instance, claim } = contested;
        let own = Marker::live(self.index.inventory(), subject.key);
        if let Claim::Entry(other) = claim
            && self.input.policy.selection.excludes(other.as_str())
            && self.index.became_anothers(other, instance.id)
        {
            return format!(
                "do not exclude `{other}`: its entry is outdated, and a plan removes it"
            );
        }
        let is_recorded = subject.locked.is_some_and(|entry| entry.id == instance.id);
        let wrong = match claim {
            Claim::Entry(_) => format!("`{own}`"),
            Claim::Marker(marker) if is_recorded => format!("`{marker}`"),
            Claim::Marker(marker) => format!("`{own}` or `{marker}`"),
        };
        let remove = format!("remove the marker {wrong} from it on the platform");
        // With two markers, a rebuild leaves it to the key that records it.
        if instance.markers().count() > 1 {
            return remove;
        }
        let then = match claim {
            Claim::Marker(marker) if !Marker::belongs_to(marker, self.index.inventory()) => {
                "drops the entry of an instance that belongs to somebody else"
            }
            Claim::Entry(_) | Claim::Marker(_) => "records each instance for the key of its marker",
        };
        format!("{remove}, or, if it is right, run `connectorctl lock rebuild`, which {then}")
    }
}
