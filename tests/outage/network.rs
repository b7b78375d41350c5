//! A network on simulated time between the real client and the real sandbox. The platform behind it can go
//! away, come back, or hang.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use connectorctl::model::{Takeover, Timestamp};
use connectorctl::ports::Clock;
use connectorctl::remote::{TimeoutClass, Transport, TransportError};
use connectorctl::sandbox::Platform;
use http::{Method, Request, Response};
use tokio::sync::watch;

/// That of the n-th create is this and n times [`SPREAD`], so that creates do not end all at once.
const CREATE_LATENCY: Duration = Duration::from_secs(2);
const SPREAD: Duration = Duration::from_millis(130);
const LATENCY: Duration = Duration::from_millis(50);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Time that passes only when everybody waits.
pub(super) struct SimClock(tokio::time::Instant);

impl SimClock {
    pub(super) fn start() -> Arc<Self> {
        Arc::new(Self(tokio::time::Instant::now()))
    }
}

#[async_trait]
impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        let elapsed = u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX);
        Timestamp::from_millis(1_000_000 + elapsed)
    }

    fn reading(&self) -> Takeover {
        Takeover {
            wall: self.now(),
            boot: None,
        }
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// What the platform does once it is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Away {
    /// Its machine refuses connections, and cuts those that are open.
    Refuses,
    /// Nothing answers, and open connections stay silent.
    Hangs,
    /// A gateway in front of it answers in its place.
    Gateway,
}

/// When the platform goes away, and for how long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outage {
    pub(super) after_creates: u64,
    pub(super) away: Away,
    /// Never ends, if there is none.
    pub(super) lasts: Option<Duration>,
}

struct State {
    platform: Platform,
    creates: u64,
    /// When each request was sent.
    sent: Vec<Timestamp>,
    began: Option<Timestamp>,
}

pub(super) struct Network {
    clock: Arc<SimClock>,
    state: Mutex<State>,
    outage: Option<Outage>,
    /// Whether the outage has begun.
    began: watch::Sender<bool>,
}

impl Network {
    pub(super) fn new(clock: Arc<SimClock>, platform: Platform, outage: Option<Outage>) -> Self {
        Self {
            clock,
            state: Mutex::new(State {
                platform,
                creates: 0,
                sent: Vec::new(),
                began: None,
            }),
            outage,
            began: watch::Sender::new(false),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("the state")
    }

    pub(super) fn began(&self) -> Option<Timestamp> {
        self.state().began
    }

    /// When each request was sent.
    pub(super) fn sent(&self) -> Vec<Timestamp> {
        self.state().sent.clone()
    }

    pub(super) fn creates(&self) -> u64 {
        self.state().creates
    }

    fn is_away(&self) -> Option<Away> {
        let outage = self.outage?;
        let lasted = self.clock.now().since(self.began()?);
        let over = outage.lasts.is_some_and(|lasts| lasted >= lasts);
        (!over).then_some(outage.away)
    }

    async fn away(&self, away: Away) -> Result<Response<Bytes>, TransportError> {
        match away {
            Away::Refuses => Err(lost(false, "cannot connect: refused")),
            Away::Hangs => {
                self.clock.sleep(CONNECT_TIMEOUT).await;
                Err(lost(false, "no connection within 10 s"))
            }
            Away::Gateway => Ok(gateway()),
        }
    }

    /// What becomes of a request that was in flight when the platform went away.
    async fn interrupted(
        &self,
        away: Away,
        timeout: Duration,
    ) -> Result<Response<Bytes>, TransportError> {
        match away {
            Away::Refuses => Err(lost(true, "connection lost")),
            Away::Hangs => {
                self.clock.sleep(timeout).await;
                Err(lost(true, "no response"))
            }
            Away::Gateway => Ok(gateway()),
        }
    }

    fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let now = self.clock.now();
        let since_epoch = now.since(Timestamp::default()).as_millis();
        let now_ms = u64::try_from(since_epoch).unwrap_or(u64::MAX);
        let mut state = self.state();
        let response = state.platform.handle(request, now_ms).response;
        if request.method() == Method::POST && response.status() == 200 {
            state.creates += 1;
            if self
                .outage
                .is_some_and(|outage| outage.after_creates == state.creates)
            {
                state.began = Some(now);
                self.began.send_replace(true);
            }
        }
        response
    }
}

#[async_trait]
impl Transport for Network {
    async fn send(
        &self,
        request: Request<Bytes>,
        timeout_class: TimeoutClass,
    ) -> Result<Response<Bytes>, TransportError> {
        let now = self.clock.now();
        let number = {
            let mut state = self.state();
            state.sent.push(now);
            u32::try_from(state.sent.len() % 16).expect("a small number")
        };
        if let Some(away) = self.is_away() {
            return self.away(away).await;
        }
        let (latency, timeout) = match timeout_class {
            TimeoutClass::Create => (CREATE_LATENCY + SPREAD * number, Duration::from_secs(180)),
            TimeoutClass::Other => (LATENCY, Duration::from_secs(60)),
        };
        let mut began = self.began.subscribe();
        let already = *began.borrow();
        tokio::select! {
            biased;
            _ = began.wait_for(|began| *began), if !already => {}
            () = self.clock.sleep(latency) => return Ok(self.answer(&request)),
        }
        match self.outage {
            Some(outage) => self.interrupted(outage.away, timeout).await,
            None => Ok(self.answer(&request)),
        }
    }
}

fn lost(may_have_arrived: bool, what: &str) -> TransportError {
    TransportError {
        may_have_arrived,
        is_permanent: false,
        what: what.to_owned(),
        hint: None,
    }
}

fn gateway() -> Response<Bytes> {
    Response::builder()
        .status(502)
        .body(Bytes::from_static(b"<html>Bad gateway</html>"))
        .expect("a response")
}
