//! Laws 3 and 4 as properties of every reachable state.

use connectorctl::model::{MarkerState, NoteCode};
use stateright::{Model, Property};

use super::plan::Task;
use super::platform::{Instance, NOBODY, Platform, STRANGER};
use super::protocol;
use super::scope::{ALL_KEYS, Key, Scope};
use super::state::{Action, Fate, Phase, Run, State};
use super::step;
use super::store::{Store, View};

/// Law 3 inside the conditions.
pub(super) const ONE_LIVE: &str = "law 3: one key, one live instance";
/// Law 4 inside the conditions, at rest.
pub(super) const NOTHING_LOST: &str = "law 4: at rest every id is recorded and the plan is empty";
/// Law 4 inside the conditions, from everywhere.
pub(super) const RECOVERS: &str = "law 4: recovery runs come to rest from everywhere";
/// The law outside the conditions.
pub(super) const REPORTED: &str = "every duplicate is reported by the next plan";
/// Inside and outside.
pub(super) const NEVER_UNASKED: &str = "nothing with a live marker is deleted unasked";
/// Inside and outside.
pub(super) const STRANGERS: &str = "an instance of somebody else is never changed";
/// Where the platform alters markers.
pub(super) const ONE_MADE: &str = "one key, one create on a platform that alters markers";
/// Proves that the recovery is exercised.
pub(super) const ADOPTED: &str = "an instance is found again by its marker";
/// Proves that a scope outside the conditions is outside.
pub(super) const DUPLICATED: &str = "a duplicate exists";

/// More steps than any recovery without faults takes.
const MOST_STEPS: usize = 200;

/// What is asked of an exploration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Laws {
    /// Laws 3 and 4.
    Inside,
    /// That duplicates are reported, and never deleted unasked.
    Outside,
    /// This one law, to be broken by a mistake.
    Only(&'static str),
}

/// The protocol within a scope, as stateright explores it.
#[derive(Clone, Debug)]
pub(super) struct Protocol {
    /// The bounds.
    pub(super) scope: Scope,
    /// What is asked.
    pub(super) laws: Laws,
}

/// How exactly a state at rest has to be what the manifest says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    /// After one apply: an old instance too young to be listed may wait for the next one.
    Recorded,
    /// After as many as it takes: nothing is left to do.
    Final,
}

impl Protocol {
    fn one_live(&self, state: &State) -> bool {
        if self.scope.one_family {
            return state.platform.live(&ALL_KEYS).count() <= 1;
        }
        let one = |key: &Key| state.platform.live(&[*key]).count() <= 1;
        ALL_KEYS.iter().all(one)
    }

    /// What must be so at rest: lock file, platform and manifest agree, and nothing is open.
    fn at_rest(&self, state: &State, rest: Rest) -> bool {
        let manifest = &self.scope.manifests[state.manifest];
        let platform = &state.platform;
        (0..state.stores.len()).all(|index| {
            let store = &state.stores[index];
            let View {
                entries, intents, ..
            } = store.view(&self.scope);
            let notes = state.sight(&self.scope, index, manifest).notes();
            let as_wanted = |key: Key| {
                let current = entries[key].and_then(|id| platform.get(id));
                match manifest[key] {
                    Some(want) => current.is_some_and(|i| {
                        i.mark.state == MarkerState::Live
                            && i.mark.key == key
                            && i.element == want.element
                    }),
                    None => entries[key].is_none() || !self.scope.prune,
                }
            };
            // In the lock file, told of in a note, or the old one of a replace, which the next
            // apply deletes.
            let known = |i: &Instance| {
                entries.contains(&Some(i.id))
                    || i.id == STRANGER
                    || notes.iter().any(|(_, id)| *id == i.id)
                    || (rest == Rest::Recorded && i.mark.state == MarkerState::Retired)
            };
            intents == [None, None]
                && store.journal.is_empty()
                && ALL_KEYS.iter().all(|key| as_wanted(*key))
                && platform.instances.iter().all(known)
        })
    }

    fn nothing_lost(&self, state: &State) -> bool {
        if self.scope.late_patch {
            // A marker that changes after the run that asked for it has ended is drift: the next
            // plan has it, and that this ends well is what `recovers` says.
            return true;
        }
        !state.quiescent() || (self.one_live(state) && self.at_rest(state, Rest::Recorded))
    }

    /// Runs on without further faults, kills and edits, and without a cut request taking effect
    /// (those histories are explored from the states where it has), until everything is at rest.
    fn recovers(&self, state: &State) -> bool {
        if state.runs.iter().any(|run| run.phase != Phase::Down) {
            return true;
        }
        let mut state = state.clone();
        state.crashes = 0;
        state.faults = 0;
        state.losses = 0;
        state.rollbacks = 0;
        for _ in 0..MOST_STEPS {
            if state.quiescent() {
                if self.at_rest(&state, Rest::Final) {
                    return self.one_live(&state);
                }
                for run in &mut state.runs {
                    run.clean = false;
                }
            }
            let actions = protocol::actions(&self.scope, &state);
            let fair = actions
                .into_iter()
                .filter_map(|a| Some((rank(&state, a)?, a)));
            let Some((_, action)) = fair.min_by_key(|(rank, _)| *rank) else {
                return false;
            };
            state = step::next(&self.scope, &state, action);
        }
        false
    }

    /// At every still moment each checkout's plan names all the live instances of a key but one.
    fn reported(&self, state: &State) -> bool {
        if !state.still() {
            return true;
        }
        let manifest = &self.scope.manifests[state.manifest];
        (0..state.stores.len()).all(|store| {
            let notes = state.sight(&self.scope, store, manifest).notes();
            let codes = [NoteCode::Duplicate, NoteCode::Orphan, NoteCode::Kept];
            let noted = |id| {
                notes
                    .iter()
                    .any(|(code, of)| *of == id && codes.contains(code))
            };
            let silent = |key: Key| {
                let keys = [key];
                let live = state.platform.live(&keys);
                live.filter(|i| !noted(i.id)).count()
            };
            ALL_KEYS.iter().all(|key| silent(*key) <= 1)
        })
    }
}

/// The order in which a world without trouble goes on; `None` for what does not happen in it.
fn rank(state: &State, action: Action) -> Option<u8> {
    match action {
        Action::Plan(..)
        | Action::Search(..)
        | Action::Record(..)
        | Action::Send(..)
        | Action::Patch(_, _, Fate::Done)
        | Action::Delete(_, _, Fate::Done)
        | Action::FoldLock(_)
        | Action::FoldJournal(_)
        | Action::FoldCheckpoint(_)
        | Action::Created(_) => Some(0),
        Action::Commit(index) => {
            let waited_for = state.platform.pending.get(index)?.owner.is_some();
            waited_for.then_some(1)
        }
        Action::Start(run) => {
            let run = &state.runs[run];
            let done = run.clean && run.manifest == state.manifest;
            (!done).then_some(2)
        }
        Action::Tick => Some(3),
        Action::Edit
        | Action::Lose(_)
        | Action::RollBack(..)
        | Action::Crash(_)
        | Action::Stop(_)
        | Action::Patch(..)
        | Action::Delete(..)
        | Action::Misanswered(..)
        | Action::Rejected(_)
        | Action::Answered(_)
        | Action::CutOff(_)
        | Action::Index(_) => None,
    }
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let Scope {
            runs,
            own_checkouts,
            crashes,
            faults,
            losses,
            rollbacks,
            ..
        } = self.scope;
        vec![State {
            platform: if self.scope.wrong_answers {
                Platform::with_stranger()
            } else {
                Platform::empty()
            },
            stores: vec![Store::empty(); if own_checkouts { runs } else { 1 }],
            runs: vec![Run::down(); runs],
            manifest: 0,
            crashes,
            faults,
            losses,
            rollbacks,
            calm: if losses > 0 { self.scope.cap() } else { 0 },
            deleted_unasked: false,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        actions.extend(protocol::actions(&self.scope, state));
    }

    fn next_state(&self, before: &State, action: Action) -> Option<State> {
        let after = step::next(&self.scope, before, action);
        (after != *before).then_some(after)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut all = vec![
            Property::always(REPORTED, Self::reported),
            Property::always(NEVER_UNASKED, |_, state: &State| !state.deleted_unasked),
            Property::always(STRANGERS, |model: &Self, state: &State| {
                let stranger = state.platform.get(STRANGER);
                !model.scope.wrong_answers || stranger.is_some_and(|i| i.mark.key == NOBODY)
            }),
            Property::always(ONE_MADE, |model: &Self, state: &State| {
                !model.scope.alters_tags || state.platform.instances.len() <= 1
            }),
            Property::always(ONE_LIVE, Self::one_live),
            Property::always(NOTHING_LOST, Self::nothing_lost),
            Property::always(RECOVERS, Self::recovers),
            Property::sometimes(ADOPTED, |_, state: &State| {
                let mut tasks = state.runs.iter().flat_map(|run| run.tasks);
                tasks.any(|task| matches!(task, Task::Adopt(_)))
            }),
            Property::sometimes(DUPLICATED, |model: &Self, state: &State| {
                state.still() && !model.one_live(state)
            }),
        ];
        all.retain(|property| match self.laws {
            Laws::Inside => property.name != DUPLICATED,
            Laws::Outside => ![ONE_LIVE, NOTHING_LOST, RECOVERS].contains(&property.name),
            Laws::Only(law) => property.name == law,
        });
        all
    }
}
