//! The plan: what a run decides for one key, and the notes it writes. A transcription of the
//! presence table, with open intents before everything else.

use connectorctl::model::{MarkerState, NoteCode};

use super::platform::{Id, Instance, NOBODY, Platform};
use super::scope::{ALL_KEYS, Key, Manifest, Mistake, Scope, Want};
use super::store::View;

/// What a run is about to do next for a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Task {
    /// To be planned.
    Todo,
    /// Nothing left.
    Done,
    /// Searches by marker until an instance shows or the window has passed.
    Settle,
    /// The window has passed: `NotCreated` is to be recorded.
    Close,
    /// `Intent` is to be recorded, then the `POST`.
    Create,
    /// The same, to finish the replace of this retired instance.
    CreateFor(Id),
    /// `Intent` is durable, the `POST` is to be sent.
    Ready,
    /// The `POST` is under way.
    Sent,
    /// It answered with this id, and `Candidate` is to be recorded.
    Heard(Id),
    /// That is ours, and `Entry` is to be recorded.
    Got(Id),
    /// It answered with an error that proves nothing: `Answered` is to be recorded.
    Erred,
    /// It was refused, provably: `NotCreated` is to be recorded, and the step has failed.
    Refused,
    /// An instance found by its marker: `Entry` is to be recorded.
    Adopt(Id),
    /// The old instance of a replace is to get the retired marker.
    Retire(Id),
    /// `Intent` is to be recorded, then the retired instance gets its live marker back.
    Restore(Id),
    /// `Intent` is durable, the `PATCH` is to be sent.
    RestoreReady(Id),
    /// The live marker of the old key is to become that of the new one.
    Rename(Id),
    /// `Renamed` is to be recorded.
    Moved,
    /// A retired instance is to be deleted; the new one is recorded.
    DeleteRetired(Id),
    /// An instance that left the manifest is to be deleted.
    DeletePruned(Id),
    /// `Removed` is to be recorded.
    Forget,
}

/// What a plan reads.
pub(super) struct Sight<'a> {
    /// The bounds, for the mistakes.
    pub(super) scope: &'a Scope,
    /// The platform.
    pub(super) platform: &'a Platform,
    /// The lock file and the journal.
    pub(super) view: View,
    /// The manifest the run was started with.
    pub(super) manifest: &'a Manifest,
}

impl Sight<'_> {
    /// The keys whose markers are this key's: its own and that of its `movedFrom`.
    fn family(&self, key: Key) -> Vec<Key> {
        let before = self.manifest[key].and_then(|want| want.moved_from);
        [Some(key), before].into_iter().flatten().collect()
    }

    /// The instances a search for the markers of these keys shows, oldest first, in the state that
    /// a read by id tells.
    fn search(&self, keys: &[Key], state: MarkerState) -> Vec<&Instance> {
        if self.scope.makes(Mistake::NoMarkerSearch) {
            return Vec::new();
        }
        let remembered = |i: &&Instance| self.view.remembers(i.id);
        let shown =
            |i: &&Instance| i.seen.is_some_and(|mark| keys.contains(&mark.key)) || remembered(i);
        let is = |i: &&Instance| {
            let told = if self.scope.makes(Mistake::HitNotReread) {
                i.seen.unwrap_or(i.mark)
            } else {
                i.mark
            };
            told.state == state && keys.contains(&told.key)
        };
        let all = self.platform.instances.iter();
        all.filter(shown).filter(is).collect()
    }

    /// Whether this instance is ours, as a read by id tells.
    pub(super) fn is_ours(&self, key: Key, id: Id) -> bool {
        let is_marked = |i: &Instance| {
            i.mark.state == MarkerState::Live && self.family(key).contains(&i.mark.key)
        };
        let is_altered = |i: &Instance| self.scope.alters_tags && i.mark.key == NOBODY;
        let instance = self.platform.get(id);
        instance.is_some_and(|i| is_marked(i) || is_altered(i))
    }

    /// What settles an intent of this key: the candidate, or the oldest that a search finds.
    pub(super) fn hit(&self, key: Key) -> Option<Id> {
        let candidate = self.view.intents[key].and_then(|intent| intent.candidate);
        let is_taken =
            |id: &Id| self.is_ours(key, *id) || self.scope.makes(Mistake::CandidateUnread);
        let forgets = self.scope.makes(Mistake::CandidateForgotten);
        if let Some(id) = candidate.filter(is_taken).filter(|_| !forgets) {
            return Some(id);
        }
        let keys = if self.scope.makes(Mistake::OwnMarkerOnly) {
            vec![key]
        } else {
            self.family(key)
        };
        self.search(&keys, MarkerState::Live).first().map(|i| i.id)
    }

    /// Whether another key was this one before.
    fn is_claimed(&self, key: Key) -> bool {
        let moved = |want: &Want| want.moved_from == Some(key);
        self.manifest.iter().flatten().any(moved)
    }

    /// The next task of one key.
    pub(super) fn decide(&self, key: Key) -> Task {
        match self.manifest[key] {
            Some(want) => self.wanted(key, want),
            None => self.unwanted(key),
        }
    }

    fn unwanted(&self, key: Key) -> Task {
        if self.is_claimed(key) {
            return Task::Done;
        }
        if self.view.intents[key].is_some() {
            return Task::Settle;
        }
        match self.view.entries[key] {
            Some(id) if self.platform.get(id).is_none() => Task::Forget,
            Some(id) if self.scope.prune => Task::DeletePruned(id),
            Some(_) | None => Task::Done,
        }
    }

    fn wanted(&self, key: Key, want: Want) -> Task {
        let Want {
            element,
            moved_from,
        } = want;
        if moved_from.is_some_and(|before| self.view.intents[before].is_some()) {
            return Task::Moved;
        }
        let keys = self.family(key);
        let before = moved_from.and_then(|before| self.view.entries[before]);
        let recorded = self.view.entries[key].or(before);
        let recorded = recorded.and_then(|id| self.platform.get(id));
        let ours = recorded.filter(|i| keys.contains(&i.mark.key));
        let bare = recorded.filter(|i| i.mark.key == NOBODY);
        let mut retired = self.search(&keys, MarkerState::Retired);
        if let Some(old) = ours.filter(|i| i.mark.state == MarkerState::Retired)
            && !retired.iter().any(|i| i.id == old.id)
        {
            retired.push(old);
        }
        let back = retired.iter().find(|i| i.element == element);
        if self.view.intents[key].is_some() {
            return match back {
                Some(old) if self.scope.makes(Mistake::RestoreUnsettled) => {
                    Task::RestoreReady(old.id)
                }
                Some(_) | None => Task::Settle,
            };
        }
        if let Some(bare) = bare {
            // The marker is missing, and where the platform alters tags that never ends.
            let restores = !self.scope.alters_tags;
            return if restores {
                Task::Rename(bare.id)
            } else {
                Task::Done
            };
        }
        let live = ours.filter(|i| i.mark.state == MarkerState::Live);
        let hits = self.search(&keys, MarkerState::Live);
        let Some(current) = live.or(hits.first().copied()) else {
            return match back {
                Some(old) if self.scope.makes(Mistake::RestoreUnjournaled) => {
                    Task::RestoreReady(old.id)
                }
                Some(old) => Task::Restore(old.id),
                None => retired
                    .first()
                    .map_or(Task::Create, |old| Task::CreateFor(old.id)),
            };
        };
        if self.view.entries[key] != Some(current.id) {
            return if before == Some(current.id) && current.mark.key == key {
                Task::Moved
            } else if before == Some(current.id) {
                Task::Rename(current.id)
            } else {
                Task::Adopt(current.id)
            };
        }
        if current.mark.key != key && !self.scope.makes(Mistake::HitNotReread) {
            return Task::Rename(current.id);
        }
        if current.element != element {
            return Task::Retire(current.id);
        }
        match retired.iter().find(|i| i.id != current.id) {
            Some(old) => Task::DeleteRetired(old.id),
            None => Task::Done,
        }
    }

    /// The notes about instances that carry a live marker and are not the current one of their key.
    pub(super) fn notes(&self) -> Vec<(NoteCode, Id)> {
        let mut notes = Vec::new();
        for key in ALL_KEYS.into_iter().filter(|key| !self.is_claimed(*key)) {
            let hits = self.search(&self.family(key), MarkerState::Live);
            let recorded = self.view.entries[key].filter(|id| hits.iter().any(|i| i.id == *id));
            let current = recorded.or(hits.first().map(|i| i.id));
            for hit in &hits {
                let is_current = Some(hit.id) == current;
                match self.manifest[key] {
                    Some(_) if is_current => {}
                    Some(_) => notes.push((NoteCode::Duplicate, hit.id)),
                    None if Some(hit.id) == recorded => notes.push((NoteCode::Kept, hit.id)),
                    None => notes.push((NoteCode::Orphan, hit.id)),
                }
            }
        }
        notes
    }
}
