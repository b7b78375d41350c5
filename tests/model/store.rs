//! What is durable on the runner's side: the lock file and the journal, and how they are replayed
//! and folded. The names are those of `connectorctl::ports::Record`.

use super::platform::Id;
use super::scope::{KEYS, Key, Mistake, Scope};
use super::state::Older;

/// A record of the journal. `Takeover` is not a value here: it gives an age to the intents before it that
/// have none, which is all it means. `Sending` concerns no identity.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Record {
    /// A request that may put the live marker of this key on an instance is about to be sent.
    Intent {
        /// Which.
        key: Key,
        /// Ticks since a later run took it over or, while the run that wrote it is alive, since the
        /// connection of its request ended; as far as anyone counts.
        age: Option<u8>,
        /// Whether the run that wrote it is still alive. What it knows of the connection dies with it.
        mine: bool,
    },
    /// The platform answered with this instance, and it is open whose that is.
    Candidate {
        /// Which.
        key: Key,
        /// The instance.
        id: Id,
    },
    /// The platform answered, and the outcome is still unknown.
    Answered {
        /// Which.
        key: Key,
    },
    /// Settled: nothing was created.
    NotCreated {
        /// Which.
        key: Key,
    },
    /// The entry of the key; settles its intent.
    Entry {
        /// Which.
        key: Key,
        /// The instance.
        id: Id,
    },
    /// The entry is no more.
    Removed {
        /// Which.
        key: Key,
    },
    /// The records after this one stand on this lock file.
    Base {
        /// Its content, which the code knows by its digest.
        lock: Entries,
    },
    /// The entry, and any open intent, belongs to another key now.
    Renamed {
        /// Before.
        from: Key,
        /// After.
        to: Key,
    },
}

/// `connectorctl::model::OpenIntent`: a create whose outcome the journal does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct OpenIntent {
    /// See [`Record::Intent`].
    pub(super) age: Option<u8>,
    /// Whether only the list lag has to pass.
    pub(super) answered: bool,
    /// See [`Record::Intent`].
    pub(super) mine: bool,
    /// See [`Record::Candidate`].
    pub(super) candidate: Option<Id>,
}

/// The lock file with the journal replayed over it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct View {
    /// The id and token recorded for each key.
    pub(super) entries: Entries,
    /// The creates nobody knows the outcome of.
    pub(super) intents: [Option<OpenIntent>; KEYS],
    /// The recent instances that the lock file lacks, one bit each: they are read by id.
    pub(super) missing: u32,
}

impl View {
    /// Whether the journal knows this instance and the lock file does not.
    pub(super) fn remembers(&self, id: Id) -> bool {
        self.missing & (1 << id) != 0
    }
}

/// The id recorded for each key.
pub(super) type Entries = [Option<Id>; KEYS];

/// An instance that was recorded a short time ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Recent {
    /// Under which key.
    key: Key,
    /// The instance.
    id: Id,
    /// Ticks until it is forgotten.
    left: u8,
}

/// What became of a lock file that a run wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// It is what the run recorded.
    AsRecorded,
    /// Somebody had changed it: it is merged.
    Merged,
    /// Somebody had changed the same key: it is left alone.
    Conflict,
}

/// One checkout: lock file, journal, and the exclusive lock held on it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Store {
    /// `instances.lock.json`.
    pub(super) lock: Entries,
    /// The one before the last fold, where a scope asks for it.
    before: Entries,
    /// As the run that holds the exclusive lock has read it.
    base: Option<Entries>,
    /// `.connectorctl/`.
    pub(super) journal: Vec<Record>,
    /// The checkpoint: the lock file that was written, and what was recorded a short time ago.
    written: Entries,
    recent: Vec<Recent>,
    /// A checkpoint that is not durable yet, by mistake.
    late: Vec<Recent>,
    /// The run that holds the exclusive lock; released by the kernel when it dies.
    pub(super) holder: Option<usize>,
}

impl Store {
    /// A fresh clone before the first apply.
    pub(super) fn empty() -> Self {
        Self {
            lock: [None; KEYS],
            before: [None; KEYS],
            base: None,
            journal: Vec::new(),
            written: [None; KEYS],
            recent: Vec::new(),
            late: Vec::new(),
            holder: None,
        }
    }

    /// Whether there is neither a lock file nor a journal.
    pub(super) fn is_fresh(&self) -> bool {
        self.lock == [None; KEYS] && self.journal.is_empty()
    }

    /// What the lock file becomes if it is lost or rolled back.
    pub(super) fn older(&self, older: Older) -> Entries {
        match older {
            Older::Lost => [None; KEYS],
            Older::Before => self.before,
        }
    }

    /// A run has read the lock file: its records stand on it.
    pub(super) fn stand_on_lock(&mut self, scope: &Scope) {
        self.base = Some(self.lock);
        let stood = self.journal.iter().rev().find_map(|record| match record {
            Record::Base { lock } => Some(*lock),
            _ => None,
        });
        if scope.rollbacks > 0 && stood.unwrap_or(self.written) != self.lock {
            self.journal.push(Record::Base { lock: self.lock });
        }
    }

    /// The run that has read it is gone.
    pub(super) fn release(&mut self) {
        self.base = None;
        self.late.clear();
    }

    /// Replays the journal.
    pub(super) fn view(&self, scope: &Scope) -> View {
        let (mut view, recent) = self.replay(scope);
        for Recent { key, id, .. } in recent {
            if view.entries[key] != Some(id) {
                view.missing |= 1 << id;
            }
        }
        view
    }

    /// Replays the journal; answers what is recent, too.
    fn replay(&self, scope: &Scope) -> (View, Vec<Recent>) {
        let lock = self.base.unwrap_or(self.lock);
        let mut view = View {
            entries: lock,
            intents: [None; KEYS],
            missing: 0,
        };
        let mut recent = self.recent.clone();
        if scope.makes(Mistake::CheckpointByDigest) && self.written == lock {
            recent.clear();
        }
        let may_differ = scope.rollbacks > 0;
        let mut is_same_lock = !may_differ || self.written == lock;
        let mut decided = [false; KEYS];
        let mut answered_before = [false; KEYS];
        for record in &self.journal {
            match *record {
                Record::Base { lock: stood } => is_same_lock = !may_differ || stood == lock,
                Record::Intent { key, age, mine } => {
                    let answered = answered_before[key] && scope.makes(Mistake::AnsweredSticks);
                    view.intents[key] = Some(OpenIntent {
                        age,
                        answered,
                        mine,
                        candidate: None,
                    });
                }
                Record::Candidate { key, id } => {
                    if let Some(intent) = &mut view.intents[key] {
                        intent.candidate = Some(id);
                    }
                }
                Record::Answered { key } => {
                    answered_before[key] = true;
                    if let Some(intent) = &mut view.intents[key] {
                        intent.answered = true;
                    }
                }
                Record::NotCreated { key } => view.intents[key] = None,
                Record::Entry { key, id } => {
                    let counts = is_same_lock
                        || decided[key]
                        || match view.entries[key] {
                            Some(recorded) => recorded == id,
                            None => !view.entries.contains(&Some(id)),
                        };
                    if counts {
                        view.entries[key] = Some(id);
                        decided[key] = true;
                    }
                    view.intents[key] = None;
                    if scope.rollbacks > 0 {
                        recent.retain(|one| one.id != id);
                        let left = scope.window();
                        recent.push(Recent { key, id, left });
                    }
                }
                Record::Removed { key } => {
                    if is_same_lock || decided[key] {
                        let removed = view.entries[key].take();
                        recent.retain(|one| Some(one.id) != removed);
                    }
                }
                Record::Renamed { from, to } => {
                    let may = is_same_lock || decided[from] || view.entries[to].is_none();
                    decided[to] |= may && view.entries[from].is_some();
                    view.rename(from, to, may);
                    for one in recent.iter_mut().filter(|one| one.key == from) {
                        one.key = to;
                    }
                }
            }
        }
        recent.sort_unstable();
        (view, recent)
    }

    /// The first half of the fold: the lock file is replaced, atomically and durably, and merged by key
    /// if somebody has changed it meanwhile.
    pub(super) fn fold_lock(&mut self, scope: &Scope) -> Written {
        let ours = self.view(scope).entries;
        let base = self.base.unwrap_or(self.lock);
        let mut merged = ours;
        for key in 0..KEYS {
            let there = self.lock[key];
            if there == base[key] || there == ours[key] {
                continue;
            }
            if ours[key] != base[key] {
                return Written::Conflict;
            }
            merged[key] = there;
        }
        let twice = merged[0].is_some() && merged[0] == merged[1];
        if twice || (self.lock == [None; KEYS] && base != self.lock) {
            return Written::Conflict;
        }
        if scope.rollbacks > 0 && self.lock != merged {
            self.before = self.lock;
        }
        self.lock = merged;
        self.base = Some(merged);
        if merged == ours {
            Written::AsRecorded
        } else {
            Written::Merged
        }
    }

    /// The second half: the checkpoint takes the journal's place. It has the open intents, with their
    /// times, and what is recent.
    pub(super) fn fold_journal(&mut self, scope: &Scope) {
        let (View { intents: open, .. }, recent) = self.replay(scope);
        self.journal.clear();
        // What this run wrote, whatever somebody has put there since.
        self.written = self.base.unwrap_or(self.lock);
        self.recent.clear();
        if scope.makes(Mistake::CheckpointLate) {
            self.late = recent;
        } else if !scope.makes(Mistake::NoCheckpoint) {
            self.recent = recent;
        }
        if scope.makes(Mistake::FoldDropsIntents) {
            return;
        }
        for (key, intent) in open.into_iter().enumerate() {
            let Some(intent) = intent else { continue };
            let OpenIntent {
                age,
                answered,
                mine,
                candidate,
            } = intent;
            self.journal.push(Record::Intent { key, age, mine });
            let candidate = candidate.map(|id| Record::Candidate { key, id });
            self.journal.extend(candidate);
            if answered {
                self.journal.push(Record::Answered { key });
            }
        }
    }

    /// The checkpoint becomes durable, too late.
    pub(super) fn write_checkpoint(&mut self) {
        self.recent = std::mem::take(&mut self.late);
    }

    /// The run that wrote the intents is dead or has exited.
    pub(super) fn disown(&mut self, scope: &Scope) {
        let keeps = scope.makes(Mistake::NoTakeover) || scope.makes(Mistake::TakeoverCoversLater);
        for record in &mut self.journal {
            if let Record::Intent { mine, age, .. } = record {
                if *mine && !keeps {
                    *age = None;
                }
                *mine = false;
            }
        }
    }

    /// `StoredEvent::Takeover`: a run got the exclusive lock, so whoever wrote these intents is dead.
    pub(super) fn take_over(&mut self) {
        for record in &mut self.journal {
            if let Record::Intent { age, .. } = record {
                age.get_or_insert(0);
            }
        }
    }

    pub(super) fn append(&mut self, mut record: Record, scope: &Scope) {
        if let Record::Intent { age: new, .. } = &mut record {
            if scope.makes(Mistake::NoTakeover) {
                *new = Some(0);
            } else if scope.makes(Mistake::TakeoverCoversLater) {
                let ages = self.journal.iter().filter_map(|record| match record {
                    Record::Intent { age, mine, .. } if !mine => *age,
                    _ => None,
                });
                *new = ages.max();
            }
        }
        if let Record::NotCreated { key: settled } | Record::Entry { key: settled, .. } = record {
            // Nobody looks at the age or the candidate of a settled intent again: fewer equal states.
            let is_settled = |record: &Record| matches!(record, Record::Candidate { key, .. } if *key == settled);
            self.journal.retain(|record| !is_settled(record));
            for older in &mut self.journal {
                if let Record::Intent { key, age, mine } = older
                    && *key == settled
                {
                    (*age, *mine) = (Some(scope.cap()), false);
                }
            }
        }
        self.journal.push(record);
    }

    /// The connection of this key's request has ended, and its run lives on.
    pub(super) fn connection_ended(&mut self, ended: Key) {
        for record in &mut self.journal {
            if let Record::Intent { key, age, mine } = record
                && *mine
                && *key == ended
            {
                *age = Some(0);
            }
        }
    }

    /// A tick.
    pub(super) fn tick(&mut self, cap: u8) {
        for recent in self.recent.iter_mut().chain(&mut self.late) {
            recent.left = recent.left.saturating_sub(1);
        }
        self.recent.retain(|recent| recent.left > 0);
        for record in &mut self.journal {
            if let Record::Intent { age: Some(age), .. } = record {
                *age = (*age + 1).min(cap);
            }
        }
    }
}

impl View {
    fn rename(&mut self, from: Key, to: Key, may_move: bool) {
        if may_move && let Some(id) = self.entries[from].take() {
            self.entries[to] = Some(id);
        }
        let Some(moved) = self.intents[from].take() else {
            return;
        };
        // Where both are open, what is waited for is the longer of the two.
        self.intents[to] = match self.intents[to] {
            Some(own) => Some(OpenIntent {
                age: own.age.min(moved.age),
                answered: own.answered && moved.answered,
                mine: own.mine || moved.mine,
                candidate: own.candidate.or(moved.candidate),
            }),
            None => Some(moved),
        };
    }
}
