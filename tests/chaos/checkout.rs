//! A checkout and its runs: `session` as the program drives it, on a world of the tests.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use connectorctl::apply::{ApplyOptions, NoProgress, Progress, SETTLE_WINDOW};
use connectorctl::lockfile::{
    Finished, Holder, LockError, LockKind, LockPaths, LockStore, LockView,
};
use connectorctl::model::{
    Desired, InstanceKey, Limit, Lock, OutcomeKind, Planned, Prune, ResolvedSecrets, Secret,
    Timestamp,
};
use connectorctl::ports::{Clock, Stop};
use connectorctl::reconcile::Policy;
use connectorctl::remote::{Address, Credentials, RemoteReader, Settings};
use connectorctl::session::{Approval, Hooks, Identity, Rounds, Session, SessionError};

use super::disk::{Disk, newest_record};
use super::freezer::Freezer;
use super::mistaken::Mistaken;
use super::pulled::Pulls;
use super::schedule::{Ending, Launch};
use super::seal;
use super::wire::{Process, Wire};
use super::world::{User, World};

/// Where every simulated platform claims to be.
const URL: &str = "http://127.0.0.1:1";
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
    /// The window of what an earlier run left starts at the newest record, when that run may have been
    /// alive for long.
    NoTakeover,
    /// The journal forgets what a fold wrote: instances that lists may not show yet.
    NoCheckpoint,
    /// Every instance in the answer to a create is taken for ours.
    TrustAnyAnswer,
    /// An intent is struck off at once, and its result made durable when the run ends.
    FoldFirst,
    /// Every list is all there is, even if it has a next page or shows no tags.
    BelieveLists,
    /// An empty or masked token is a token, and what is recorded is never compared.
    AnyToken,
    /// The lock file is written as the run knows it, whatever it has become meanwhile.
    OverwritePulled,
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
    /// `--assume-absent`, as a person passes it who knows that an instance is somebody else's.
    pub(crate) assume_absent: BTreeSet<InstanceKey>,
    /// Keys of which a run could not tell whose an instance is.
    pub(crate) undecided: Arc<Mutex<BTreeSet<InstanceKey>>>,
}

impl Checkout {
    fn paths(&self) -> LockPaths {
        LockPaths::new(None, &self.folder.join("chaos.yaml"), false, LockKind::Real)
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

    /// The bytes of the lock file, where there is one.
    pub(crate) fn lock_file(&self) -> Option<Vec<u8>> {
        std::fs::read(self.paths().lock).ok()
    }

    /// Puts other bytes in the place of the lock file, or none; the journal stays as it is.
    pub(crate) fn put_lock(&self, bytes: Option<&Vec<u8>>) {
        let path = self.paths().lock;
        match bytes {
            Some(bytes) => std::fs::write(path, bytes).expect("written"),
            None if path.exists() => std::fs::remove_file(path).expect("removed"),
            None => {}
        }
    }

    fn identity(&self, user: User) -> Identity {
        let (user, organization) = self.world.credentials(user);
        Identity {
            url: URL.to_owned(),
            user: Secret::new(user),
            organization: Secret::new(organization),
            fingerprint_key: None,
            previous: self.world.previous().map(Secret::new),
            known: std::sync::Arc::default(),
            is_sandbox: false,
        }
    }

    fn reader(
        &self,
        identity: &Identity,
        process: Arc<Process>,
        clock: Arc<dyn Clock>,
        deadline: Option<Timestamp>,
    ) -> RemoteReader {
        let credentials = Credentials {
            user: identity.user.clone(),
            organization: identity.organization.clone(),
        };
        let wire = Arc::new(Wire {
            world: Arc::clone(&self.world),
            process,
            mistake: self.mistake,
        });
        let settings = Settings {
            deadline,
            jitter_seed: Some(0),
            ..Settings::default()
        };
        let address = Address::parse(URL, false).expect("an address");
        RemoteReader::new(address, &credentials, wire, clock, settings).expect("a reader")
    }

    pub(crate) fn undecided(&self) -> MutexGuard<'_, BTreeSet<InstanceKey>> {
        self.undecided
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn policy(&self) -> Policy {
        Policy {
            max_deletes: Limit::Number(100),
            prune: self.prune.clone(),
            recreate_vanished: self.recreate_vanished,
            assume_absent: self.assume_absent.clone(),
            ..Policy::default()
        }
    }

    /// One `apply`, from its start to its end or its death.
    pub(crate) async fn launch(&self, launch: &Launch, pulls: Pulls<'_>) -> End {
        let clock = &self.world.clock;
        clock
            .sleep(Duration::from_millis(u64::from(launch.after_ms)))
            .await;
        let process = Arc::new(Process::of(launch));
        let own_clock = clock.launch();
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
                Ending::DiesFrozen(ms, seconds) => {
                    pause(ms).await;
                    return pause(1_000 * u32::from(seconds)).await;
                }
                Ending::Itself | Ending::DiesAtRequest(_) | Ending::FrozenAfterMs(..) => {}
            }
            std::future::pending::<()>().await;
        };
        let stepped = async {
            if let Some((ms, seconds)) = launch.step {
                clock.sleep(Duration::from_millis(u64::from(ms))).await;
                self.world
                    .tell(format_args!("the wall clock is set by {seconds} s"));
                self.world.clock.step(seconds);
            }
            std::future::pending::<()>().await;
        };
        let pulled = async {
            let start = clock.now_ms();
            for pull in pulls.in_order() {
                let due = start + u64::from(pull.after_ms);
                let pause = due.saturating_sub(clock.now_ms());
                clock.sleep(Duration::from_millis(pause)).await;
                let now = self.lock_file();
                if let Some(bytes) = pulls.pulled(now.as_deref(), pull) {
                    self.world.tell(format_args!("{pull:?}"));
                    self.world.count_pull();
                    self.put_lock(Some(&bytes));
                }
            }
            std::future::pending::<()>().await;
        };
        let frozen = match launch.ending {
            Ending::FrozenAfterMs(ms, seconds) | Ending::DiesFrozen(ms, seconds) => {
                let from = Duration::from_millis(u64::from(ms));
                Some((from, from + Duration::from_secs(u64::from(seconds))))
            }
            _ => None,
        };
        let apply = Freezer::new(
            &self.world,
            frozen,
            self.apply(launch, &process, &own_clock, stop),
        );
        self.world.tell(format_args!("apply: {launch:?}"));
        let end = tokio::select! {
            biased;
            () = process.death.notified() => End::Died,
            () = from_outside => End::Died,
            () = stepped => End::Died,
            () = pulled => End::Died,
            end = apply => end,
        };
        self.world.tell(format_args!("its end: {end:?}"));
        end
    }

    async fn apply(
        &self,
        launch: &Launch,
        process: &Arc<Process>,
        clock: &Arc<dyn Clock>,
        stop: Stop,
    ) -> End {
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
        let opened = LockStore::open(self.paths(), Arc::clone(clock), &holder, wait);
        let mut disk = match opened.await {
            Ok(mut store) => Disk {
                store: {
                    if let Some(sealer) = seal::sealer(&self.desired) {
                        store.seal_with(sealer);
                    }
                    store
                },
                lock: self.paths().lock,
                base: self.lock_file(),
                world: Arc::clone(&self.world),
                mistake: self.mistake,
                newest: newest_record(&self.paths().journal),
                stall: launch.stall,
                turn: tokio::sync::Mutex::new(0),
                late: Mutex::default(),
            },
            Err(LockError::Held { .. }) => return End::Held,
            Err(other) => panic!("{other}"),
        };
        let deadline = launch
            .deadline_s
            .map(|seconds| clock.now() + Duration::from_secs(u64::from(seconds)));
        let identity = self.identity(launch.user);
        let writer = self.reader(&identity, Arc::clone(process), Arc::clone(clock), deadline);
        let writer = writer.into_writer();
        let mistaken = Mistaken {
            writer: &writer,
            mistake: self.mistake,
            paths: self.paths(),
            inventory: self.desired.inventory.clone(),
        };
        let rounds = Rounds {
            session: Session {
                desired: &self.desired,
                identity: &identity,
            },
            secrets: &self.resolved,
            resolve: &|_| Ok(ResolvedSecrets::default()),
            policy: self.policy(),
            remote: &mistaken,
            clock: &**clock,
            stop,
            options: ApplyOptions {
                parallelism: 3,
                settle: match self.mistake {
                    Mistake::NoWindow => Duration::ZERO,
                    _ => SETTLE_WINDOW,
                },
                settle_first: launch.settle_first,
                deadline,
                marker_seen: false,
            },
            approval: Approval::Given,
            keep_removed: &|_| Ok(()),
        };
        let run = rounds.run(&mut disk, &mut Nobody).await;
        for outcome in &run.report.outcomes {
            if outcome.outcome == OutcomeKind::Unknown && outcome.id.is_some() {
                self.undecided().insert(outcome.key.clone());
            }
            let (key, action, kind) = (&outcome.key, &outcome.action, outcome.outcome);
            let error = outcome.error.as_deref().unwrap_or_default();
            self.world
                .tell(format_args!("{action} {key}: {kind:?} {error}"));
        }
        match run.result {
            Ok(()) => {}
            Err(
                SessionError::Remote(_)
                | SessionError::Refused(_)
                | SessionError::Interrupted
                | SessionError::Deadline
                | SessionError::Lock(LockError::Conflict { .. })
                | SessionError::NotFolded(LockError::Conflict { .. }),
            ) => return End::Incomplete,
            Err(other) => panic!("{other}: {:?}", other.details()),
        }
        let is_done = |kind: OutcomeKind| kind == OutcomeKind::Applied;
        let mut outcomes = run.report.outcomes.iter();
        if outcomes.all(|outcome| is_done(outcome.outcome))
            && !run.report.interrupted
            && run.replan.is_empty()
        {
            End::Complete
        } else {
            End::Incomplete
        }
    }

    /// The next plan of this checkout, when nothing fails any more.
    pub(crate) async fn plan(&self) -> (Planned, Lock) {
        let inventory = &self.desired.inventory;
        let view = LockView::read(&self.paths(), inventory).expect("a view");
        let lock = view.lock.clone();
        let identity = self.identity(User::First);
        let session = Session {
            desired: &self.desired,
            identity: &identity,
        };
        let reader = self.reader(
            &identity,
            Arc::new(Process::lucky()),
            self.world.clock.launch(),
            None,
        );
        let planned = session.plan(&reader, self.resolved.clone(), view, self.policy());
        let planned = planned.await.expect("a calm platform answers");
        (
            planned,
            lock.unwrap_or_else(|| Lock::empty(inventory.clone())),
        )
    }
}

/// Hooks of a run that nobody watches.
pub(crate) struct Nobody;

impl Hooks for Nobody {
    fn lock_is_readable_by_others(&mut self) {}

    fn show_plan(&mut self, _planned: &Planned) -> io::Result<()> {
        Ok(())
    }

    fn confirm(&mut self) -> io::Result<bool> {
        Ok(true)
    }

    fn listen(&mut self) {}

    fn progress(&mut self, _steps: usize) -> Box<dyn Progress + '_> {
        Box::new(NoProgress)
    }

    fn recorded(&mut self, _finished: &Finished) {}
}

/// Where the lock file of a checkout is.
pub(crate) fn folder(root: &Path, apart: bool) -> PathBuf {
    let folder = root.join(if apart { "second" } else { "first" });
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}
