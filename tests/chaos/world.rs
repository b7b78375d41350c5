//! A platform, a network and a clock in one process: every request of the real client passes here and
//! may be lost, delayed or answered wrongly, and at a drawn moment the process dies.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use connectorctl::ports::Clock;
use connectorctl::remote::{Patience, Transport, TransportError};
use connectorctl::sandbox::{Fault, Platform, Readings, Seed};
use http::{Request, Response};
use tokio::sync::Notify;

/// The platform takes a request at most this long after it was sent: the client's own time-out.
const LATEST_COMMIT: u64 = 180;
/// A created instance may stay out of lists this long.
const LAG: u64 = 20;

/// A small generator: a schedule must be the same in every run of its seed.
pub(crate) struct Seeded(u64);

impl Seeded {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Self(seed ^ 0x9e37_79b9_7f4a_7c15);
        let _ = random.below(2);
        random
    }

    pub(crate) fn below(&mut self, most: u64) -> u64 {
        // Constants of Knuth's MMIX generator.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// Time that passes only when everybody waits.
pub(crate) struct SimClock(tokio::time::Instant);

impl SimClock {
    pub(crate) fn new() -> Self {
        Self(tokio::time::Instant::now())
    }
}

#[async_trait]
impl Clock for SimClock {
    fn now_ms(&self) -> u64 {
        // An epoch of its own; zero would be before the first record.
        1_000_000 + u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

struct State {
    platform: Platform,
    random: Seeded,
    /// Requests the platform has taken and will carry out: at what time.
    late: Vec<(u64, Request<Bytes>)>,
    /// Requests until the process dies.
    until_death: Option<u64>,
    calm: bool,
    posts: u64,
    faults: u64,
}

/// The world of one schedule.
pub(crate) struct World {
    pub(crate) clock: Arc<SimClock>,
    state: Mutex<State>,
    pub(crate) death: Notify,
}

impl World {
    pub(crate) fn new(seed: u64) -> Arc<Self> {
        let mut random = Seeded::new(seed);
        let lag = random.below(LAG + 1);
        let fault = Fault::parse(&format!("POST /instances kind=list-lag for={lag}s"));
        let faults = fault.into_iter().collect();
        let platform =
            Platform::new(&Seed::Fixed(seed), Readings::default(), faults).expect("a platform");
        Arc::new(Self {
            clock: Arc::new(SimClock::new()),
            state: Mutex::new(State {
                platform,
                random,
                late: Vec::new(),
                until_death: None,
                calm: false,
                posts: 0,
                faults: 0,
            }),
            death: Notify::new(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("the state")
    }

    pub(crate) fn credentials(&self) -> (String, String) {
        self.state().platform.credentials()
    }

    pub(crate) fn draw(&self, most: u64) -> u64 {
        self.state().random.below(most)
    }

    /// The process dies after so many requests more.
    pub(crate) fn die_after(&self, requests: Option<u64>) {
        self.state().until_death = requests;
    }

    /// From now on nothing fails.
    pub(crate) fn calm(&self) {
        self.state().calm = true;
    }

    pub(crate) fn counts(&self) -> (u64, u64) {
        let state = self.state();
        (state.posts, state.faults)
    }

    /// What becomes of one request, and whether the process dies before it hears of it.
    fn take(&self, request: Request<Bytes>) -> (Result<Response<Bytes>, TransportError>, bool) {
        let now = self.clock.now_ms();
        let mut state = self.state();
        state.catch_up(now);
        let is_post = request.method() == http::Method::POST;
        state.posts += u64::from(is_post);
        let dies = match &mut state.until_death {
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
            None => false,
        };
        let kind = if state.calm {
            99
        } else {
            state.random.below(if is_post { 14 } else { 60 })
        };
        state.faults += u64::from(kind < 7);
        let result = match kind {
            0 => Err(lost()),
            1 => {
                let _ = state.platform.handle(&request, now);
                Err(lost())
            }
            2 | 3 if is_post => {
                let at = now + 1_000 * state.random.below(LATEST_COMMIT);
                state.late.push((at, request));
                Err(lost())
            }
            4 => {
                let _ = state.platform.handle(&request, now);
                Ok(own_error(503))
            }
            5 if is_post => Ok(own_error(500)),
            6 => {
                let _ = state.platform.handle(&request, now);
                Ok(gateway())
            }
            _ => Ok(state.platform.handle(&request, now).response),
        };
        (result, dies)
    }

    /// Every live instance, as the platform keeps it.
    pub(crate) fn live(&self) -> Vec<serde_json::Value> {
        let mut state = self.state();
        let now = self.clock.now_ms();
        state.catch_up(now);
        let request = Request::builder()
            .uri("/_sandbox/state")
            .body(Bytes::new())
            .expect("a request");
        let reply = state.platform.handle(&request, now);
        let body: serde_json::Value = serde_json::from_slice(reply.response.body()).expect("JSON");
        let instances = body["instances"].as_array().cloned().unwrap_or_default();
        instances
            .into_iter()
            .filter(|instance| instance["deleted"] == false)
            .collect()
    }
}

impl State {
    /// Carries out what was taken and is due.
    fn catch_up(&mut self, now: u64) {
        let due: Vec<_> = self.late.extract_if(.., |(at, _)| *at <= now).collect();
        for (at, request) in due {
            let _ = self.platform.handle(&request, at);
        }
    }
}

fn lost() -> TransportError {
    TransportError {
        may_have_arrived: true,
        what: "the connection was lost".to_owned(),
        hint: None,
    }
}

fn own_error(status: u16) -> Response<Bytes> {
    let body =
        r#"{"requestId":"5b0437c6e4b07731ae39b533","message":"The request failed on demand"}"#;
    Response::builder()
        .status(status)
        .body(Bytes::from_static(body.as_bytes()))
        .expect("a response")
}

fn nothing_found() -> Response<Bytes> {
    let body = r#"{"requestId":"5b0437c6e4b07731ae39b533","message":"No instances found"}"#;
    Response::builder()
        .status(404)
        .body(Bytes::from_static(body.as_bytes()))
        .expect("a response")
}

fn gateway() -> Response<Bytes> {
    Response::builder()
        .status(502)
        .body(Bytes::from_static(b"<html>Bad gateway</html>"))
        .expect("a response")
}

/// The client's way into the world.
pub(crate) struct Wire {
    pub(crate) world: Arc<World>,
    /// A deliberate mistake: a lost `POST` is sent again at once.
    pub(crate) retries: bool,
    /// Without it, another one: a search by marker finds nothing.
    pub(crate) searches: bool,
}

#[async_trait]
impl Transport for Wire {
    async fn send(
        &self,
        request: Request<Bytes>,
        _patience: Patience,
    ) -> Result<Response<Bytes>, TransportError> {
        let world = &self.world;
        // A network takes time, and lets others go first.
        tokio::time::sleep(Duration::from_millis(1 + world.draw(400))).await;
        let by_tag = request
            .uri()
            .query()
            .is_some_and(|query| query.contains("tags"));
        if by_tag && !self.searches {
            return Ok(nothing_found());
        }
        let again =
            (self.retries && request.method() == http::Method::POST).then(|| request.clone());
        let (mut result, mut dies) = world.take(request);
        if let (Err(_), Some(request), false) = (&result, again, dies) {
            (result, dies) = world.take(request);
        }
        if dies {
            world.death.notify_one();
            // Nobody is there any more to hear the answer.
            std::future::pending::<()>().await;
        }
        result
    }
}
