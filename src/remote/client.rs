//! Sends requests with the credentials, and sends them again where that is safe. Must not: repeat a
//! create, or read a body.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use backon::BackoffBuilder as _;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Request, Response};

use super::address::Address;
use super::call::Call;
use super::context::{REQUEST_ID, RequestContext, text};
use super::error_body::is_throttled;
use super::limiter::Limiter;
use super::redactor::Redactor;
use super::retry::{Budget, RetryAdvice, backoff, retry_advice, retry_after};
use super::settings::{Credentials, InvalidSecret, Settings};
use super::transport::{TimeoutClass, Transport, TransportError};
use crate::model::Timestamp;
use crate::ports::{Clock, RemoteError, RemoteErrorKind, StopLevel};

/// Attempts of a request to a platform that has not responded once.
const MAX_ATTEMPTS_BEFORE_CONTACT: usize = 2;

pub(super) struct Client {
    address: Address,
    authorization: HeaderValue,
    secrets: Redactor,
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    settings: Settings,
    budget: Budget,
    limiter: Limiter,
    /// Whether the platform has responded in its own words: until then no 404 is an empty list.
    pub(super) probed: AtomicBool,
}

/// An attempt that may be followed by another.
struct FailedAttempt {
    error: RemoteError,
    advice: RetryAdvice,
    /// Whether any of it may have reached the platform.
    arrived: bool,
    /// The response, to be returned if there is no further attempt.
    response: Option<Response<Bytes>>,
}

impl Client {
    pub(super) fn new(
        address: Address,
        credentials: &Credentials,
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
        settings: Settings,
    ) -> Result<Self, InvalidSecret> {
        let authorization = credentials.header()?;
        let mut secrets = Redactor::default();
        secrets.add(&credentials.user.expose().into());
        secrets.add(&credentials.organization.expose().into());
        let limiter = Limiter::new(settings.at_once);
        Ok(Self {
            address,
            authorization,
            secrets,
            transport,
            clock,
            settings,
            budget: Budget::default(),
            limiter,
            probed: AtomicBool::new(false),
        })
    }

    pub(super) fn jitter_seed(&self) -> Option<u64> {
        self.settings.jitter_seed
    }

    pub(super) fn context(&self, call: &Call) -> RequestContext {
        let mut redactor = self.secrets.clone();
        redactor.extend(&call.redactor);
        RequestContext {
            method: call.method_name(),
            path: call.path.clone(),
            redactor,
        }
    }

    /// Sends as [`Client::send`] does; a response that is no success is an error.
    pub(super) async fn send_ok(&self, call: &Call) -> Result<Response<Bytes>, RemoteError> {
        let response = self.send(call).await?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(self.context(call).response_error(&response))
    }

    /// Sends an idempotent request, and again after a failure that may be temporary. Returns the last
    /// response.
    pub(super) async fn send(&self, call: &Call) -> Result<Response<Bytes>, RemoteError> {
        let context = self.context(call);
        let mut backoff = backoff(self.jitter_seed()).build();
        let mut attempts = 0;
        loop {
            attempts += 1;
            let failed = match self.attempt(call, &context).await {
                Ok(response) => return Ok(response),
                Err(failed) => failed,
            };
            let pause = backoff
                .next()
                .and_then(|backoff| failed.advice.pause(backoff));
            match pause {
                // A platform that never responded is more likely misspelled than down.
                _ if failed.error.kind == RemoteErrorKind::Unreachable
                    && !failed.arrived
                    && attempts >= MAX_ATTEMPTS_BEFORE_CONTACT
                    && !self.probed.load(Ordering::Relaxed) =>
                {
                    return Err(failed.error);
                }
                Some(pause) if self.may_retry_after(pause).await => {}
                _ => return failed.response.ok_or(failed.error),
            }
        }
    }

    /// Takes one retry out of the budget and waits. Returns false if the deadline comes first, if the
    /// budget is used up, or if the run is asked to end meanwhile.
    pub(super) async fn may_retry_after(&self, pause: Duration) -> bool {
        !self.ends_within(pause) && self.budget.take() && self.wait(pause).await
    }

    fn ends_within(&self, pause: Duration) -> bool {
        let then = self.clock.now() + pause;
        let deadline = self.settings.deadline;
        deadline.is_some_and(|deadline| then >= deadline)
    }

    async fn wait(&self, pause: Duration) -> bool {
        let Some(stop) = &self.settings.stop else {
            self.clock.sleep(pause).await;
            return true;
        };
        tokio::select! {
            biased;
            () = stop.reached(StopLevel::Drain) => false,
            () = self.clock.sleep(pause) => true,
        }
    }

    /// Waits for as long as the platform is rate limiting. Returns false as `may_retry_after` does.
    async fn may_send(&self) -> bool {
        loop {
            let left = self.limiter.pause(self.clock.now());
            if left.is_zero() {
                return true;
            }
            if self.ends_within(left) || !self.wait(left).await {
                return false;
            }
        }
    }

    async fn attempt(
        &self,
        call: &Call,
        context: &RequestContext,
    ) -> Result<Response<Bytes>, FailedAttempt> {
        match self.exchange(call, TimeoutClass::Other).await {
            Ok(response) => match retry_advice(&response, context.method, self.clock.now()) {
                RetryAdvice::No => Ok(response),
                advice => Err(FailedAttempt {
                    error: context.response_error(&response),
                    advice,
                    arrived: true,
                    response: Some(response),
                }),
            },
            Err(error) => Err(FailedAttempt {
                error: context.transport_error(&error),
                advice: RetryAdvice::AfterBackoff,
                arrived: error.may_have_arrived,
                response: None,
            }),
        }
    }

    pub(super) async fn exchange(
        &self,
        call: &Call,
        timeout_class: TimeoutClass,
    ) -> Result<Response<Bytes>, TransportError> {
        let request = self.request(call).map_err(|_| TransportError {
            may_have_arrived: false,
            what: "cannot build the request".to_owned(),
            hint: None,
        })?;
        let _permit = self.limiter.acquire().await;
        if !self.may_send().await {
            return Err(TransportError {
                may_have_arrived: false,
                what: "rate limited past the deadline".to_owned(),
                hint: None,
            });
        }
        let began = self.clock.now();
        let result = self.transport.send(request, timeout_class).await;
        let took = self.clock.now().since(began).as_millis();
        let (method, path) = (call.method.as_str(), call.path.as_str());
        match &result {
            Ok(response) => {
                let status = response.status().as_u16();
                let id = text(response.headers(), REQUEST_ID).unwrap_or("-");
                tracing::debug!(method, path, status, id, took, "request");
                if is_throttled(response) {
                    self.on_throttled(response);
                } else {
                    self.limiter.on_success();
                    self.budget.succeeded();
                }
            }
            Err(error) => tracing::debug!(
                method,
                path,
                what = error.what,
                took,
                "request without a response"
            ),
        }
        result
    }

    fn on_throttled(&self, response: &Response<Bytes>) {
        let now = self.clock.now();
        let wait = retry_after(response.headers(), now);
        let was_paused = !self.limiter.pause(now).is_zero();
        self.limiter.on_throttled(now, wait);
        if let Some(wait) = wait.filter(|wait| !wait.is_zero() && !was_paused) {
            tracing::warn!(
                status = response.status().as_u16(),
                "rate limited; retrying in {} s",
                wait.as_secs().max(1)
            );
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

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The platform has responded in its own words.
    pub(super) fn probe_succeeded(&self) {
        self.probed.store(true, Ordering::Relaxed);
    }
}
