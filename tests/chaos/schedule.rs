//! One schedule: runs that are killed and cut, lost journals and fresh clones, and what is left.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use connectorctl::apply::{Apply, LIST_LAG, Options, SETTLE_WINDOW, Silent, Stop};
use connectorctl::lockfile::{Holder, LockKind, LockPaths, LockStore};
use connectorctl::manifest::{LoadOptions, SourceFile, load};
use connectorctl::model::{
    Desired, Lock, Lookup, NoteCode, Observed, OutcomeKind, Planned, ResolvedSecrets, Secret,
};
use connectorctl::ports::{Clock as _, LockSink, Record, SinkError};
use connectorctl::reconcile::{self, Limit, PlanInput, Policy, View};
use connectorctl::remote::{Address, Credentials, RemoteReader, Settings};
use connectorctl::secrets::{FactInput, FingerprintKey, Lookups, MissingPolicy, facts, resolve};

use super::world::{Wire, World};

/// Runs of one schedule that may be killed, before the calm ones.
const MOST_STORMY_RUNS: u64 = 4;
const MOST_CALM_RUNS: usize = 6;

/// A deliberate mistake, to show that the harness can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Mistake {
    #[value(skip)]
    None,
    /// The settle window is ignored.
    NoWindow,
    /// The journal is thrown away after every death.
    NoIntent,
    /// A `POST` that was cut is sent again at once.
    RetryAtOnce,
    /// Nothing is ever looked for by its marker.
    NoMarkerSearch,
    /// An intent is struck off before its result is durable.
    FoldFirst,
}

/// What one schedule came to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) inside: u64,
    pub(crate) outside: u64,
    pub(crate) kills: u64,
    pub(crate) edits: u64,
    pub(crate) faults: u64,
    pub(crate) posts: u64,
    pub(crate) duplicates_inside: u64,
    pub(crate) unreported: u64,
    pub(crate) lost_tokens: u64,
    pub(crate) non_empty_plans: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, other: Self) {
        self.inside += other.inside;
        self.outside += other.outside;
        self.kills += other.kills;
        self.edits += other.edits;
        self.faults += other.faults;
        self.posts += other.posts;
        self.duplicates_inside += other.duplicates_inside;
        self.unreported += other.unreported;
        self.lost_tokens += other.lost_tokens;
        self.non_empty_plans += other.non_empty_plans;
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.duplicates_inside + self.unreported + self.lost_tokens + self.non_empty_plans == 0
    }

    /// One line that says it all.
    pub(crate) fn line(&self) -> String {
        format!(
            "schedules {} (inside {}, outside {}), kills {}, edits {}, faults {}, posts {}, duplicates inside {}, unreported duplicates {}, lost tokens {}, non-empty plans {}",
            self.inside + self.outside,
            self.inside,
            self.outside,
            self.kills,
            self.edits,
            self.faults,
            self.posts,
            self.duplicates_inside,
            self.unreported,
            self.lost_tokens,
            self.non_empty_plans
        )
    }
}

/// The journal's disk takes no simulated time: the paused clock stands still while it works, as it
/// does for any blocking task.
struct QuickDisk<'a> {
    store: &'a LockStore,
    mistake: Mistake,
    /// Results that are not durable yet, under [`Mistake::FoldFirst`].
    late: Mutex<Vec<Record>>,
}

#[async_trait]
impl LockSink for QuickDisk<'_> {
    async fn record(&self, record: Record) -> Result<(), SinkError> {
        self.flush().await?;
        if let (Mistake::FoldFirst, Record::Entry { key, .. }) = (self.mistake, &record) {
            let settled = Record::NotCreated { key: key.clone() };
            self.late.lock().expect("the late ones").push(record);
            return self.write(settled).await;
        }
        self.write(record).await
    }
}

impl QuickDisk<'_> {
    async fn flush(&self) -> Result<(), SinkError> {
        let late = std::mem::take(&mut *self.late.lock().expect("the late ones"));
        for record in late {
            self.write(record).await?;
        }
        Ok(())
    }

    async fn write(&self, record: Record) -> Result<(), SinkError> {
        let (done, waits) = std::sync::mpsc::channel::<()>();
        let standing_still = tokio::task::spawn_blocking(move || {
            let _ = waits.recv();
        });
        let result = self.store.record(record).await;
        drop(done);
        let _ = standing_still.await;
        result
    }
}

struct Runner {
    world: Arc<World>,
    folder: PathBuf,
    desired: Desired,
    resolved: ResolvedSecrets,
    mistake: Mistake,
}

/// How one run ended.
enum End {
    Died,
    Done { complete: bool },
}

/// What the manifest says of one instance.
#[derive(Clone, Copy)]
struct Stanza {
    /// Whether it is of the other element, which takes a replace.
    other: bool,
    /// Whether its key was renamed, once and for good.
    renamed: bool,
}

fn manifest(stanzas: &[Stanza]) -> (Desired, ResolvedSecrets) {
    let mut text = String::from("version: 1\ninventory: chaos\ninstances:\n");
    for (number, Stanza { other, renamed }) in stanzas.iter().enumerate() {
        let (key, lifecycle) = if *renamed {
            ("r", format!("    lifecycle: {{ movedFrom: k{number} }}\n"))
        } else {
            ("k", String::new())
        };
        let element = if *other { "closeio" } else { "freshdeskv2" };
        text.push_str(&format!(
            "  {key}{number}:\n    element: {element}\n    tags: [t]\n{lifecycle}    configuration: {{ subdomain: acme, username: '${{env:P}}' }}\n"
        ));
    }
    let file = SourceFile {
        name: "chaos.yaml".to_owned(),
        folder: PathBuf::new(),
        bytes: text.into_bytes(),
    };
    let loaded = load(&[file], LoadOptions::default());
    let desired = loaded.desired.expect("a manifest");
    let lookups = Lookups {
        variable: &|_| Some("invented-password".to_owned()),
        allow_exec: false,
        missing: MissingPolicy::Refuse,
    };
    let resolved = resolve(&desired, &loaded.places, &lookups).expect("resolved");
    (desired, resolved)
}

impl Runner {
    fn paths(&self) -> LockPaths {
        LockPaths::new(None, &self.folder.join("chaos.yaml"), false, LockKind::Real)
    }

    fn reader(&self) -> RemoteReader {
        let (user, organization) = self.world.credentials();
        let credentials = Credentials {
            user: Secret::new(user),
            organization: Secret::new(organization),
        };
        let address = Address::parse("http://127.0.0.1:1", false).expect("an address");
        let wire = Arc::new(Wire {
            world: Arc::clone(&self.world),
            retries: self.mistake == Mistake::RetryAtOnce,
            searches: self.mistake != Mistake::NoMarkerSearch,
        });
        let clock = Arc::clone(&self.world.clock) as Arc<dyn connectorctl::ports::Clock>;
        RemoteReader::new(address, &credentials, wire, clock, Settings::default())
            .expect("a reader")
    }

    async fn gather(
        &self,
        reader: &dyn connectorctl::ports::ReadRemote,
        lock: Lock,
        intents: BTreeMap<connectorctl::model::InstanceKey, connectorctl::model::OpenIntent>,
    ) -> Option<(PlanInput, ResolvedSecrets, FingerprintKey)> {
        reader.tenant().await.ok()?;
        let mut observed = Observed::default();
        for instance in reader.list().await.ok()? {
            let recorded = || lock.instances.values().any(|entry| entry.id == instance.id);
            if self.mistake != Mistake::NoMarkerSearch || recorded() {
                observed.instances.insert(instance.id, instance);
            }
        }
        for entry in lock.instances.values() {
            if observed.instances.contains_key(&entry.id) {
                continue;
            }
            let read = reader.get(entry.id).await.ok()?;
            if let Lookup::Found(instance) = read {
                observed.instances.insert(entry.id, *instance);
            } else {
                observed.gone.insert(entry.id);
            }
        }
        let key = FingerprintKey::derive(&Secret::new(self.world.credentials().1));
        let mut resolved = self.resolved.clone();
        let input = FactInput {
            desired: &self.desired,
            lock: &lock,
            observed: Some(&observed),
            intents: &intents,
            key: Some(&key),
        };
        let secrets = facts(&input, &mut resolved).expect("random");
        let input = PlanInput {
            desired: self.desired.clone(),
            lock,
            view: View::Live(observed),
            secrets,
            intents,
            policy: Policy {
                max_deletes: Limit::Number(100),
                ..Policy::default()
            },
            other_user: false,
        };
        Some((input, resolved, key))
    }

    /// One `apply`, as the program does it, until its end or its death.
    async fn run(&self, settle_first: bool) -> End {
        tokio::select! {
            biased;
            () = self.world.death.notified() => End::Died,
            complete = self.apply(settle_first) => End::Done { complete },
        }
    }

    async fn apply(&self, settle_first: bool) -> bool {
        let holder = Holder {
            pid: 1,
            since: "now".to_owned(),
            run: None,
        };
        let clock = Arc::clone(&self.world.clock) as Arc<dyn connectorctl::ports::Clock>;
        let mut store = LockStore::open(self.paths(), clock, &holder, Duration::ZERO)
            .await
            .expect("the lock is free");
        let writer = self.reader().into_writer();
        for _ in 0..2 {
            let view = store.view(&self.desired.inventory);
            let lock = view
                .lock
                .unwrap_or_else(|| Lock::empty(self.desired.inventory.clone()));
            let Some((input, resolved, key)) = self.gather(&writer, lock, view.intents).await
            else {
                return false;
            };
            let planned = reconcile::plan(&input);
            assert_eq!(reconcile::audit(&input, &planned.plan), []);
            if !planned.refusals.is_empty() {
                return false;
            }
            let mut header = Lock::empty(self.desired.inventory.clone());
            header.check = Some(
                input
                    .lock
                    .check
                    .clone()
                    .unwrap_or_else(|| key.check().expect("random")),
            );
            if planned.plan.steps.is_empty() && input.intents.is_empty() {
                store.finish(&header).expect("folded");
                return true;
            }
            let (_handle, stop) = Stop::new();
            let settle = if self.mistake == Mistake::NoWindow {
                Duration::ZERO
            } else {
                SETTLE_WINDOW
            };
            let sink = QuickDisk {
                store: &store,
                mistake: self.mistake,
                late: Mutex::default(),
            };
            let applied = Apply {
                plan: &planned.plan,
                secrets: &resolved,
                lock: &input.lock,
                intents: &input.intents,
                remote: &writer,
                sink: &sink,
                clock: &*self.world.clock,
                progress: &Silent,
                stop,
                options: Options {
                    parallelism: 3,
                    settle,
                    settle_first,
                    deadline_ms: None,
                    marker_seen: false,
                },
            }
            .run()
            .await;
            sink.flush().await.expect("written");
            drop(sink);
            store.finish(&header).expect("folded");
            let all = applied
                .report
                .outcomes
                .iter()
                .all(|outcome| outcome.outcome == OutcomeKind::Applied);
            if !all {
                return false;
            }
            if applied.found.is_empty() {
                return true;
            }
        }
        false
    }

    /// The next plan of this checkout, when nothing fails any more.
    async fn plan(&self) -> (Planned, Lock) {
        let view = connectorctl::lockfile::LockView::read(&self.paths(), &self.desired.inventory)
            .expect("a view");
        let lock = view
            .lock
            .unwrap_or_else(|| Lock::empty(self.desired.inventory.clone()));
        let gathered = self
            .gather(&self.reader(), lock.clone(), view.intents)
            .await;
        let (input, _, _) = gathered.expect("a calm platform answers");
        (reconcile::plan(&input), lock)
    }
}

/// Runs the schedule of one seed.
pub(crate) async fn run(seed: u64, mistake: Mistake) -> Tally {
    let world = World::new(seed);
    let folder = tempfile::tempdir().expect("a folder");
    let stanza = Stanza {
        other: false,
        renamed: false,
    };
    let mut stanzas = vec![stanza; 1 + usize::try_from(world.draw(3)).unwrap_or_default()];
    let (desired, resolved) = manifest(&stanzas);
    let mut runner = Runner {
        world: Arc::clone(&world),
        folder: folder.path().to_owned(),
        desired,
        resolved,
        mistake,
    };
    let mut tally = Tally::default();
    let mut outside = false;
    for _ in 0..world.draw(MOST_STORMY_RUNS) {
        world.die_after((world.draw(3) > 0).then(|| world.draw(14)));
        let died = matches!(runner.run(false).await, End::Died);
        world.die_after(None);
        tally.kills += u64::from(died);
        if let Some(number) = usize::try_from(world.draw(8))
            .ok()
            .filter(|n| *n < stanzas.len())
        {
            // An edit between two runs, whatever became of the first.
            if world.draw(2) == 0 {
                stanzas[number].renamed = true;
            } else {
                stanzas[number].other ^= true;
            }
            tally.edits += 1;
            (runner.desired, runner.resolved) = manifest(&stanzas);
        }
        match world.draw(6) {
            // A fresh clone, a window after whatever was under way.
            0 => {
                world.clock.sleep(SETTLE_WINDOW).await;
                forget(folder.path());
            }
            // A fresh clone too early: outside the conditions.
            1 => {
                outside = true;
                forget(folder.path());
            }
            _ if died && mistake == Mistake::NoIntent => forget(folder.path()),
            _ => {}
        }
    }
    world.calm();
    // A plan made while lists lag may miss the retired instance of a replace that was cut off, and
    // leave its delete to the next one: no double, and no work that is lost.
    world.clock.sleep(LIST_LAG).await;
    let mut complete = false;
    for _ in 0..MOST_CALM_RUNS {
        if let End::Done { complete: true } = runner.run(false).await {
            complete = true;
            break;
        }
    }
    // What was taken and not yet done shows by then.
    world.clock.sleep(SETTLE_WINDOW).await;
    if outside {
        // A retired instance that no list showed yet is work left over, and rightly so.
        let _ = runner.run(false).await;
    }
    tally.non_empty_plans += u64::from(!complete);
    judge(&runner, &mut tally, outside).await;
    let (posts, faults) = world.counts();
    tally.posts = posts;
    tally.faults = faults;
    tally
}

async fn judge(runner: &Runner, tally: &mut Tally, outside: bool) {
    // The last look is without the mistake.
    let runner = &Runner {
        world: Arc::clone(&runner.world),
        folder: runner.folder.clone(),
        desired: runner.desired.clone(),
        resolved: runner.resolved.clone(),
        mistake: Mistake::None,
    };
    let (planned, lock) = runner.plan().await;
    let live = runner.world.live();
    if outside {
        tally.outside += 1;
    } else {
        tally.inside += 1;
    }
    for (key, desired) in &runner.desired.instances {
        let keys = [Some(key), desired.lifecycle.moved_from.as_ref()];
        let markers: Vec<String> = keys
            .into_iter()
            .flatten()
            .map(|key| format!("connectorctl:chaos:{key}"))
            .collect();
        let marked: Vec<_> = live
            .iter()
            .filter(|instance| {
                let tags = instance["tags"].as_array();
                tags.is_some_and(|tags| tags.iter().any(|tag| markers.iter().any(|own| tag == own)))
            })
            .collect();
        let recorded = lock.instances.get(key);
        let kept = recorded.is_some_and(|entry| {
            !entry.token.is_empty() && marked.iter().any(|instance| instance["id"] == entry.id.0)
        });
        tally.lost_tokens += u64::from(!kept);
        if marked.len() > 1 {
            tally.duplicates_inside += u64::from(!outside);
            let reported = planned
                .notes
                .iter()
                .any(|note| note.code == NoteCode::Duplicate && note.key.as_ref() == Some(key));
            tally.unreported += u64::from(!reported);
        }
    }
    tally.non_empty_plans += u64::from(!planned.plan.steps.is_empty());
}

fn forget(folder: &Path) {
    let _ = std::fs::remove_dir_all(folder.join(".connectorctl"));
    let _ = std::fs::remove_file(folder.join("chaos.lock.json"));
}

/// Runs many schedules, each on a runtime and a clock of its own.
pub(crate) fn run_many(seeds: std::ops::Range<u64>, mistake: Mistake) -> (Tally, Option<u64>) {
    let mut total = Tally::default();
    let mut first_bad = None;
    for seed in seeds {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .expect("a runtime");
        let tally = runtime.block_on(run(seed, mistake));
        if !tally.is_clean() && first_bad.is_none() {
            first_bad = Some(seed);
        }
        total.add(tally);
    }
    (total, first_bad)
}
