//! Sending a request with the credentials, again where that is safe, and reading what comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use backon::BackoffBuilder as _;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::Address;
use super::answer::{Asked, Sent, is_too_much, retry_advice};
use super::limiter::Limiter;
use super::retry::{Budget, RetryAdvice, pauses, retry_after};
use super::transport::{TimeoutClass, Transport, TransportError};
use crate::model::{Secret, Timestamp};
use crate::ports::{Clock, RemoteError, RemoteErrorKind, Stop, StopLevel};

/// Tries of a request to a platform that has not answered once.
const TRIES_OF_A_STRANGER: usize = 2;

/// Everything that would end or change a query value; markers and `tags[]` stay readable.
const QUERY: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'+')
    .add(b'<')
    .add(b'=')
    .add(b'>');

/// The two secrets of every platform call (docs/platform.md#authorization).
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The user's.
    pub user: Secret,
    /// The organization's.
    pub organization: Secret,
}

/// How the client behaves.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The most requests under way at once.
    pub at_once: usize,
    /// On the clock's time: nothing is waited for beyond it.
    pub deadline: Option<Timestamp>,
    /// Who may end it early: no pause outlives the wish.
    pub stop: Option<Stop>,
    /// Makes the pauses before retries the same in every run; random without it.
    pub jitter_seed: Option<u64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            at_once: 16,
            deadline: None,
            stop: None,
            jitter_seed: None,
        }
    }
}

pub(super) struct Client {
    address: Address,
    authorization: HeaderValue,
    secrets: Sent,
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    settings: Settings,
    budget: Budget,
    limiter: Limiter,
    /// Whether the platform has answered once: until then no 404 is an empty list.
    pub(super) probed: AtomicBool,
}

/// Reads the platform, and has no way to write to it.
pub struct RemoteReader {
    pub(super) client: Client,
}

/// Reads and writes.
pub struct RemoteWriter {
    pub(super) reader: RemoteReader,
}

impl RemoteReader {
    /// A reader for this platform with these credentials.
    ///
    /// # Errors
    /// Where a secret has characters that no header can hold.
    pub fn new(
        address: Address,
        credentials: &Credentials,
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
        settings: Settings,
    ) -> Result<Self, InvalidSecret> {
        let text = format!(
            "User {}, Organization {}",
            credentials.user.expose(),
            credentials.organization.expose()
        );
        let mut authorization = HeaderValue::from_str(&text).map_err(|_| InvalidSecret)?;
        authorization.set_sensitive(true);
        let mut secrets = Sent::default();
        secrets.add(&credentials.user.expose().into());
        secrets.add(&credentials.organization.expose().into());
        let limiter = Limiter::new(settings.at_once);
        Ok(Self {
            client: Client {
                address,
                authorization,
                secrets,
                transport,
                clock,
                settings,
                budget: Budget::default(),
                limiter,
                probed: AtomicBool::new(false),
            },
        })
    }

    /// The same, with the right to write.
    pub fn into_writer(self) -> RemoteWriter {
        RemoteWriter { reader: self }
    }
}

/// A secret that no header can hold.
#[derive(Debug, thiserror::Error)]
#[error("a secret has characters that cannot be sent in a header, such as a line break")]
pub struct InvalidSecret;

/// A request on its way.
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) body: Option<Bytes>,
    pub(super) sent: Sent,
}

impl Call {
    pub(super) fn get(path: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            path: path.into(),
            query: Vec::new(),
            body: None,
            sent: Sent::default(),
        }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }
}

/// A try that is to be followed by another.
struct Failed {
    error: RemoteError,
    advice: RetryAdvice,
    /// Whether any of it may have reached somebody.
    arrived: bool,
    /// An answer that ended the tries.
    response: Option<Response<Bytes>>,
}

impl Client {
    pub(super) fn jitter_seed(&self) -> Option<u64> {
        self.settings.jitter_seed
    }

    pub(super) fn asked(&self, call: &Call) -> Asked {
        let mut sent = self.secrets.clone();
        sent.extend(&call.sent);
        Asked {
            method: match call.method {
                Method::POST => "POST",
                Method::PUT => "PUT",
                Method::PATCH => "PATCH",
                Method::DELETE => "DELETE",
                _ => "GET",
            },
            path: call.path.clone(),
            sent,
        }
    }

    /// Sends an idempotent request, again where it failed in a way that may pass; answers whatever
    /// the platform said last.
    pub(super) async fn send(&self, call: &Call) -> Result<Response<Bytes>, RemoteError> {
        let asked = self.asked(call);
        let mut pauses = pauses(self.jitter_seed()).build();
        let mut tries = 0;
        loop {
            tries += 1;
            let failed = match self.once(call, &asked).await {
                Ok(response) => return Ok(response),
                Err(failed) => failed,
            };
            let pause = pauses
                .next()
                .and_then(|backoff| failed.advice.pause(backoff));
            match pause {
                // A platform that never answered is more likely misspelled than down.
                _ if failed.error.kind == RemoteErrorKind::Unreachable
                    && !failed.arrived
                    && tries >= TRIES_OF_A_STRANGER
                    && !self.probed.load(Ordering::Relaxed) =>
                {
                    return Err(failed.error);
                }
                Some(pause) if self.may_try_again_after(pause).await => {}
                _ => return failed.response.ok_or(failed.error),
            }
        }
    }

    /// Takes one retry out of the budget and waits. Answers whether the time has come: not where the
    /// deadline is before it, and not where the run is asked to end meanwhile.
    pub(super) async fn may_try_again_after(&self, pause: Duration) -> bool {
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

    /// While the platform has asked everybody to wait, nobody asks it anything.
    async fn may_send(&self) -> bool {
        loop {
            let left = self.limiter.quiet(self.clock.now());
            if left.is_zero() {
                return true;
            }
            if self.ends_within(left) || !self.wait(left).await {
                return false;
            }
        }
    }

    async fn once(&self, call: &Call, asked: &Asked) -> Result<Response<Bytes>, Failed> {
        match self.exchange(call, TimeoutClass::Other).await {
            Ok(response) => match retry_advice(&response, asked.method, self.clock.now()) {
                RetryAdvice::No => Ok(response),
                advice => Err(Failed {
                    error: asked.refused(&response),
                    advice,
                    arrived: true,
                    response: Some(response),
                }),
            },
            Err(error) => Err(Failed {
                error: asked.lost(&error),
                advice: RetryAdvice::AfterBackoff,
                arrived: error.may_have_arrived,
                response: None,
            }),
        }
    }

    /// Sends once.
    pub(super) async fn exchange(
        &self,
        call: &Call,
        timeout_class: TimeoutClass,
    ) -> Result<Response<Bytes>, TransportError> {
        let request = self.request(call).map_err(|_| TransportError {
            may_have_arrived: false,
            what: "the request cannot be made".to_owned(),
            hint: None,
        })?;
        let _pass = self.limiter.pass().await;
        if !self.may_send().await {
            return Err(TransportError {
                may_have_arrived: false,
                what: "the platform asked to wait, and the run was to end before".to_owned(),
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
                let id = response
                    .headers()
                    .get("elements-request-id")
                    .and_then(|value| value.to_str().ok())
                    .unwrap_or("-");
                tracing::debug!(method, path, status, id, took, "request");
                if is_too_much(response) {
                    self.too_much(response);
                } else {
                    self.limiter.went_well();
                    self.budget.succeeded();
                }
            }
            Err(error) => tracing::debug!(method, path, what = error.what, took, "request lost"),
        }
        result
    }

    fn too_much(&self, response: &Response<Bytes>) {
        let now = self.clock.now();
        let wait = retry_after(response.headers(), now);
        let was_quiet = !self.limiter.quiet(now).is_zero();
        self.limiter.too_much(now, wait);
        if let Some(wait) = wait.filter(|wait| !wait.is_zero() && !was_quiet) {
            tracing::warn!(
                status = response.status().as_u16(),
                "the platform has too much to do and asks to wait {} s; then the run goes on",
                wait.as_secs().max(1)
            );
        }
    }

    fn request(&self, call: &Call) -> Result<Request<Bytes>, http::Error> {
        let mut uri = format!("{}{}", self.address.as_str(), call.path);
        for (index, (name, value)) in call.query.iter().enumerate() {
            uri.push(if index == 0 { '?' } else { '&' });
            // Brackets are sent encoded, which every server reads (docs/platform.md#tags).
            uri.push_str(&name.replace('[', "%5B").replace(']', "%5D"));
            uri.push('=');
            uri.extend(utf8_percent_encode(value, QUERY));
        }
        let mut request = Request::builder()
            .method(call.method.clone())
            .uri(uri)
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

    /// The platform has answered in its own words once.
    pub(super) fn probe_succeeded(&self) {
        self.probed.store(true, Ordering::Relaxed);
    }
}

/// What follows from a write that failed: a loss is worse there than for a read.
pub(super) fn write_failed(error: RemoteError) -> RemoteError {
    let kind = match error.kind {
        RemoteErrorKind::NotThePlatform if error.status.is_some_and(|status| status < 400) => {
            RemoteErrorKind::Ambiguous
        }
        kind => kind,
    };
    RemoteError { kind, ..error }
}
