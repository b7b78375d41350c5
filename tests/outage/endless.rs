//! A platform that never answers, or that answers for ever: how long a read goes on, and what is said
//! meanwhile. On simulated time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use connectorctl::model::{InstanceId, Secret};
use connectorctl::ports::{Clock as _, Confirm, ReadRemote as _, RemoteError};
use connectorctl::remote::{
    Address, Credentials, ReadLimits, RemoteReader, Settings, TimeoutClass, Transport,
    TransportError, WaitObserver,
};
use http::{Request, Response};
use serde_json::{Value, json};

use super::network::SimClock;
use super::simulated;

/// Answers every request after this time; every page of the list has a next one.
struct Endless {
    clock: Arc<SimClock>,
    takes: Duration,
    /// Of each page, in bytes.
    size: usize,
    pages: AtomicUsize,
}

#[async_trait]
impl Transport for Endless {
    async fn send(
        &self,
        request: Request<Bytes>,
        _timeout_class: TimeoutClass,
    ) -> Result<Response<Bytes>, TransportError> {
        self.clock.sleep(self.takes).await;
        let path = request.uri().path();
        let mut response = Response::builder();
        let body = if path.ends_with("/organizations/me") {
            json!({"id": 4711})
        } else {
            let page = self.pages.fetch_add(1, Ordering::Relaxed);
            response = response.header("elements-next-page-token", format!("page-{page}"));
            json!([{
                "id": page + 1, "name": "x".repeat(self.size), "tags": ["t"], "valid": true,
                "element": {"key": "jira", "id": 1}, "configuration": {},
            }])
        };
        Ok(response
            .body(Bytes::from(body.to_string()))
            .expect("a response"))
    }
}

/// What was said, and after how many seconds.
#[derive(Debug, Default)]
struct Heard(Mutex<Vec<(String, u64)>>);

impl WaitObserver for Heard {
    fn waiting(&self, what: &str, so_far: Duration) {
        let line = (what.to_owned(), so_far.as_secs());
        self.0.lock().expect("the lines").push(line);
    }
}

/// What a read of the list comes to: its error, how long it took, and what was said.
fn list(
    takes: Duration,
    size: usize,
    limits: ReadLimits,
) -> (RemoteError, Duration, Vec<(String, u64)>) {
    simulated(async {
        let clock = SimClock::start();
        let heard = Arc::new(Heard::default());
        let settings = Settings {
            jitter_seed: Some(0),
            read: limits,
            waits: Some(Arc::clone(&heard) as _),
            ..Settings::default()
        };
        let wire = Endless {
            clock: Arc::clone(&clock),
            takes,
            size,
            pages: AtomicUsize::new(0),
        };
        let secret = |text: &str| Secret::new(text.to_owned());
        let credentials = Credentials {
            user: secret("invented-user"),
            organization: secret("invented-organization"),
        };
        let address = Address::parse("http://127.0.0.1:1", false).expect("an address");
        let reader = RemoteReader::new(
            address,
            &credentials,
            Arc::new(wire),
            Arc::clone(&clock) as _,
            settings,
        );
        let reader = reader.expect("a reader");
        let began = clock.now();
        let error = reader.list(Confirm::Now).await.expect_err("no end");
        let lines = heard.0.lock().expect("the lines").clone();
        (error, clock.now().since(began), lines)
    })
}

const S: fn(u64) -> Duration = Duration::from_secs;

#[test]
fn a_list_that_drips_ends_in_time() {
    let (error, took, said) = list(S(55), 10, ReadLimits::default());
    assert_eq!(took, S(600));
    let text = error.to_string();
    assert_eq!(
        text,
        "GET /instances: no complete response within 600 s, 10 pages read"
    );
    assert!(
        error
            .hint
            .is_some_and(|hint| hint.contains("--read-timeout"))
    );
    assert_eq!(said[0], ("GET /instances".to_owned(), 5));
    assert_eq!(said[1], ("GET /instances".to_owned(), 30));
    assert_eq!(said[2], ("GET /instances, 1 page read".to_owned(), 60));
}

#[test]
fn a_list_without_an_end_ends_by_its_pages_and_its_bytes() {
    let limits = ReadLimits {
        pages: 500,
        ..ReadLimits::default()
    };
    let (error, took, _) = list(Duration::from_millis(50), 10, limits);
    assert!(took < S(60), "{took:?}");
    assert!(error.to_string().contains("more than 500 pages"), "{error}");
    assert!(error.hint.is_some_and(|hint| hint.contains("--read-pages")));
    let limits = ReadLimits {
        bytes: 100_000,
        ..ReadLimits::default()
    };
    let (error, _, _) = list(Duration::from_millis(50), 10_000, limits);
    assert!(
        error.to_string().contains("more than 100000 bytes"),
        "{error}"
    );
    assert!(error.hint.is_some_and(|hint| hint.contains("--read-bytes")));
}

#[test]
fn what_answers_soon_is_not_mentioned() {
    let limits = ReadLimits {
        pages: 90,
        ..ReadLimits::default()
    };
    let (_, took, said) = list(Duration::from_millis(50), 10, limits);
    assert!(took < S(5), "{took:?}");
    assert_eq!(said, []);
}

#[test]
fn a_platform_that_never_answers_ends_every_read() {
    simulated(async {
        let clock = SimClock::start();
        let wire = Endless {
            clock: Arc::clone(&clock),
            takes: S(1_000_000),
            size: 0,
            pages: AtomicUsize::new(0),
        };
        let secret = |text: &str| Secret::new(text.to_owned());
        let credentials = Credentials {
            user: secret("invented-user"),
            organization: secret("invented-organization"),
        };
        let address = Address::parse("http://127.0.0.1:1", false).expect("an address");
        let settings = Settings::default();
        let reader = RemoteReader::new(
            address,
            &credentials,
            Arc::new(wire),
            Arc::clone(&clock) as _,
            settings,
        );
        let reader = reader.expect("a reader");
        let began = clock.now();
        let says: Value = json!([
            reader.tenant().await.expect_err("no answer").to_string(),
            reader
                .get(InstanceId(7))
                .await
                .expect_err("no answer")
                .to_string(),
            reader.find("t").await.expect_err("no answer").to_string(),
        ]);
        assert_eq!(clock.now().since(began), S(1_800));
        let expected = json!([
            "GET /organizations/me: no complete response within 600 s",
            "GET /instances/7: no complete response within 600 s",
            "GET /instances: no complete response within 600 s",
        ]);
        assert_eq!(says, expected);
    });
}
