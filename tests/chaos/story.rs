//! A schedule told from its beginning to the state it leaves behind, and judged by the laws.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use connectorctl::apply::SETTLE_WINDOW;
use connectorctl::model::{Lock, Marker, NoteCode, Planned, Prune, Timestamp};
use serde_json::Value;

use super::checkout::{Checkout, End, Mistake, folder};
use super::manifest;
use super::pulled::Pulls;
use super::schedule::{Ending, Event, Launch, Schedule};
use super::seal;
use super::tally::Tally;
use super::world::{User, World, live_markers};

/// Runs in which nothing fails any more, until one has nothing left to do.
const MOST_CALM_RUNS: usize = 6;

/// A run to which nothing happens.
const CALM: Launch = Launch {
    apart: false,
    after_ms: 0,
    waits: false,
    settle_first: false,
    user: User::First,
    deadline_s: None,
    ending: Ending::Itself,
    step: None,
    mishaps: Vec::new(),
    stall: None,
};

struct Story {
    world: Arc<World>,
    /// The second one is used where a launch says so.
    checkouts: [Checkout; 2],
    second_used: bool,
    /// Every state of the first checkout's lock file, oldest first.
    lock_files: Vec<Vec<u8>>,
    /// How many runs there were, those that recover aside.
    launches: usize,
    /// Whether the second user sees what the first one does, and whether they ran anything.
    second_sees: bool,
    /// Whether tokens are sealed.
    is_sealed: bool,
    /// Which rotations pass the secret before: the even or the odd ones.
    passes_even: bool,
    second_user: bool,
    /// Until when what a lost journal knew may take effect.
    lost_until: Timestamp,
    outside: bool,
    tally: Tally,
}

impl Story {
    fn now(&self) -> Timestamp {
        self.world.clock.true_time()
    }

    fn used(&self) -> &[Checkout] {
        &self.checkouts[..1 + usize::from(self.second_used)]
    }

    async fn round(&mut self, runs: &[Launch], schedule: &Schedule) {
        for launch in runs {
            let starts = self.now() + Duration::from_millis(u64::from(launch.after_ms));
            // Condition 1, and what `--settle-first` is for.
            self.outside |= starts < self.lost_until && !launch.settle_first;
            // Condition 2.
            self.outside |= launch.apart;
            // Condition 3.
            self.outside |= launch.user == User::Second && !self.second_sees;
            self.second_user |= launch.user == User::Second;
            self.tally.other_users += u64::from(launch.user == User::Second);
            self.second_used |= launch.apart;
        }
        let launched = runs.iter().zip(self.launches..).map(|(launch, number)| {
            let pulls = Pulls {
                // The second checkout has a history of its own.
                all: if launch.apart { &[] } else { &schedule.pulls },
                launch: number,
                launches: schedule.rounds.iter().map(|round| round.runs.len()).sum(),
                history: &self.lock_files,
            };
            self.checkouts[usize::from(launch.apart)].launch(launch, pulls)
        });
        let ends = futures_util::future::join_all(launched).await;
        self.launches += runs.len();
        if let Some(lock) = self.checkouts[0].lock_file()
            && self.lock_files.last() != Some(&lock)
        {
            self.lock_files.push(lock);
        }
        if self.is_sealed {
            let live = self.world.live();
            let tokens = live
                .iter()
                .map(|instance| self.world.token(&instance["id"]));
            let tokens: Vec<String> = tokens
                .filter_map(|token| Some(token.as_str()?.to_owned()))
                .filter(|token| token.len() > 8 && !token.contains('*'))
                .collect();
            for checkout in &self.checkouts {
                self.tally.in_clear += seal::in_clear(&checkout.folder, &tokens);
            }
        }
        let count = |wanted: End| ends.iter().filter(|end| **end == wanted).count() as u64;
        self.tally.kills += count(End::Died);
        self.tally.held += count(End::Held);
        self.tally.overlaps += u64::from(runs.len() > 1);
    }

    async fn event(&mut self, event: Event, stanzas: &mut [manifest::Stanza]) {
        self.world.tell(format_args!("{event:?}"));
        match event {
            Event::Edit(number, change) => {
                let Some(stanza) = stanzas.get_mut(usize::from(number)) else {
                    return;
                };
                self.tally.edits += u64::from(stanza.edit(change));
                let (mut desired, resolved) = manifest::read(stanzas);
                seal::declare(&mut desired, self.is_sealed);
                for checkout in &mut self.checkouts {
                    checkout.desired.clone_from(&desired);
                    checkout.resolved.clone_from(&resolved);
                }
            }
            Event::Idle(seconds) => {
                let pause = Duration::from_secs(u64::from(seconds));
                self.world.clock.sleep(pause).await;
            }
            Event::Clone => {
                self.lost_until = self.now() + SETTLE_WINDOW;
                self.checkouts[0].forget();
            }
            Event::LoseLock => {
                self.tally.rollbacks += 1;
                self.checkouts[0].put_lock(None);
            }
            Event::RollBack(states) => {
                let history = &self.lock_files;
                let place = history.len().checked_sub(1 + usize::from(states));
                if let Some(older) = place.and_then(|place| history.get(place)) {
                    self.tally.rollbacks += 1;
                    self.checkouts[0].put_lock(Some(older));
                }
            }
            Event::Step(seconds) => {
                self.tally.steps += 1;
                self.world.clock.step(seconds);
            }
            Event::Rotate => {
                self.tally.rotations += 1;
                // Half of the rotations, without another draw: seeds keep their schedules.
                let keeps = self.tally.rotations.is_multiple_of(2) == self.passes_even;
                self.tally.previous += u64::from(keeps);
                self.world.rotate(keeps);
            }
            Event::CloneLater => {
                self.world.clock.sleep(SETTLE_WINDOW).await;
                self.checkouts[0].forget();
            }
        }
    }

    /// Runs until nothing is left to do; answers whether that was reached.
    async fn recover(&self) -> bool {
        let mut complete = true;
        for checkout in self.used() {
            let mut end = End::Incomplete;
            for _ in 0..MOST_CALM_RUNS {
                if end != End::Complete {
                    end = checkout.launch(&CALM, Pulls::default()).await;
                }
            }
            complete &= end == End::Complete;
        }
        complete
    }

    async fn end(&mut self) {
        self.outside |= self.now() < self.lost_until;
        for checkout in &mut self.checkouts {
            // What another checkout replaced, another user has deleted, or a pull names and nobody ever had, is
            // gone to the guard.
            let is_pulled = self.world.pulls().0 > 0;
            checkout.recreate_vanished = self.second_used || self.second_user || is_pulled;
        }
        let mut complete = self.recover().await;
        // What was taken and not yet done shows by then.
        self.world.clock.sleep(SETTLE_WINDOW).await;
        if self.outside || self.world.had_late_writes() {
            // What took effect behind the back of a run that ended well is work, and rightly so; of
            // two checkouts each changes what the other has recorded. A user who did not see an instance
            // left it to a person.
            for checkout in &mut self.checkouts {
                let mut undecided = checkout.undecided().clone();
                undecided.retain(|key| checkout.desired.instances.contains_key(key));
                checkout.assume_absent = undecided;
            }
            for _ in self.used() {
                complete = self.recover().await;
            }
        }
        self.tally.non_empty_plans += u64::from(!complete);
    }

    async fn judge(&mut self) {
        if self.outside {
            self.tally.outside += 1;
        } else {
            self.tally.inside += 1;
            self.tally.duplicates_inside += u64::from(self.world.was_ever_doubled());
        }
        self.tally.strangers_changed = self.world.strangers_changed();
        let live = self.world.live();
        for instance in &live {
            self.world.tell(format_args!(
                "live: {} {}",
                instance["id"], instance["tags"]
            ));
        }
        for number in 0..self.used().len() {
            // The last look is without the mistake.
            let checkout = Checkout {
                mistake: Mistake::None,
                ..self.checkouts[number].clone()
            };
            let (planned, lock) = checkout.plan().await;
            for note in &planned.notes {
                self.world.tell(format_args!(
                    "note {}: {}",
                    note.code.as_str(),
                    note.message
                ));
            }
            for step in &planned.plan.steps {
                self.world.tell(format_args!(
                    "left: {} {:?}",
                    step.key,
                    step.action.as_str()
                ));
            }
            self.look(&live, &planned, &lock);
        }
        let doubled = self.doubled(&live);
        if doubled {
            let checkout = Checkout {
                mistake: Mistake::None,
                prune: [Prune::Removed, Prune::Orphans, Prune::Duplicates].into(),
                ..self.checkouts[0].clone()
            };
            let end = checkout.launch(&CALM, Pulls::default()).await;
            let live = self.world.live();
            // What a prune does not find was not reported well enough to be found.
            self.tally.unreported += u64::from(end != End::Complete || self.doubled(&live));
            let (planned, lock) = checkout.plan().await;
            self.look(&live, &planned, &lock);
        }
    }

    /// What carries the marker of a declared key, or of the one it was renamed from.
    fn marked<'l>(
        &self,
        live: &'l [Value],
    ) -> Vec<(connectorctl::model::InstanceKey, Vec<&'l Value>)> {
        let desired = &self.checkouts[0].desired;
        let of = |(key, wanted): (
            &connectorctl::model::InstanceKey,
            &connectorctl::model::DesiredInstance,
        )| {
            let keys = [Some(key), wanted.lifecycle.moved_from.as_ref()];
            let markers: Vec<String> = keys
                .into_iter()
                .flatten()
                .map(|key| Marker::live(&desired.inventory, key).to_string())
                .collect();
            let is_one = |instance: &&Value| {
                live_markers(instance).any(|tag| markers.iter().any(|marker| marker == tag))
            };
            (key.clone(), live.iter().filter(is_one).collect())
        };
        desired.instances.iter().map(of).collect()
    }

    fn doubled(&self, live: &[Value]) -> bool {
        self.marked(live).iter().any(|(_, marked)| marked.len() > 1)
    }

    /// One plan and one lock file against what there is.
    fn look(&mut self, live: &[Value], planned: &Planned, lock: &Lock) {
        self.tally.non_empty_plans += u64::from(!planned.plan.steps.is_empty());
        for (key, marked) in self.marked(live) {
            let entry = lock.instances.get(&key);
            let is_recorded = |instance: &&&Value| {
                entry.is_some_and(|entry| {
                    let token = self.world.token(&instance["id"]);
                    let recorded = seal::opened(lock, &key);
                    instance["id"] == entry.id.0
                        && recorded.is_some_and(|recorded| token == *recorded.expose())
                })
            };
            let kept = marked.iter().find(is_recorded);
            self.tally.lost_tokens += u64::from(kept.is_none());
            let said: Vec<&str> = planned
                .notes
                .iter()
                .filter(|note| note.code == NoteCode::Duplicate && note.key.as_ref() == Some(&key))
                .map(|note| note.message.as_str())
                .collect();
            for other in marked.iter().filter(|other| Some(*other) != kept) {
                let id = other["id"].to_string();
                let words = |text: &&str| {
                    text.split(|c: char| !c.is_ascii_digit())
                        .any(|word| word == id)
                };
                self.tally.unreported += u64::from(!said.iter().any(words));
                self.tally.duplicates_inside += u64::from(!self.outside);
            }
        }
    }
}

/// Plays one schedule to its end; answers besides what happened, line by line.
async fn play(schedule: &Schedule, mistake: Mistake) -> (Tally, Vec<String>) {
    let world = World::new(schedule);
    let root = tempfile::tempdir().expect("a folder");
    let mut stanzas = schedule.instances.clone();
    let (mut desired, resolved) = manifest::read(&stanzas);
    seal::declare(&mut desired, schedule.is_sealed());
    let checkout = |apart| Checkout {
        world: Arc::clone(&world),
        folder: folder(root.path(), apart),
        desired: desired.clone(),
        resolved: resolved.clone(),
        mistake,
        prune: [Prune::Removed, Prune::Orphans].into(),
        recreate_vanished: false,
        assume_absent: BTreeSet::new(),
        undecided: Arc::default(),
    };
    let mut story = Story {
        checkouts: [checkout(false), checkout(true)],
        world: Arc::clone(&world),
        second_used: false,
        lock_files: Vec::new(),
        launches: 0,
        second_sees: schedule.second_sees,
        is_sealed: schedule.is_sealed(),
        passes_even: schedule.pace.is_multiple_of(2),
        second_user: false,
        lost_until: Timestamp::default(),
        outside: false,
        tally: Tally {
            sealed: u64::from(schedule.is_sealed()),
            ..Tally::default()
        },
    };
    for round in &schedule.rounds {
        story.round(&round.runs, schedule).await;
        for event in &round.then {
            story.event(*event, &mut stanzas).await;
        }
    }
    story.end().await;
    story.judge().await;
    (story.tally.posts, story.tally.faults, story.tally.pages) = world.counts();
    (story.tally.pulls, story.tally.lost_pulls) = world.pulls();
    (story.tally, world.log())
}

/// Plays one schedule on a runtime and a clock of its own.
pub(crate) fn run(schedule: &Schedule, mistake: Mistake) -> (Tally, Vec<String>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(play(schedule, mistake))
}

/// Plays the schedules of these seeds on every core; returns the sum, and the bad seeds in order.
pub(crate) fn run_many(seeds: std::ops::Range<u64>, mistake: Mistake) -> (Tally, Vec<u64>) {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let part = |first: usize| {
        let mut total = Tally::default();
        let mut bad = Vec::new();
        for seed in seeds.clone().skip(first).step_by(cores) {
            let tally = run(&Schedule::of(seed), mistake).0;
            if !tally.is_clean() {
                bad.push(seed);
            }
            total.add(&tally);
        }
        (total, bad)
    };
    let parts: Vec<(Tally, Vec<u64>)> = thread::scope(|scope| {
        let threads: Vec<_> = (0..cores)
            .map(|first| scope.spawn(move || part(first)))
            .collect();
        let joined = threads.into_iter().map(|thread| thread.join());
        joined.map(|part| part.expect("no panic")).collect()
    });
    let mut total = Tally::default();
    for (tally, _) in &parts {
        total.add(tally);
    }
    let mut bad: Vec<u64> = parts.into_iter().flat_map(|(_, bad)| bad).collect();
    bad.sort_unstable();
    (total, bad)
}

/// The smallest schedule found, from that of a bad seed, that is still bad.
pub(crate) fn smallest(seed: u64, mistake: Mistake) -> Schedule {
    Schedule::smallest(seed, |schedule| !run(schedule, mistake).0.is_clean())
}
