//! Instances that are no longer in the manifest.

use super::planner::Planner;
use super::subject::{Claim, Contested, Subject};
use crate::model::{
    InstanceKey, Marker, NoteCode, ObservedInstance, OnRemove, Prune, Reason, RefusalCode,
};

/// What may be done with an orphan.
enum OrphanAction {
    /// Delete it under this key, if the caller asked for it.
    Prune(InstanceKey),
    /// Leave it alone, for this reason.
    Leave(String),
}

impl Planner<'_> {
    /// Whether the recorded instance of a key that left the manifest has to be deleted. A key that was
    /// renamed did not leave it: a second instance is a duplicate.
    pub(super) fn is_to_be_deleted(&self, subject: &Subject<'_>) -> bool {
        if self.index.is_claimed(subject.key) {
            return self.input.policy.prunes(Prune::Duplicates);
        }
        let on_remove = subject.locked.map(|locked| locked.lifecycle.on_remove);
        self.input.policy.prunes(Prune::Removed) || on_remove == Some(OnRemove::Delete)
    }

    /// Keeps the recorded instance of a key that left the manifest, or deletes it if asked for.
    /// Returns whether it is deleted.
    pub(super) fn removed(&mut self, subject: &Subject<'_>, seen: &ObservedInstance) -> bool {
        if !self.is_to_be_deleted(subject) {
            let is_protected = subject.locked.is_some_and(|it| it.lifecycle.protect);
            self.keep(subject, seen, is_protected.then_some("it is protected"));
            return false;
        }
        let mut locked = subject.locked.into_iter();
        if locked.any(|locked| locked.lifecycle.protect) {
            self.out.refuse(
                RefusalCode::Protected,
                Some(subject.key),
                format!("instance {} left the manifest but is protected", seen.id),
                self.unprotect_hint(subject.key),
            );
            return false;
        }
        let reasons: &[Reason] = if self.index.is_claimed(subject.key) {
            &[Reason::Duplicate, Reason::Pruned]
        } else if self.input.policy.prunes(Prune::Removed) {
            &[Reason::Removed, Reason::Pruned]
        } else {
            &[Reason::Removed]
        };
        self.out.delete(subject.key, seen, true, reasons);
        true
    }

    /// Drops the entry of a key that left the manifest and has no instance any more.
    pub(super) fn forget(&mut self, subject: &Subject<'_>, why: Reason) {
        if let Some(locked) = subject.locked {
            self.out.forget(subject.key, locked, why);
        }
        // Of a key that is only in the way of a selected one, nothing but the entry is looked at.
        if self.input.policy.selection.includes(subject.key.as_str()) {
            self.leftovers(subject, &subject.marked);
        }
    }

    /// What lifts the protection of a key that left the manifest: an apply of its declaration. A key that is
    /// the `movedFrom` of another cannot be declared.
    fn unprotect_hint(&self, key: &InstanceKey) -> String {
        let first = match self.index.claimed_by(key) {
            None => String::new(),
            Some(new) => format!("remove `movedFrom` from `{new}`, "),
        };
        format!("{first}declare `{key}` again with `protect: false`, apply, and then remove it")
    }

    /// Notes that an instance is kept; `why` if no option deletes it.
    pub(super) fn keep(
        &mut self,
        subject: &Subject<'_>,
        seen: &ObservedInstance,
        why: Option<&str>,
    ) {
        // The note is one on the key that the manifest has.
        let (code, key, what, option) = match self.index.claimed_by(subject.key) {
            None => (
                NoteCode::Kept,
                subject.key,
                "left the manifest".to_owned(),
                "--prune",
            ),
            Some(new) => {
                let old = subject.key;
                let what = format!(
                    "is left from a rename: `{new}` has an instance of its own, and this one is recorded as `{old}`"
                );
                (NoteCode::Duplicate, new, what, "--prune=duplicates")
            }
        };
        let then = why.map_or_else(|| format!("`{option}` deletes it"), str::to_owned);
        let message = format!("instance {} {what}; {then}", seen.id);
        self.out.note(code, Some(key), message);
    }

    /// Orphans: instances that carry our marker but are in neither the manifest nor the lock file.
    pub(super) fn orphans(&mut self) {
        for (seen, marker) in self.index.orphans() {
            let key = Marker::key_in(marker, self.index.inventory());
            let key = key.and_then(|key| InstanceKey::new(key).ok());
            let selection = &self.input.policy.selection;
            let selected = match &key {
                Some(key) => selection.includes(key.as_str()),
                None => selection.is_everything(),
            };
            if !selected {
                continue;
            }
            // The live and the retired marker of one key are one claim.
            let named = |tag: &str| Marker::key_in(tag, self.index.inventory());
            let is_another = |tag: &&str| {
                *tag != marker && (named(tag).is_none() || named(tag) != named(marker))
            };
            let second = seen.markers().find(is_another);
            let action = match (second, key) {
                (Some(second), _) => OrphanAction::Leave(format!("it also carries `{second}`")),
                (None, None) => OrphanAction::Leave("its marker names no key".to_owned()),
                (None, Some(key)) => OrphanAction::Prune(key),
            };
            self.orphan(seen, marker, action);
        }
    }

    /// The orphans among the instances of a key that left the manifest: those with the retired marker,
    /// and these with the live one.
    pub(super) fn leftovers(&mut self, subject: &Subject<'_>, marked: &[&ObservedInstance]) {
        for seen in marked.iter().chain(&subject.retired) {
            if let Some(marker) = seen.marker() {
                self.orphan(seen, marker, OrphanAction::Prune(subject.key.clone()));
            }
        }
        for Contested { instance, claim } in &subject.contested {
            if let (Claim::Marker(other), Some(marker)) = (claim, instance.marker()) {
                let action = OrphanAction::Leave(format!("it also carries `{other}`"));
                self.orphan(instance, marker, action);
            }
        }
    }

    fn orphan(&mut self, seen: &ObservedInstance, marker: &str, action: OrphanAction) {
        let then = match action {
            OrphanAction::Leave(why) => format!("{why}, so it is left alone"),
            OrphanAction::Prune(key) if self.input.policy.prunes(Prune::Orphans) => {
                self.out.delete(&key, seen, false, &[Reason::Pruned]);
                return;
            }
            OrphanAction::Prune(_) => "`--prune=orphans` deletes it".to_owned(),
        };
        let message = format!(
            "instance {} carries our marker `{marker}` but is in neither the manifest nor the lock \
             file; {then}",
            seen.id
        );
        self.out.note(NoteCode::Orphan, None, message);
    }
}
