//! Sends one request once, when its turn comes: within the limit of requests in flight, after the pause
//! that all requests share, and never while the breaker is open. Must not: send a request again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response};

use super::address::Address;
use super::breaker::{Breaker, MAX_OUTAGE};
use super::call::Call;
use super::context::{REQUEST_ID, text};
use super::error_body::{is_gateway_error, is_throttled};
use super::limiter::Limiter;
use super::no_response::NoResponse;
use super::redactor::{PlatformText, Redactor};
use super::retry::{Budget, retry_after};
use super::settings::{ReadLimits, Settings};
use super::transport::{TimeoutClass, Transport};
use super::transport_error::TransportError;
use crate::model::Timestamp;
use crate::ports::{Clock, StopLevel};

/// When what takes long is told of first, and how often then.
const FIRST_NOTICE: Duration = Duration::from_secs(5);
const NOTICES: Duration = Duration::from_secs(30);

/// How long until the next notice.
fn until_notice(so_far: Duration) -> Duration {
    if so_far < FIRST_NOTICE {
        return FIRST_NOTICE - so_far;
    }
    let since_last = so_far.as_millis() % NOTICES.as_millis();
    NOTICES - Duration::from_millis(u64::try_from(since_last).unwrap_or(0))
}

/// What came of one request.
pub(super) struct Exchange {
    pub(super) result: Result<Response<Bytes>, NoResponse>,
    /// Whether an outage had begun before it was sent.
    pub(super) in_outage: bool,
}

/// The way to the platform, shared by all requests of a run.
pub(super) struct Channel {
    address: Address,
    authorization: HeaderValue,
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    settings: Settings,
    limiter: Limiter,
    breaker: Breaker,
    budget: Budget,
    /// Whether the platform has responded in its own words: until then no 404 is an empty list.
    contacted: AtomicBool,
}

impl Channel {
    pub(super) fn new(
        address: Address,
        authorization: HeaderValue,
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
        settings: Settings,
    ) -> Self {
        let limiter = Limiter::new(settings.max_in_flight, settings.jitter_seed);
        Self {
            address,
            authorization,
            transport,
            clock,
            settings,
            limiter,
            breaker: Breaker::default(),
            budget: Budget::default(),
            contacted: AtomicBool::new(false),
        }
    }

    pub(super) fn jitter_seed(&self) -> Option<u64> {
        self.settings.jitter_seed
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Returns once the breaker is open.
    pub(super) async fn disconnected(&self) {
        self.breaker.opened(&*self.clock).await;
    }

    /// The platform has responded in its own words.
    pub(super) fn set_contacted(&self) {
        self.contacted.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_contacted(&self) -> bool {
        self.contacted.load(Ordering::Relaxed)
    }

    /// Takes one retry out of the budget.
    pub(super) fn take_retry(&self) -> bool {
        self.budget.take()
    }

    /// Sends one request. A create is not sent during an outage: its response could be a gateway's, which
    /// leaves its outcome unknown, so a read first shows that the platform is back.
    pub(super) async fn exchange(&self, call: &Call, timeout_class: TimeoutClass) -> Exchange {
        if call.method == Method::POST {
            let probe = Call::get("/organizations/me");
            while self.breaker.in_outage() {
                let probed = self.send(&probe, TimeoutClass::Other).await;
                let cause = match probed.result {
                    Err(NoResponse::Disconnected { .. }) => self.disconnected_error(false),
                    Err(NoResponse::NotSent(why)) => NoResponse::NotSent(why),
                    Ok(_) | Err(NoResponse::Lost(_)) => continue,
                };
                return Exchange {
                    result: Err(cause),
                    in_outage: true,
                };
            }
        }
        self.send(call, timeout_class).await
    }

    async fn send(&self, call: &Call, timeout_class: TimeoutClass) -> Exchange {
        let _permit = self.limiter.acquire().await;
        let turn = self.wait_for_turn().await;
        let in_outage = self.breaker.in_outage();
        let request = turn.and_then(|()| {
            let request = self.request(call);
            request.map_err(|_| NoResponse::NotSent("cannot build the request"))
        });
        let result = match request {
            Err(cause) => Err(cause),
            Ok(request) => {
                let sent = self.now();
                let result = tokio::select! {
                    biased;
                    result = self.sent(call, request, timeout_class) => {
                        self.observe(call, sent, &result);
                        result.map_err(NoResponse::Lost)
                    }
                    () = self.disconnected() => Err(self.disconnected_error(true)),
                };
                result
            }
        };
        Exchange { result, in_outage }
    }

    /// Sends a request; one that writes is told of while it takes long. Reads are told of as a whole.
    async fn sent(
        &self,
        call: &Call,
        request: Request<Bytes>,
        timeout_class: TimeoutClass,
    ) -> Result<Response<Bytes>, TransportError> {
        let response = self.transport.send(request, timeout_class);
        if call.method == Method::GET {
            return response.await;
        }
        let what = || format!("{} {}", call.method, call.path);
        self.watched(what, response).await
    }

    /// What `work` comes to. The observer is told what it is for as long as it lasts.
    pub(super) async fn watched<T>(
        &self,
        what: impl Fn() -> String,
        work: impl Future<Output = T>,
    ) -> T {
        let began = self.now();
        tokio::pin!(work);
        loop {
            let pause = until_notice(self.now().since(began));
            tokio::select! {
                biased;
                result = &mut work => return result,
                () = self.clock.sleep(pause) => {}
            }
            if let Some(observer) = &self.settings.waits {
                observer.waiting(&what(), self.now().since(began));
            }
        }
    }

    pub(super) fn read_limits(&self) -> ReadLimits {
        self.settings.read
    }

    pub(super) async fn sleep(&self, duration: Duration) {
        self.clock.sleep(duration).await;
    }

    /// Waits for the end of the shared pause.
    async fn wait_for_turn(&self) -> Result<(), NoResponse> {
        loop {
            let now = self.now();
            if self.breaker.is_open(now) {
                return Err(self.disconnected_error(false));
            }
            let left = self.limiter.pause(now);
            if left.is_zero() {
                return Ok(());
            }
            if self.ends_within(left) {
                return Err(NoResponse::NotSent(if self.breaker.in_outage() {
                    "platform unreachable until the deadline"
                } else {
                    "rate limited past the deadline"
                }));
            }
            if !self.wait(left).await {
                return Err(NoResponse::NotSent("stopped before the request was sent"));
            }
        }
    }

    /// How long all requests have to wait.
    pub(super) fn pause(&self) -> Duration {
        self.limiter.pause(self.now())
    }

    /// Whether the deadline comes within this time.
    pub(super) fn ends_within(&self, pause: Duration) -> bool {
        let then = self.now() + pause;
        let deadline = self.settings.deadline;
        deadline.is_some_and(|deadline| then >= deadline)
    }

    /// Waits, at most until the breaker opens. Returns false if the run is asked to end.
    pub(super) async fn wait(&self, pause: Duration) -> bool {
        let stopped = async {
            match &self.settings.stop {
                Some(stop) => stop.reached(StopLevel::Drain).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = stopped => false,
            () = self.clock.sleep(pause) => true,
            () = self.disconnected() => true,
        }
    }

    /// Learns from what came of a request.
    fn observe(
        &self,
        call: &Call,
        sent: Timestamp,
        result: &Result<Response<Bytes>, TransportError>,
    ) {
        let now = self.now();
        let took = now.since(sent).as_millis();
        let (method, path) = (call.method.as_str(), call.path.as_str());
        match result {
            Ok(response) => {
                let status = response.status().as_u16();
                if tracing::enabled!(tracing::Level::DEBUG) {
                    let id = text(response.headers(), REQUEST_ID).unwrap_or("-");
                    let redactor = Redactor::new(Arc::clone(&self.settings.known));
                    let id = redactor.sanitize(&PlatformText::new(id));
                    tracing::debug!(method, path, status, id, took, "request");
                }
                if is_gateway_error(response) {
                    self.on_failure(
                        sent,
                        now,
                        &format!("a gateway responds with status {status}"),
                    );
                    return;
                }
                self.breaker.on_contact();
                if is_throttled(response) {
                    self.on_throttled(response, sent, now);
                } else {
                    self.limiter.on_success(sent);
                    self.budget.succeeded();
                }
            }
            Err(error) => {
                let what = error.what.as_str();
                tracing::debug!(method, path, what, took, "request without a response");
                self.on_failure(sent, now, what);
            }
        }
    }

    /// The error of a request that the open breaker ended.
    fn disconnected_error(&self, in_flight: bool) -> NoResponse {
        NoResponse::Disconnected {
            in_flight,
            cause: self.breaker.cause(),
        }
    }

    fn on_failure(&self, sent: Timestamp, now: Timestamp, what: &str) {
        self.limiter.on_failure(sent, now);
        if self.breaker.on_failure(now, what) && self.is_contacted() {
            let seconds = MAX_OUTAGE.as_secs();
            tracing::warn!("request failed ({what}); retrying for up to {seconds} s");
        }
    }

    fn on_throttled(&self, response: &Response<Bytes>, sent: Timestamp, now: Timestamp) {
        let was_paused = !self.limiter.pause(now).is_zero();
        let retry_after = retry_after(response.headers(), now);
        self.limiter.on_throttled(sent, now, retry_after);
        let pause = self.limiter.pause(now).as_secs();
        if !was_paused && pause > 0 {
            let status = response.status().as_u16();
            tracing::warn!(status, "rate limited; retrying in {pause} s");
        }
    }

    fn request(&self, call: &Call) -> Result<Request<Bytes>, http::Error> {
        let mut request = Request::builder()
            .method(call.method.clone())
            .uri(call.uri(&self.address))
            .header(AUTHORIZATION, self.authorization.clone())
            .header(ACCEPT, "application/json");
        if call.body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        request.body(call.body.clone().unwrap_or_default())
    }
}
