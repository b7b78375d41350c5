//! A platform that goes away in the middle of a run, or that rate limits it: how long the run goes on, and
//! how much it sends. On simulated time.

mod endless;
mod network;
mod run;

use std::sync::Arc;
use std::time::Duration;

use connectorctl::model::{InstanceId, OutcomeKind, Secret};
use connectorctl::ports::{Clock as _, ReadRemote as _};
use connectorctl::remote::{Address, Credentials, RemoteReader, Settings};
use connectorctl::sandbox::{Assumptions, Fault, Platform, Seed};
use futures_util::future::join_all;

use network::{Away, Network, Outage, SimClock};
use run::{Outcome, apply};

/// How long a run may go on without the platform.
const MAX_OUTAGE: Duration = Duration::from_secs(30);
/// Requests that have begun by then may take this much longer.
const GRACE: Duration = Duration::from_millis(100);
const CREATES: usize = 50;
const BEFORE: u64 = 10;

fn outage(away: Away, lasts: Option<Duration>) -> Outage {
    Outage {
        after_creates: BEFORE,
        away,
        lasts,
    }
}

fn ends_in_time(parallelism: usize, away: Away) -> Outcome {
    let outcome = apply(CREATES, parallelism, outage(away, None));
    // The first request to notice a platform that hangs waits for its connection.
    let notices = match away {
        Away::Hangs => Duration::from_secs(10),
        Away::Refuses | Away::Gateway => Duration::ZERO,
    };
    assert!(outcome.took <= MAX_OUTAGE + notices + GRACE, "{outcome:?}");
    // Waiting is no reason to give up early: a restart takes its time.
    assert!(outcome.took >= MAX_OUTAGE - GRACE, "{outcome:?}");
    assert_eq!(outcome.count(OutcomeKind::Applied), 10);
    outcome
}

#[test]
fn a_platform_that_goes_away_ends_the_run_in_time_at_any_parallelism() {
    for away in [Away::Refuses, Away::Hangs, Away::Gateway] {
        for parallelism in [1, 10] {
            let outcome = ends_in_time(parallelism, away);
            println!(
                "parallelism {parallelism}, {away:?}: {} s, {} requests, {:?}",
                outcome.took.as_secs_f64(),
                outcome.requests,
                outcome.counts
            );
            let tried = outcome.count(OutcomeKind::Failed) + outcome.count(OutcomeKind::Unknown);
            assert!(tried <= parallelism, "the rest is untouched: {outcome:?}");
            assert_eq!(outcome.count(OutcomeKind::Skipped), CREATES - 10 - tried);
            // What was in flight may have taken effect, and is not called failed.
            let in_flight = parallelism - 1;
            assert!(
                outcome.count(OutcomeKind::Unknown) >= in_flight,
                "{outcome:?}"
            );
            let cause = match away {
                Away::Refuses => "cannot connect: refused",
                Away::Hangs => "no connection within 10 s",
                Away::Gateway => "a gateway responds with status 502",
            };
            let names_cause = |message: &String| message.contains(cause);
            assert!(outcome.messages.iter().any(names_cause), "{outcome:?}");
            // A platform that is away is not hammered.
            assert!(outcome.requests <= 20 * parallelism, "{outcome:?}");
        }
    }
}

#[test]
fn a_restart_costs_nothing() {
    for away in [Away::Refuses, Away::Gateway] {
        for parallelism in [1, 10] {
            let restart = outage(away, Some(Duration::from_secs(25)));
            let outcome = apply(CREATES, parallelism, restart);
            let applied = outcome.count(OutcomeKind::Applied);
            assert_eq!(
                applied, CREATES,
                "parallelism {parallelism}, {away:?}: {outcome:?}"
            );
            assert_eq!(outcome.creates, CREATES as u64, "{outcome:?}");
        }
    }
}

/// A client of a platform with these faults, and the network between them.
fn client(max_in_flight: usize, faults: &[&str]) -> (RemoteReader, Arc<Network>, Arc<SimClock>) {
    let clock = SimClock::start();
    let faults = faults.iter().map(|fault| Fault::parse(fault));
    let faults = faults.collect::<Result<_, _>>().expect("faults");
    let platform =
        Platform::new(&Seed::Fixed(1), Assumptions::default(), faults).expect("a platform");
    let (user, organization) = platform.credentials();
    let credentials = Credentials {
        user: Secret::new(user),
        organization: Secret::new(organization),
    };
    let network = Arc::new(Network::new(Arc::clone(&clock), platform, None));
    let settings = Settings {
        max_in_flight,
        jitter_seed: Some(0),
        ..Settings::default()
    };
    let address = Address::parse("http://127.0.0.1:1", false).expect("an address");
    let wire = Arc::clone(&network) as _;
    let reader = RemoteReader::new(
        address,
        &credentials,
        wire,
        Arc::clone(&clock) as _,
        settings,
    );
    (reader.expect("a reader"), network, clock)
}

fn simulated<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime")
        .block_on(work)
}

/// Reads so many instances at once; answers how many requests it took, and how long.
fn read(max_in_flight: usize, faults: &[&str]) -> (usize, Duration) {
    simulated(async {
        let (reader, network, clock) = client(max_in_flight, faults);
        let began = clock.now();
        let reads = (0..max_in_flight).map(|_| reader.get(InstanceId(1)));
        for result in join_all(reads).await {
            result.expect("a read");
        }
        (network.sent().len(), clock.now().since(began))
    })
}

#[test]
fn without_retry_after_all_requests_share_one_pause() {
    let max_in_flight = 10;
    let (sent, took) = read(max_in_flight, &["GET * kind=too-many for=20s"]);
    println!("429 for 20 s without Retry-After: {sent} requests in {took:?}");
    // All that were in flight, then one after each pause: 0.25 s, doubled up to 5 s.
    assert!(
        sent <= max_in_flight + 10 + max_in_flight,
        "{sent} requests"
    );
    assert!(took <= Duration::from_secs(32), "{took:?}");
}

#[test]
fn a_given_retry_after_is_not_stretched() {
    for (form, lasts, slack) in [("1", 6, 0), ("date:1", 6, 1)] {
        let fault = format!("GET * kind=too-many for={lasts}s retry-after={form}");
        let (sent, took) = read(1, &[&fault]);
        println!("429 for {lasts} s with Retry-After {form}: {sent} requests in {took:?}");
        // One request a second, each with its latency.
        assert!(
            took <= Duration::from_secs(lasts + slack) + Duration::from_secs(1),
            "{took:?}"
        );
        assert!(sent as u64 <= lasts + 2 + slack, "{sent} requests");
    }
}
