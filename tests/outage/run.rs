//! One apply of `session`, with its journal in memory, over a network that fails.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use connectorctl::apply::{ApplyOptions, SETTLE_WINDOW};
use connectorctl::lockfile::{Finished, LockError, LockView};
use connectorctl::manifest::{LoadOptions, SourceFile, load};
use connectorctl::model::{
    Desired, InventoryName, LockHeader, OutcomeKind, Remade, ResolvedSecrets, Secret,
};
use connectorctl::ports::{Clock as _, LockSink, Record, SinkError, Stop};
use connectorctl::reconcile::Policy;
use connectorctl::remote::{Address, Credentials, RemoteReader, Settings};
use connectorctl::sandbox::{Assumptions, Platform, Seed};
use connectorctl::secrets::{Lookups, MissingPolicy, resolve};
use connectorctl::session::{Approval, Identity, Rounds, Session, Store};

use super::network::{Network, Outage, SimClock};
use crate::chaos::checkout::Nobody;

const URL: &str = "http://127.0.0.1:1";

/// What an apply came to.
#[derive(Debug)]
pub(super) struct Outcome {
    /// From the beginning of the outage to the end of the run.
    pub(super) took: Duration,
    /// Sent after the beginning of the outage.
    pub(super) requests: usize,
    pub(super) creates: u64,
    pub(super) counts: BTreeMap<OutcomeKind, usize>,
    /// What the steps that failed say.
    pub(super) messages: Vec<String>,
}

impl Outcome {
    pub(super) fn count(&self, kind: OutcomeKind) -> usize {
        self.counts.get(&kind).copied().unwrap_or(0)
    }
}

/// Creates so many instances.
pub(super) fn apply(creates: usize, parallelism: usize, outage: Outage) -> Outcome {
    super::simulated(run(creates, parallelism, outage))
}

async fn run(creates: usize, parallelism: usize, outage: Outage) -> Outcome {
    let (desired, secrets) = manifest(creates);
    let clock = SimClock::start();
    let platform =
        Platform::new(&Seed::Fixed(1), Assumptions::default(), Vec::new()).expect("a platform");
    let (user, organization) = platform.credentials();
    let identity = Identity {
        url: URL.to_owned(),
        user: Secret::new(user),
        organization: Secret::new(organization),
        fingerprint_key: None,
        previous: None,
        known: std::sync::Arc::default(),
        is_sandbox: false,
    };
    let credentials = Credentials {
        user: identity.user.clone(),
        organization: identity.organization.clone(),
    };
    let network = Arc::new(Network::new(Arc::clone(&clock), platform, Some(outage)));
    let settings = Settings {
        max_in_flight: parallelism + 2,
        jitter_seed: Some(0),
        ..Settings::default()
    };
    let address = Address::parse(URL, false).expect("an address");
    let wire = Arc::clone(&network) as _;
    let reader = RemoteReader::new(
        address,
        &credentials,
        wire,
        Arc::clone(&clock) as _,
        settings,
    );
    let (_handle, stop) = Stop::new();
    let rounds = Rounds {
        session: Session {
            desired: &desired,
            identity: &identity,
        },
        secrets: &secrets,
        resolve: &|_| Ok(ResolvedSecrets::default()),
        policy: Policy::default(),
        remote: &reader.expect("a reader").into_writer(),
        clock: &*clock,
        stop,
        options: ApplyOptions {
            parallelism,
            settle: SETTLE_WINDOW,
            settle_first: false,
            deadline: None,
            marker_seen: false,
        },
        approval: Approval::Given,
        keep_removed: &|_| Ok(()),
    };
    let run = rounds.run(&mut Memory, &mut Nobody).await;
    let report = run.report;
    let began = network
        .began()
        .unwrap_or_else(|| panic!("no outage: {:?}", run.result));
    let mut counts = BTreeMap::new();
    let mut messages = Vec::new();
    for outcome in report.outcomes {
        messages.extend(outcome.error);
        *counts.entry(outcome.outcome).or_default() += 1;
    }
    Outcome {
        took: clock.now().since(began),
        requests: network.sent().iter().filter(|at| **at > began).count(),
        creates: network.creates(),
        counts,
        messages,
    }
}

fn manifest(creates: usize) -> (Desired, ResolvedSecrets) {
    let mut text = String::from("version: 1\ninventory: acme\ninstances:\n");
    for number in 0..creates {
        let _ = writeln!(
            text,
            "  k{number}: {{ element: freshdeskv2, configuration: {{ subdomain: acme, username: u }} }}"
        );
    }
    let file = SourceFile {
        name: "instances.yaml".to_owned(),
        folder: PathBuf::new(),
        bytes: text.into_bytes(),
    };
    let loaded = load(&[file], LoadOptions::default());
    let desired = loaded.desired.expect("a manifest");
    let lookups = Lookups {
        variable: &|_| None,
        allow_exec: false,
        missing: MissingPolicy::Refuse,
    };
    let (secrets, _) = resolve(&desired, &loaded.places, &lookups, &|_, _| true).expect("resolved");
    (desired, secrets)
}

/// A journal that is always durable at once.
struct Memory;

#[async_trait]
impl LockSink for Memory {
    async fn record(&self, _record: Record) -> Result<(), SinkError> {
        Ok(())
    }
}

#[async_trait]
impl Store for Memory {
    fn view(&self, _inventory: &InventoryName) -> LockView {
        LockView {
            lock: None,
            intents: BTreeMap::new(),
            retired: BTreeSet::new(),
            missing: BTreeMap::new(),
            moving: None,
            open_to_others: false,
        }
    }

    async fn begin(&self, _header: &LockHeader) -> Result<(), LockError> {
        Ok(())
    }

    async fn finish(
        &mut self,
        _header: &LockHeader,
        _remade: &Remade,
    ) -> Result<Finished, LockError> {
        Ok(Finished {
            rewritten: false,
            instances: 0,
            open_intents: 0,
            sealed: false,
            newly_sealed: false,
        })
    }
}
