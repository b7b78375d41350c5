//! Which actions are possible in a state.

use super::plan::Task;
use super::platform::Effect;
use super::scope::{ALL_KEYS, KEYS, Key, Mistake, Scope};
use super::state::{Action, Fate, Older, Phase, State};

/// The actions of a state, in a fixed order.
pub(super) fn actions(scope: &Scope, state: &State) -> Vec<Action> {
    let mut actions = Vec::new();
    for run in 0..state.runs.len() {
        of_run(scope, state, run, &mut actions);
    }
    of_platform(scope, state, &mut actions);
    of_world(scope, state, &mut actions);
    actions
}

fn of_run(scope: &Scope, state: &State, index: usize, actions: &mut Vec<Action>) {
    let run = &state.runs[index];
    let store = &state.stores[state.store_of(index)];
    match run.phase {
        Phase::Down => {
            let free = store.holder.is_none() || scope.makes(Mistake::NoLock);
            let done = run.clean && run.manifest == state.manifest && state.still();
            if free && !done {
                actions.push(Action::Start(index));
            }
            return;
        }
        Phase::Up => {
            for key in ALL_KEYS {
                of_task(scope, state, index, key, actions);
            }
            let settling = run.tasks.contains(&Task::Settle);
            if settling && !run.in_flight() && state.crashes > 0 {
                actions.push(Action::Stop(index));
            }
            if run.tasks == [Task::Done; KEYS] {
                actions.push(Action::FoldLock(index));
            }
        }
        Phase::FoldLock => actions.push(Action::FoldLock(index)),
        Phase::FoldJournal => actions.push(Action::FoldJournal(index)),
        Phase::FoldCheckpoint => actions.push(Action::FoldCheckpoint(index)),
    }
    let unheard = |task: &Task| matches!(task, Task::Ready | Task::Sent | Task::Heard(_));
    let unknown = scope.alters_tags && run.tasks.iter().any(unheard);
    if state.crashes > 0 && !unknown {
        actions.push(Action::Crash(index));
    }
}

fn of_task(scope: &Scope, state: &State, run: usize, key: Key, actions: &mut Vec<Action>) {
    match state.runs[run].tasks[key] {
        // `--settle-first` waits before anything is planned that could end in a create.
        Task::Todo if state.runs[run].wait > 0 => {}
        Task::Todo => actions.push(Action::Plan(run, key)),
        Task::Done | Task::Sent => {}
        Task::Settle => {
            if may_search(scope, state, run, key) {
                actions.push(Action::Search(run, key));
            }
        }
        Task::Close
        | Task::Create
        | Task::CreateFor(_)
        | Task::Heard(_)
        | Task::Got(_)
        | Task::Erred
        | Task::Refused
        | Task::Adopt(_)
        | Task::Restore(_)
        | Task::Moved
        | Task::Forget => actions.push(Action::Record(run, key)),
        Task::Ready => actions.push(Action::Send(run, key)),
        Task::Retire(_) | Task::RestoreReady(_) | Task::Rename(_) => {
            for fate in fates(state, scope.late_patch) {
                actions.push(Action::Patch(run, key, fate));
            }
        }
        Task::DeleteRetired(_) | Task::DeletePruned(_) => {
            for fate in fates(state, false) {
                actions.push(Action::Delete(run, key, fate));
            }
        }
    }
}

/// A search that finds nothing while the window lasts changes nothing, and is left out.
fn may_search(scope: &Scope, state: &State, run: usize, key: Key) -> bool {
    let sight = state.sight_of(scope, run);
    let Some(intent) = sight.view.intents[key] else {
        // Only where no intent was written, by mistake.
        return true;
    };
    let window = if intent.answered {
        scope.answered_window()
    } else {
        scope.window()
    };
    intent.age.is_some_and(|age| age >= window)
        || scope.makes(Mistake::WindowIgnored)
        || sight.hit(key).is_some()
}

fn fates(state: &State, late: bool) -> Vec<Fate> {
    let mut fates = vec![Fate::Done];
    if state.faults > 0 {
        fates.extend([Fate::Lost, Fate::Cut]);
    }
    if state.faults > 0 && late {
        fates.push(Fate::Late);
    }
    if state.crashes > 0 && late {
        fates.push(Fate::Killed);
    }
    fates
}

fn of_platform(scope: &Scope, state: &State, actions: &mut Vec<Action>) {
    for (index, pending) in state.platform.pending.iter().enumerate() {
        if pending.made.is_none() {
            actions.push(Action::Commit(index));
        }
        if pending.owner.is_none() || !matches!(pending.effect, Effect::Create { .. }) {
            continue;
        }
        if pending.made.is_some() {
            actions.push(Action::Created(index));
        } else if state.faults > 0 {
            actions.push(Action::Rejected(index));
        }
        // A time-out is a fault too: a platform that never answers would go on for ever.
        if state.faults > 0 {
            actions.push(Action::Answered(index));
            actions.push(Action::CutOff(index));
        }
        if state.faults > 0 && scope.wrong_answers {
            let others = state.platform.instances.iter();
            let others = others.filter(|i| Some(i.id) != pending.made);
            actions.extend(others.map(|i| Action::Misanswered(index, i.id)));
        }
    }
    for instance in &state.platform.instances {
        if instance.seen != Some(instance.mark) {
            actions.push(Action::Index(instance.id));
        }
    }
}

fn of_world(scope: &Scope, state: &State, actions: &mut Vec<Action>) {
    let more = state.manifest + 1 < scope.manifests.len();
    if more && (!scope.edit_when_clean || state.quiescent()) {
        actions.push(Action::Edit);
    }
    let calm = !scope.loss_after_window || state.calm >= scope.window();
    if state.losses > 0 && calm {
        for (index, store) in state.stores.iter().enumerate() {
            if store.holder.is_none() && !store.is_fresh() {
                actions.push(Action::Lose(index));
            }
        }
    }
    if state.rollbacks > 0 {
        for (index, store) in state.stores.iter().enumerate() {
            let may = store.holder.is_none() || scope.during_runs;
            for older in [Older::Lost, Older::Before] {
                if may && store.older(older) != store.lock {
                    actions.push(Action::RollBack(index, older));
                }
            }
        }
    }
    // Also past the time-out of a client, which is frozen then.
    actions.push(Action::Tick);
}
