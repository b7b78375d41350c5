//! What an action does to a state.

use connectorctl::model::MarkerState;

use super::plan::Task;
use super::platform::{Effect, Id, Mark, NOBODY, Pending};
use super::scope::{ALL_KEYS, KEYS, Key, Mistake, Scope};
use super::state::{Action, Fate, Phase, Run, State};
use super::store::{Record, Store, Written};

/// The state after an action that was possible.
pub(super) fn next(scope: &Scope, before: &State, action: Action) -> State {
    let mut state = before.clone();
    match action {
        Action::Tick => tick(scope, &mut state),
        Action::Edit => state.manifest += 1,
        Action::Lose(store) => lose(&mut state, store),
        Action::RollBack(index, older) => {
            state.stores[index].lock = state.stores[index].older(older);
            state.rollbacks -= 1;
            unclean(&mut state, index);
        }
        Action::Start(run) => start(scope, &mut state, run),
        Action::Crash(run) => crash(scope, &mut state, run),
        Action::Stop(run) => {
            state.crashes -= 1;
            state.runs[run].failed = true;
            state.runs[run].tasks = [Task::Done; KEYS];
            state.runs[run].phase = Phase::FoldLock;
        }
        Action::Plan(run, key) => plan(scope, &mut state, run, key),
        Action::Search(run, key) => {
            let hit = state.sight_of(scope, run).hit(key);
            state.runs[run].tasks[key] = hit.map_or(Task::Close, Task::Adopt);
        }
        Action::Record(run, key) => record(scope, &mut state, run, key),
        Action::Send(run, key) => send(scope, &mut state, run, key),
        Action::Patch(run, key, fate) => patch(scope, &mut state, run, key, fate),
        Action::Delete(run, key, fate) => delete(scope, &mut state, run, key, fate),
        Action::FoldLock(run) => fold(scope, &mut state, run, Phase::FoldJournal),
        Action::FoldJournal(run) => fold(scope, &mut state, run, Phase::Down),
        Action::FoldCheckpoint(run) => {
            store(&mut state, run).write_checkpoint();
            let clean = !state.runs[run].failed;
            down(scope, &mut state, run, clean);
        }
        Action::Commit(index) => commit(scope, &mut state, index),
        Action::Created(index) => answer(&mut state, index, |made| {
            made.map_or(Task::Erred, Task::Heard)
        }),
        Action::Misanswered(index, id) => {
            state.faults -= 1;
            answer(&mut state, index, |_| Task::Heard(id));
        }
        Action::Rejected(index) => {
            state.faults -= 1;
            answer(&mut state, index, |_| Task::Refused);
        }
        Action::Answered(index) => {
            state.faults -= 1;
            let closes = scope.makes(Mistake::AnsweredCloses);
            let task = if closes { Task::Close } else { Task::Erred };
            answer(&mut state, index, |_| task);
        }
        Action::CutOff(index) => cut_off(scope, &mut state, index),
        Action::Index(id) => state.platform.index(id),
    }
    state
}

fn store(state: &mut State, run: usize) -> &mut Store {
    let index = state.store_of(run);
    &mut state.stores[index]
}

fn tick(scope: &Scope, state: &mut State) {
    let sending = state.runs.iter().any(Run::in_flight);
    if sending {
        state.calm = 0;
    } else if state.losses > 0 {
        // Counted only where somebody asks: fewer equal states.
        state.calm = (state.calm + 1).min(scope.cap());
    }
    state.platform.tick();
    for store in &mut state.stores {
        store.tick(scope.cap());
    }
    for run in &mut state.runs {
        run.wait = run.wait.saturating_sub(1);
    }
}

fn lose(state: &mut State, store: usize) {
    state.stores[store] = Store::empty();
    state.losses -= 1;
    state.calm = 0;
    unclean(state, store);
}

/// Whatever the last run of this store came to, the next one has something to do.
fn unclean(state: &mut State, store: usize) {
    for run in 0..state.runs.len() {
        if state.store_of(run) == store {
            state.runs[run].clean = false;
            state.runs[run].failed |= state.runs[run].phase != Phase::Down;
        }
    }
}

fn start(scope: &Scope, state: &mut State, run: usize) {
    let fresh = store(state, run).is_fresh();
    let manifest = state.manifest;
    let nothing_seen = state.platform.instances.iter().all(|i| i.seen.is_none());
    let waits = scope.settle_first
        && fresh
        && (nothing_seen || !scope.makes(Mistake::SettleFirstCreateOnly));
    let held = store(state, run);
    held.holder = Some(run);
    held.take_over();
    held.stand_on_lock(scope);
    state.runs[run] = Run {
        phase: Phase::Up,
        manifest,
        tasks: ALL_KEYS.map(|key| todo(scope, key)),
        old: [None; KEYS],
        wait: if waits { scope.window() } else { 0 },
        failed: false,
        clean: false,
    };
}

/// A key that no version of the manifest has needs no plan: that only multiplies equal states.
fn todo(scope: &Scope, key: Key) -> Task {
    let known = scope
        .manifests
        .iter()
        .any(|manifest| manifest[key].is_some());
    if known { Task::Todo } else { Task::Done }
}

fn down(scope: &Scope, state: &mut State, run: usize, clean: bool) {
    let held = store(state, run);
    held.holder = None;
    held.release();
    held.disown(scope);
    // What a run that did not end well had for a manifest makes no difference any more.
    let manifest = if clean { state.runs[run].manifest } else { 0 };
    state.runs[run] = Run {
        manifest,
        clean,
        ..Run::down()
    };
}

/// The process is gone, and with it every connection.
fn crash(scope: &Scope, state: &mut State, run: usize) {
    state.crashes -= 1;
    let of_run = |p: &Pending| p.owner.is_some_and(|(owner, _)| owner == run);
    let pending = &mut state.platform.pending;
    pending.retain(|p| !(of_run(p) && p.made.is_some()));
    for cut in pending.iter_mut().filter(|p| of_run(p)) {
        cut.owner = None;
        cut.left = scope.time_out;
    }
    down(scope, state, run, false);
}

fn plan(scope: &Scope, state: &mut State, run: usize, key: Key) {
    let task = match state.sight_of(scope, run).decide(key) {
        Task::Create if scope.makes(Mistake::NoIntent) => Task::Ready,
        Task::CreateFor(old) => {
            state.runs[run].old[key] = Some(old);
            Task::Create
        }
        Task::Retire(_) if scope.makes(Mistake::RetiredSkipped) => Task::Create,
        other => other,
    };
    state.runs[run].tasks[key] = task;
}

fn send(scope: &Scope, state: &mut State, run: usize, key: Key) {
    let element = scope.manifests[state.runs[run].manifest][key].map_or(0, |want| want.element);
    state.platform.pending.push(Pending {
        effect: Effect::Create { key, element },
        owner: Some((run, key)),
        made: None,
        left: scope.time_out,
    });
    state.runs[run].tasks[key] = Task::Sent;
    state.calm = 0;
}

/// How long a search may show a tag of before.
fn tag_lag(scope: &Scope) -> u8 {
    if scope.stale_tags { scope.lag } else { 0 }
}

fn commit(scope: &Scope, state: &mut State, index: usize) {
    let Pending { effect, owner, .. } = state.platform.pending[index];
    let made = state.platform.commit(effect, scope.lag, tag_lag(scope));
    if let Some(id) = made.filter(|_| scope.alters_tags) {
        let mark = Mark::live(NOBODY);
        state.platform.commit(Effect::Mark { id, mark }, 0, 0);
    }
    if owner.is_some() {
        state.platform.pending[index].made = made;
    } else {
        state.platform.pending.remove(index);
    }
}

fn cut_off(scope: &Scope, state: &mut State, index: usize) {
    state.faults -= 1;
    let pending = &mut state.platform.pending[index];
    let owner = pending.owner.take();
    pending.left = scope.time_out;
    if pending.made.is_some() {
        state.platform.pending.remove(index);
    }
    if let Some((run, key)) = owner {
        store(state, run).connection_ended(key);
        let again = scope.makes(Mistake::RetryAtOnce);
        state.runs[run].tasks[key] = if again { Task::Ready } else { Task::Settle };
    }
}

fn answer(state: &mut State, index: usize, task: impl Fn(Option<Id>) -> Task) {
    let pending = state.platform.pending.remove(index);
    if let Some((run, key)) = pending.owner {
        store(state, run).connection_ended(key);
        state.runs[run].tasks[key] = task(pending.made);
    }
}

fn record(scope: &Scope, state: &mut State, run: usize, key: Key) {
    let intent = Record::Intent {
        key,
        age: None,
        mine: true,
    };
    let entry = |id| Record::Entry { key, id };
    let moved_from = scope.manifests[state.runs[run].manifest][key].and_then(|w| w.moved_from);
    let (record, then) = match state.runs[run].tasks[key] {
        Task::Close => (Record::NotCreated { key }, Task::Todo),
        Task::Create => (intent, Task::Ready),
        Task::Restore(id) => (intent, Task::RestoreReady(id)),
        Task::Heard(id) => (
            Record::Candidate { key, id },
            judge(scope, state, run, key, id),
        ),
        Task::Got(id) | Task::Adopt(id) => {
            let old = state.runs[run].old[key].take().filter(|old| *old != id);
            (entry(id), old.map_or(Task::Todo, Task::DeleteRetired))
        }
        Task::Erred => (Record::Answered { key }, Task::Settle),
        Task::Refused => {
            state.runs[run].failed = true;
            (Record::NotCreated { key }, Task::Done)
        }
        Task::Moved => {
            let from = moved_from.unwrap_or(key);
            (Record::Renamed { from, to: key }, Task::Todo)
        }
        Task::Forget => (Record::Removed { key }, Task::Todo),
        _ => return,
    };
    let settled = matches!(record, Record::NotCreated { .. }) && then == Task::Todo;
    store(state, run).append(record, scope);
    state.runs[run].tasks[key] = then;
    if settled {
        plan(scope, state, run, key);
        // The search that ended the window was the last one: nobody looks again before the `POST`.
        if let Task::Adopt(_) = state.runs[run].tasks[key] {
            state.runs[run].tasks[key] = Task::Create;
        }
    }
}

/// What follows once it is known whose the instance of an answer is.
fn judge(scope: &Scope, state: &State, run: usize, key: Key, id: Id) -> Task {
    let is_ours = state.sight_of(scope, run).is_ours(key, id);
    if is_ours || scope.makes(Mistake::TrustAnyAnswer) {
        Task::Got(id)
    } else if scope.makes(Mistake::WrongAnswerCloses) {
        Task::Close
    } else {
        Task::Settle
    }
}

fn fail(state: &mut State, run: usize, key: Key) {
    state.runs[run].failed = true;
    state.runs[run].tasks[key] = Task::Done;
}

fn patch(scope: &Scope, state: &mut State, run: usize, key: Key, fate: Fate) {
    let task = state.runs[run].tasks[key];
    let (id, mark, then) = match task {
        Task::Retire(id) => (id, Mark::retired(key), Task::Create),
        Task::RestoreReady(id) => (id, Mark::live(key), Task::Got(id)),
        Task::Rename(id) => (id, Mark::live(key), Task::Todo),
        _ => return,
    };
    let effect = Effect::Mark { id, mark };
    match fate {
        Fate::Done | Fate::Lost => {
            state.platform.commit(effect, scope.lag, tag_lag(scope));
        }
        Fate::Cut => {}
        Fate::Late | Fate::Killed => state.platform.pending.push(Pending {
            effect,
            owner: None,
            made: None,
            left: scope.time_out,
        }),
    }
    match fate {
        Fate::Done => {
            if let Task::Retire(id) = task {
                state.runs[run].old[key] = Some(id);
            }
            state.runs[run].tasks[key] = then;
        }
        Fate::Killed => crash(scope, state, run),
        Fate::Lost | Fate::Cut | Fate::Late => {
            state.faults -= 1;
            let held = store(state, run);
            held.connection_ended(key);
            let journaled = held.view(scope).intents[key].is_some();
            match task {
                Task::RestoreReady(_) if journaled => state.runs[run].tasks[key] = Task::Settle,
                _ => fail(state, run, key),
            }
        }
    }
}

fn delete(scope: &Scope, state: &mut State, run: usize, key: Key, fate: Fate) {
    let (id, retired) = match state.runs[run].tasks[key] {
        Task::DeleteRetired(id) => (id, true),
        Task::DeletePruned(id) => (id, false),
        _ => return,
    };
    let is_live = state
        .platform
        .get(id)
        .is_some_and(|i| i.mark.state == MarkerState::Live);
    // Read again right before: what carries the live marker by now is left alone.
    if retired && is_live && !scope.makes(Mistake::DeleteUnchecked) {
        fail(state, run, key);
        return;
    }
    if matches!(fate, Fate::Done | Fate::Lost) {
        state.deleted_unasked |= retired && is_live;
        state.platform.delete(id);
    }
    if fate == Fate::Done {
        state.runs[run].tasks[key] = if retired { Task::Todo } else { Task::Forget };
        return;
    }
    state.faults -= 1;
    fail(state, run, key);
}

fn fold(scope: &Scope, state: &mut State, run: usize, then: Phase) {
    let lock_file = (then == Phase::FoldJournal) != scope.makes(Mistake::FoldFirst);
    let held = store(state, run);
    if lock_file {
        match held.fold_lock(scope) {
            Written::AsRecorded => {}
            // What somebody took out is for the next run to find.
            Written::Merged => state.runs[run].failed = true,
            Written::Conflict => return down(scope, state, run, false),
        }
    } else {
        held.fold_journal(scope);
        if scope.makes(Mistake::CheckpointLate) && then == Phase::Down {
            state.runs[run].phase = Phase::FoldCheckpoint;
            return;
        }
    }
    if then == Phase::Down {
        let clean = !state.runs[run].failed;
        down(scope, state, run, clean);
    } else {
        state.runs[run].phase = then;
    }
}
