//! A checkout and its runs: the real client, planner, apply and journal, put together as `apply` does.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use connectorctl::apply::{Apply, ApplyOptions, NoProgress, SETTLE_WINDOW};
use connectorctl::commands::{marker_seen, observe};
use connectorctl::lockfile::{Holder, LockError, LockKind, LockPaths, LockStore, LockView};
use connectorctl::model::{
    Desired, Limit, Lock, LockHeader, OutcomeKind, Planned, Prune, ResolvedSecrets, Secret,
};
use connectorctl::ports::{Clock, LockSink, ReadRemote, Record, SinkError, Stop};
use connectorctl::reconcile::{self, PlanInput, Policy, View};
use connectorctl::remote::{Address, Credentials, RemoteReader, Settings};
use connectorctl::secrets::{FactInput, FingerprintKey, facts};

use super::schedule::{Ending, Launch, Stall};
use super::world::{AskedAt, Process, Wire, World};

/// As `apply`: an instance found while settling is planned for once more.
const MOST_ROUNDS: usize = 2;
/// How long a run waits for the lock, where it waits.
const LOCK_TIMEOUT: Duration = Duration::from_secs(600);

/// A deliberate mistake, to show that the harness can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Mistake {
    #[value(skip)]
    None,
    /// The settle window is ignored.
    NoWindow,
    /// No intent is recorded before a `POST`.
    NoIntent,
    /// A `POST` that was cut is sent again at once.
    RetryAtOnce,
    /// Nothing is ever looked for by its marker.
    NoMarkerSearch,
    /// Nothing says that a process lives while a `POST` is in flight.
    NoSignsOfLife,
    /// An intent is struck off at once, and its result made durable when the run ends.
    FoldFirst,
}

/// The journal, whose disk takes no simulated time but what a stall says: the paused clock stands still
/// while it works, as it does for any blocking task.
struct QuickDisk<'a> {
    store: &'a LockStore,
    world: &'a World,
    mistake: Mistake,
    asked_at: &'a AskedAt,
    stall: Option<Stall>,
    /// How many records were asked for; held by the one the disk is busy with.
    turn: tokio::sync::Mutex<u64>,
    /// Results that are not durable yet, under [`Mistake::FoldFirst`].
    late: Mutex<Vec<Record>>,
}

#[async_trait]
impl LockSink for QuickDisk<'_> {
    async fn record(&self, record: Record) -> Result<(), SinkError> {
        match (self.mistake, &record) {
            (Mistake::NoIntent, Record::Intent { .. })
            | (Mistake::NoSignsOfLife, Record::Heartbeat) => Ok(()),
            (Mistake::FoldFirst, Record::Entry { key, .. }) => {
                let settled = Record::NotCreated { key: key.clone() };
                self.late.lock().expect("the late ones").push(record);
                self.write(settled).await
            }
            _ => self.write(record).await,
        }
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
        let asked = self.world.clock.now_ms();
        let mut turn = self.turn.lock().await;
        let stall = self.stall.filter(|stall| u64::from(stall.nth) == *turn);
        *turn += 1;
        if let Some(stall) = stall {
            self.world.tell(format_args!("{stall:?}"));
            let pause = Duration::from_secs(u64::from(stall.seconds));
            self.world.clock.sleep(pause).await;
        }
        let set = |at_ms| *self.asked_at.at_ms.lock().expect("the time") = at_ms;
        let record = async {
            set(Some(asked));
            let recorded = self.store.record(record).await;
            set(None);
            recorded
        };
        at_once(self.world, record).await
    }
}

/// What takes no simulated time.
async fn at_once<T>(world: &World, work: impl Future<Output = T>) -> T {
    let _turn = world.disk.lock().await;
    let (done, waits) = std::sync::mpsc::channel::<()>();
    let standing_still = tokio::task::spawn_blocking(move || {
        let _ = waits.recv();
    });
    let result = work.await;
    drop(done);
    let _ = standing_still.await;
    result
}

/// How one run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Died,
    /// Another one holds the lock: exit 6.
    Held,
    /// Something is left to do.
    Incomplete,
    Complete,
}

/// One checkout of the repository. The manifest is the same in all.
#[derive(Clone)]
pub(crate) struct Checkout {
    pub(crate) world: Arc<World>,
    pub(crate) folder: PathBuf,
    pub(crate) desired: Desired,
    pub(crate) resolved: ResolvedSecrets,
    pub(crate) mistake: Mistake,
    pub(crate) prune: BTreeSet<Prune>,
    /// `--recreate-vanished`, as a person passes it who knows that another checkout replaced them.
    pub(crate) recreate_vanished: bool,
}

impl Checkout {
    fn paths(&self) -> LockPaths {
        LockPaths::new(None, &self.folder.join("chaos.yaml"), false, LockKind::Real)
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.world.clock) as Arc<dyn Clock>
    }

    /// Lock file and journal are gone.
    pub(crate) fn forget(&self) {
        for path in [".connectorctl", "chaos.lock.json"] {
            let path = self.folder.join(path);
            let removed = if path.is_dir() {
                std::fs::remove_dir_all(path)
            } else if path.exists() {
                std::fs::remove_file(path)
            } else {
                Ok(())
            };
            removed.expect("removed");
        }
    }

    fn reader(&self, process: Arc<Process>, deadline_ms: Option<u64>) -> RemoteReader {
        let (user, organization) = self.world.credentials();
        let credentials = Credentials {
            user: Secret::new(user),
            organization: Secret::new(organization),
        };
        let address = Address::parse("http://127.0.0.1:1", false).expect("an address");
        let wire = Arc::new(Wire {
            world: Arc::clone(&self.world),
            process,
            retries: self.mistake == Mistake::RetryAtOnce,
            searches: self.mistake != Mistake::NoMarkerSearch,
        });
        let settings = Settings {
            deadline_ms,
            jitter_seed: Some(0),
            ..Settings::default()
        };
        RemoteReader::new(address, &credentials, wire, self.clock(), settings).expect("a reader")
    }

    async fn gather(&self, reader: &dyn ReadRemote, view: LockView) -> Option<Gathered> {
        let lock = view
            .lock
            .unwrap_or_else(|| Lock::empty(self.desired.inventory.clone()));
        reader.tenant().await.ok()?;
        let mut observed = observe(reader, &lock, &view.retired).await.ok()?;
        if self.mistake == Mistake::NoMarkerSearch {
            observed
                .instances
                .retain(|id, _| lock.instances.values().any(|entry| entry.id == *id));
        }
        let key = FingerprintKey::derive(&Secret::new(self.world.credentials().1));
        let mut resolved = self.resolved.clone();
        let input = FactInput {
            desired: &self.desired,
            lock: &lock,
            observed: Some(&observed),
            intents: &view.intents,
            key: Some(&key),
        };
        let secrets = facts(&input, &mut resolved).expect("random");
        let keys = self.desired.instances.keys().chain(lock.instances.keys());
        let marker_seen = marker_seen(&observed, &self.desired.inventory, keys);
        let mut header = LockHeader::new(self.desired.inventory.clone());
        let check = lock.header.check.clone();
        header.check = Some(check.unwrap_or_else(|| key.check().expect("random")));
        Some(Gathered {
            input: PlanInput {
                desired: self.desired.clone(),
                lock,
                view: View::Live(observed),
                secrets,
                intents: view.intents,
                policy: Policy {
                    max_deletes: Limit::Number(100),
                    prune: self.prune.clone(),
                    recreate_vanished: self.recreate_vanished,
                    ..Policy::default()
                },
                other_user: false,
            },
            resolved,
            header,
            marker_seen,
        })
    }

    /// One `apply`, from its start to its end or its death.
    pub(crate) async fn launch(&self, launch: &Launch) -> End {
        let clock = self.clock();
        clock
            .sleep(Duration::from_millis(u64::from(launch.after_ms)))
            .await;
        let process = Arc::new(Process::of(launch));
        let (handle, stop) = Stop::new();
        let from_outside = async {
            let pause = |ms: u32| clock.sleep(Duration::from_millis(u64::from(ms)));
            match launch.ending {
                Ending::DiesAfterMs(ms) => return pause(ms).await,
                Ending::StoppedAfterMs(ms) => {
                    pause(ms).await;
                    handle.escalate();
                }
                Ending::StoppedTwiceAfterMs(ms) => {
                    pause(ms).await;
                    handle.escalate();
                    pause(1_000).await;
                    handle.escalate();
                }
                Ending::Itself | Ending::DiesAtRequest(_) => {}
            }
            std::future::pending::<()>().await;
        };
        self.world.tell(format_args!("apply: {launch:?}"));
        let end = tokio::select! {
            biased;
            () = process.death.notified() => End::Died,
            () = from_outside => End::Died,
            end = self.apply(launch, &process, stop) => end,
        };
        self.world.tell(format_args!("its end: {end:?}"));
        end
    }

    async fn apply(&self, launch: &Launch, process: &Arc<Process>, stop: Stop) -> End {
        let holder = Holder {
            pid: 1,
            since: "now".to_owned(),
            run: None,
        };
        let wait = if launch.waits {
            LOCK_TIMEOUT
        } else {
            Duration::ZERO
        };
        let asked_at = Arc::new(AskedAt {
            clock: Arc::clone(&self.world.clock),
            at_ms: Mutex::new(None),
        });
        let clock = Arc::clone(&asked_at) as Arc<dyn Clock>;
        let store = LockStore::open(self.paths(), clock, &holder, wait).await;
        let mut store = match store {
            Ok(store) => store,
            Err(LockError::Held { .. }) => return End::Held,
            Err(other) => panic!("{other}"),
        };
        let deadline_ms = launch
            .deadline_s
            .map(|seconds| self.world.clock.now_ms() + 1_000 * u64::from(seconds));
        let writer = self.reader(Arc::clone(process), deadline_ms).into_writer();
        for _ in 0..MOST_ROUNDS {
            let view = store.view(&self.desired.inventory);
            let Some(gathered) = self.gather(&writer, view).await else {
                return End::Incomplete;
            };
            let planned = reconcile::plan(&gathered.input);
            assert_eq!(reconcile::audit(&gathered.input, &planned.plan), []);
            if !planned.refusals.is_empty() {
                return End::Incomplete;
            }
            if planned.plan.steps.is_empty() && gathered.input.intents.is_empty() {
                store.finish(&gathered.header).expect("folded");
                return End::Complete;
            }
            at_once(&self.world, store.begin(&gathered.header))
                .await
                .expect("written");
            let sink = QuickDisk {
                store: &store,
                world: &self.world,
                mistake: self.mistake,
                asked_at: &asked_at,
                stall: launch.stall,
                turn: tokio::sync::Mutex::new(0),
                late: Mutex::default(),
            };
            let applied = Apply {
                plan: &planned.plan,
                secrets: &gathered.resolved,
                lock: &gathered.input.lock,
                intents: &gathered.input.intents,
                remote: &writer,
                sink: &sink,
                clock: &*self.world.clock,
                progress: &NoProgress,
                stop: stop.clone(),
                options: ApplyOptions {
                    parallelism: 3,
                    settle: match self.mistake {
                        Mistake::NoWindow => Duration::ZERO,
                        _ => SETTLE_WINDOW,
                    },
                    settle_first: launch.settle_first,
                    deadline_ms,
                    marker_seen: gathered.marker_seen,
                },
            }
            .run()
            .await;
            sink.flush().await.expect("written");
            drop(sink);
            store.finish(&gathered.header).expect("folded");
            let outcomes = &applied.report.outcomes;
            for outcome in outcomes {
                let (key, action, kind) = (&outcome.key, &outcome.action, outcome.outcome);
                let error = outcome.error.as_deref().unwrap_or_default();
                self.world
                    .tell(format_args!("{action} {key}: {kind:?} {error}"));
            }
            let all = outcomes
                .iter()
                .all(|outcome| outcome.outcome == OutcomeKind::Applied);
            if !all || applied.report.interrupted {
                return End::Incomplete;
            }
            if applied.replan.is_empty() {
                return End::Complete;
            }
        }
        End::Incomplete
    }

    /// The next plan of this checkout, when nothing fails any more.
    pub(crate) async fn plan(&self) -> (Planned, Lock) {
        let view = LockView::read(&self.paths(), &self.desired.inventory).expect("a view");
        let reader = self.reader(Arc::new(Process::lucky()), None);
        let gathered = self.gather(&reader, view).await;
        let input = gathered.expect("a calm platform answers").input;
        (reconcile::plan(&input), input.lock)
    }
}

/// What a plan is made from, and what an apply needs besides.
struct Gathered {
    input: PlanInput,
    resolved: ResolvedSecrets,
    header: LockHeader,
    marker_seen: bool,
}

/// Where the lock file of a checkout is.
pub(crate) fn folder(root: &Path, apart: bool) -> PathBuf {
    let folder = root.join(if apart { "second" } else { "first" });
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}
