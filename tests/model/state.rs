//! The state of the whole world, and the actions that change it.

use super::plan::{Sight, Task};
use super::platform::{Id, Platform};
use super::scope::{KEYS, Key, Manifest, Scope};
use super::store::Store;

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    /// Not started, ended or killed.
    Down,
    /// Holds the lock and works through its tasks.
    Up,
    /// The lock file is to be written.
    FoldLock,
    /// The checkpoint is to take the journal's place, and the lock to be released.
    FoldJournal,
    /// The checkpoint is to be written after all, by mistake.
    FoldCheckpoint,
}

/// One `apply`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Run {
    /// Where it stands.
    pub(super) phase: Phase,
    /// The version of the manifest it was started with.
    pub(super) manifest: usize,
    /// By key.
    pub(super) tasks: [Task; KEYS],
    /// By key: the old instance of a replace under way, to be deleted once the new one is recorded.
    pub(super) old: [Option<Id>; KEYS],
    /// Ticks it still waits before anything that may end in a create (`--settle-first`).
    pub(super) wait: u8,
    /// Whether a step failed, or was given up.
    pub(super) failed: bool,
    /// Whether the last one ended with every step done.
    pub(super) clean: bool,
}

impl Run {
    /// Not started yet.
    pub(super) fn down() -> Self {
        Self {
            phase: Phase::Down,
            manifest: 0,
            tasks: [Task::Done; KEYS],
            old: [None; KEYS],
            wait: 0,
            failed: false,
            clean: false,
        }
    }

    /// Whether a request that can make a live marker is in flight, so that a fresh clone is too early.
    pub(super) fn in_flight(&self) -> bool {
        let sending = |task: &Task| {
            matches!(
                task,
                Task::Ready
                    | Task::Sent
                    | Task::Heard(_)
                    | Task::Got(_)
                    | Task::Erred
                    | Task::Refused
                    | Task::RestoreReady(_)
            )
        };
        self.phase == Phase::Up && self.tasks.iter().any(sending)
    }
}

/// Everything there is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct State {
    /// The platform.
    pub(super) platform: Platform,
    /// One shared checkout, or one for each run.
    pub(super) stores: Vec<Store>,
    /// The runs.
    pub(super) runs: Vec<Run>,
    /// The version of the manifest in force.
    pub(super) manifest: usize,
    /// Kills and stops left.
    pub(super) crashes: u8,
    /// Lost responses left.
    pub(super) faults: u8,
    /// Fresh clones left.
    pub(super) losses: u8,
    /// Times left that the lock file alone is lost or rolled back.
    pub(super) rollbacks: u8,
    /// Ticks since a request was in flight in a living run, as far as anyone counts.
    pub(super) calm: u8,
    /// Whether an instance that carried the live marker of a wanted key was deleted.
    pub(super) deleted_unasked: bool,
}

impl State {
    /// Which store a run works on.
    pub(super) fn store_of(&self, run: usize) -> usize {
        if self.stores.len() == 1 { 0 } else { run }
    }

    /// What a plan sees with this manifest.
    pub(super) fn sight<'a>(
        &'a self,
        scope: &'a Scope,
        store: usize,
        manifest: &'a Manifest,
    ) -> Sight<'a> {
        Sight {
            scope,
            platform: &self.platform,
            view: self.stores[store].view(scope),
            manifest,
        }
    }

    /// What a run sees.
    pub(super) fn sight_of<'a>(&'a self, scope: &'a Scope, run: usize) -> Sight<'a> {
        let manifest = &scope.manifests[self.runs[run].manifest];
        self.sight(scope, self.store_of(run), manifest)
    }

    /// Whether nothing is going on: no run, no request, no lag.
    pub(super) fn still(&self) -> bool {
        self.platform.settled() && self.runs.iter().all(|run| run.phase == Phase::Down)
    }

    /// Whether, besides, every run ended well with the manifest in force.
    pub(super) fn quiescent(&self) -> bool {
        let done = |run: &Run| run.clean && run.manifest == self.manifest;
        self.still() && self.runs.iter().all(done)
    }
}

/// How a `PATCH` or a `DELETE` goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Fate {
    /// It took effect, and the answer arrived.
    Done,
    /// It took effect, and the answer was lost.
    Lost,
    /// It was cut before it took effect.
    Cut,
    /// It was cut, and may yet take effect.
    Late,
    /// The process dies with the request under way, which may yet take effect.
    Killed,
}

/// What becomes of a lock file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Older {
    /// It is gone.
    Lost,
    /// It is the one before the last fold.
    Before,
}

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Action {
    /// Time passes.
    Tick,
    /// The next version of the manifest.
    Edit,
    /// Lock file and journal of this store are lost: a fresh clone.
    Lose(usize),
    /// The lock file of this store is lost alone, or replaced by an older one.
    RollBack(usize, Older),
    /// A run takes the lock and replays the journal.
    Start(usize),
    /// A run is killed.
    Crash(usize),
    /// A run stops waiting (deadline, signal, a refused create): it folds and exits 4.
    Stop(usize),
    /// A run plans a key.
    Plan(usize, Key),
    /// A run searches by marker to settle a key.
    Search(usize, Key),
    /// A run writes the record that is due.
    Record(usize, Key),
    /// A run sends the `POST`.
    Send(usize, Key),
    /// A run sends the `PATCH` that is due.
    Patch(usize, Key, Fate),
    /// A run reads an instance again and deletes it.
    Delete(usize, Key, Fate),
    /// A run replaces the lock file.
    FoldLock(usize),
    /// A run lets the checkpoint take the journal's place, and ends.
    FoldJournal(usize),
    /// A run writes the checkpoint late, by mistake, and ends.
    FoldCheckpoint(usize),
    /// A request takes effect.
    Commit(usize),
    /// A `POST` is answered with the instance.
    Created(usize),
    /// A `POST` is answered with this other instance.
    Misanswered(usize, Id),
    /// A `POST` is answered with a proven rejection.
    Rejected(usize),
    /// A `POST` is answered with an error that proves nothing.
    Answered(usize),
    /// The connection of a `POST` is cut or times out.
    CutOff(usize),
    /// A search catches up with an instance before its lag has passed.
    Index(Id),
}
