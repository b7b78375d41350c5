//! What is durable on the runner's side: the lock file and the journal, and how they are replayed
//! and folded. The names are those of `connectorctl::ports::Record`.

use super::platform::Id;
use super::scope::{KEYS, Key, Mistake, Scope};

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
    pub(super) entries: [Option<Id>; KEYS],
    /// The creates nobody knows the outcome of.
    pub(super) intents: [Option<OpenIntent>; KEYS],
}

/// One checkout: lock file, journal, and the exclusive lock held on it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Store {
    /// `instances.lock.json`.
    pub(super) lock: [Option<Id>; KEYS],
    /// `.connectorctl/`.
    pub(super) journal: Vec<Record>,
    /// The run that holds the exclusive lock; released by the kernel when it dies.
    pub(super) holder: Option<usize>,
}

impl Store {
    /// A fresh clone before the first apply.
    pub(super) fn empty() -> Self {
        Self {
            lock: [None; KEYS],
            journal: Vec::new(),
            holder: None,
        }
    }

    /// Whether there is neither a lock file nor a journal.
    pub(super) fn is_fresh(&self) -> bool {
        self.lock == [None; KEYS] && self.journal.is_empty()
    }

    /// Replays the journal.
    pub(super) fn view(&self, scope: &Scope) -> View {
        let mut view = View {
            entries: self.lock,
            intents: [None; KEYS],
        };
        let mut answered_before = [false; KEYS];
        for record in &self.journal {
            match *record {
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
                    view.entries[key] = Some(id);
                    view.intents[key] = None;
                }
                Record::Removed { key } => view.entries[key] = None,
                Record::Renamed { from, to } => view.rename(from, to),
            }
        }
        view
    }

    /// The first half of the fold: the lock file is replaced, atomically and durably.
    pub(super) fn fold_lock(&mut self, scope: &Scope) {
        self.lock = self.view(scope).entries;
    }

    /// The second half: the journal keeps the open intents, with their times, and nothing else.
    pub(super) fn fold_journal(&mut self, scope: &Scope) {
        let open = self.view(scope).intents;
        self.journal.clear();
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
        for record in &mut self.journal {
            if let Record::Intent { age: Some(age), .. } = record {
                *age = (*age + 1).min(cap);
            }
        }
    }
}

impl View {
    fn rename(&mut self, from: Key, to: Key) {
        if let Some(id) = self.entries[from].take() {
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
