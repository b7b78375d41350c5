//! The platform: instances, requests that were cut and may still take effect, and searches that lag.

use connectorctl::model::MarkerState;

use super::scope::{KEYS, Key};

/// An instance id: ascending.
pub(super) type Id = u8;

/// The id of the instance of somebody else.
pub(super) const STRANGER: Id = 0;

/// In place of a key: the marker is nobody's, or there is none.
pub(super) const NOBODY: Key = KEYS;

/// The marker on an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Mark {
    /// Whose.
    pub(super) key: Key,
    /// Live or retired.
    pub(super) state: MarkerState,
}

impl Mark {
    /// The marker of the current instance.
    pub(super) fn live(key: Key) -> Self {
        let state = MarkerState::Live;
        Self { key, state }
    }

    /// The marker of an instance that is being replaced.
    pub(super) fn retired(key: Key) -> Self {
        let state = MarkerState::Retired;
        Self { key, state }
    }
}

/// One instance.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Instance {
    /// Its id.
    pub(super) id: Id,
    /// Its connector.
    pub(super) element: u8,
    /// Its marker, as a read by id shows it.
    pub(super) mark: Mark,
    /// Its marker as a search sees it; `None` while a search does not show the instance at all.
    pub(super) seen: Option<Mark>,
    /// Ticks until a search shows what is.
    pub(super) lag: u8,
}

/// What a request does once it takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Effect {
    /// A `POST`: makes an instance with the live marker.
    Create {
        /// The key whose live marker is among the tags.
        key: Key,
        /// The connector.
        element: u8,
    },
    /// A `PATCH` of the marker.
    Mark {
        /// The instance.
        id: Id,
        /// Its marker afterwards.
        mark: Mark,
    },
}

/// A request on its way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Pending {
    /// What it does.
    pub(super) effect: Effect,
    /// The run (and key of the step) that waits for the answer; `None` once the connection is cut.
    pub(super) owner: Option<(usize, Key)>,
    /// What it made, where it has taken effect.
    pub(super) made: Option<Id>,
    /// Ticks until the client times out or, without an owner, until it cannot take effect any more.
    pub(super) left: u8,
}

/// Everything the platform holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Platform {
    /// By id.
    pub(super) instances: Vec<Instance>,
    /// The next id.
    pub(super) next: Id,
    /// In the order they were sent.
    pub(super) pending: Vec<Pending>,
}

impl Platform {
    /// Nothing there.
    pub(super) fn empty() -> Self {
        Self {
            instances: Vec::new(),
            next: 1,
            pending: Vec::new(),
        }
    }

    /// With an instance of somebody else.
    pub(super) fn with_stranger() -> Self {
        let mark = Mark::live(NOBODY);
        let stranger = Instance {
            id: STRANGER,
            element: 1,
            mark,
            seen: Some(mark),
            lag: 0,
        };
        Self {
            instances: vec![stranger],
            ..Self::empty()
        }
    }

    /// Read by id: shows what is, without lag.
    pub(super) fn get(&self, id: Id) -> Option<&Instance> {
        self.instances.iter().find(|i| i.id == id)
    }

    /// Takes effect; the id concerned. `create_lag` and `tag_lag`: ticks until searches know.
    pub(super) fn commit(&mut self, effect: Effect, create_lag: u8, tag_lag: u8) -> Option<Id> {
        match effect {
            Effect::Create { key, element } => {
                let id = self.next;
                self.next += 1;
                self.instances.push(Instance {
                    id,
                    element,
                    mark: Mark::live(key),
                    seen: None,
                    lag: create_lag,
                });
                Some(id)
            }
            Effect::Mark { id, mark } => {
                let found = self.instances.iter_mut().find(|i| i.id == id)?;
                found.mark = mark;
                // What no search shows yet keeps its own lag.
                if found.seen.is_some() {
                    found.lag = tag_lag;
                    if tag_lag == 0 || found.seen == Some(mark) {
                        found.lag = 0;
                        found.seen = Some(mark);
                    }
                }
                Some(id)
            }
        }
    }

    /// Searches show this instance as it is.
    pub(super) fn index(&mut self, id: Id) {
        for found in self.instances.iter_mut().filter(|i| i.id == id) {
            found.seen = Some(found.mark);
            found.lag = 0;
        }
    }

    /// Deletes; reads and searches agree on that at once.
    pub(super) fn delete(&mut self, id: Id) {
        self.instances.retain(|i| i.id != id);
    }

    /// Those that carry the live marker of one of these keys.
    pub(super) fn live<'a>(&'a self, keys: &'a [Key]) -> impl Iterator<Item = &'a Instance> {
        let of = |i: &&Instance| i.mark.state == MarkerState::Live && keys.contains(&i.mark.key);
        self.instances.iter().filter(of)
    }

    /// Whether nothing moves any more by itself.
    pub(super) fn settled(&self) -> bool {
        self.pending.is_empty() && self.instances.iter().all(|i| i.seen == Some(i.mark))
    }

    /// A tick: requests that were cut come to their end, and searches catch up.
    pub(super) fn tick(&mut self) {
        self.pending.retain(|p| p.owner.is_some() || p.left > 0);
        for pending in &mut self.pending {
            pending.left = pending.left.saturating_sub(1);
        }
        for instance in &mut self.instances {
            instance.lag = instance.lag.saturating_sub(1);
            if instance.lag == 0 {
                instance.seen = Some(instance.mark);
            }
        }
    }
}
