//! Instances that exist besides the current one of a key: duplicates, and old instances of
//! replaces.

use super::planner::Planner;
use super::subject::Subject;
use crate::model::{NoteCode, ObservedInstance, Prune, Reason};

impl Planner<'_> {
    /// Handles all instances of the key besides the current one.
    pub(super) fn others(&mut self, subject: &Subject<'_>, current: &ObservedInstance) {
        self.duplicates(subject, current);
        self.contested(subject, current);
        for old in &subject.retired {
            self.delete_retired(subject, current, old);
        }
    }

    /// Duplicates are noted, and deleted only on request.
    pub(super) fn duplicates(&mut self, subject: &Subject<'_>, current: &ObservedInstance) {
        let others = subject.marked.iter().copied();
        let mut others: Vec<&ObservedInstance> =
            others.filter(|other| other.id != current.id).collect();
        if others.is_empty() {
            return;
        }
        others.sort_by_key(|other| other.id);
        let listed: Vec<String> = others.iter().map(|other| other.id.to_string()).collect();
        let pruned = self.input.policy.prunes(Prune::Duplicates);
        let then = if pruned {
            "this plan deletes them"
        } else {
            "`--prune=duplicates` deletes them"
        };
        self.out.note(
            NoteCode::Duplicate,
            Some(subject.key),
            format!(
                "instance {} is current, but others carry the same marker: {}; {then}",
                current.id,
                listed.join(", ")
            ),
        );
        if pruned {
            for other in others {
                let reasons = [Reason::Duplicate, Reason::Pruned];
                self.out.delete(subject.key, other, false, &reasons);
            }
        }
    }

    /// Instances that also carry a foreign marker are noted and never deleted.
    pub(super) fn contested(&mut self, subject: &Subject<'_>, current: &ObservedInstance) {
        for both in &subject.contested {
            let message = format!(
                "instance {} is current; instance {} carries the same marker, but it {}, so it is \
                 left alone",
                current.id, both.instance.id, both.claim
            );
            self.out
                .note(NoteCode::Duplicate, Some(subject.key), message);
        }
    }

    /// Notes the instances of a key that is refused, which says nothing of them. None of them is deleted,
    /// because it is open which one is current.
    pub(super) fn beside_refused(&mut self, subject: &Subject<'_>) {
        for seen in &subject.marked {
            let message = format!(
                "instance {} carries the marker of this key, too, and is left alone while the key is \
                 refused",
                seen.id
            );
            self.out
                .note(NoteCode::Duplicate, Some(subject.key), message);
        }
        for seen in &subject.retired {
            let message = format!(
                "instance {} was replaced and is left alone while the key is refused",
                seen.id
            );
            self.out.note(NoteCode::Retired, Some(subject.key), message);
        }
    }

    /// Deletes the old instance of a replace once the new one is valid.
    pub(super) fn delete_retired(
        &mut self,
        subject: &Subject<'_>,
        current: &ObservedInstance,
        old: &ObservedInstance,
    ) {
        if current.valid {
            let reasons = [Reason::ReplaceUnfinished];
            self.out.delete(subject.key, old, false, &reasons);
        } else {
            let current = current.id;
            let message = format!(
                "instance {} was replaced by {current} and is kept until {current} is valid",
                old.id
            );
            self.out.note(NoteCode::Retired, Some(subject.key), message);
        }
    }
}
