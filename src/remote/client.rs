//! Sends requests, and sends them again where that is safe. Must not: repeat a create whose outcome is
//! unknown, or read a body.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Response;

use super::address::Address;
use super::call::Call;
use super::channel::{Channel, Exchange};
use super::context::RequestContext;
use super::redactor::Redactor;
use super::retry::{Retries, RetryAdvice, retry_advice};
use super::settings::{Credentials, InvalidSecret, ReadLimits, Settings};
use super::transport::{TimeoutClass, Transport};
use crate::catalog::{Catalog, is_credential};
use crate::model::{MASK, ObservedInstance, Secret};
use crate::ports::{Clock, KnownSecrets, RemoteError};

/// Attempts of a request to a platform that has not responded once.
const MAX_ATTEMPTS_BEFORE_CONTACT: usize = 2;

pub(super) struct Client {
    known: Arc<KnownSecrets>,
    channel: Channel,
}

impl Client {
    pub(super) fn new(
        address: Address,
        credentials: &Credentials,
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
        settings: Settings,
    ) -> Result<Self, InvalidSecret> {
        let known = Arc::clone(&settings.known);
        known.learn(|known| {
            known.add(credentials.user.expose());
            known.add(credentials.organization.expose());
        });
        let authorization = credentials.header()?;
        let channel = Channel::new(address, authorization, transport, clock, settings);
        Ok(Self { known, channel })
    }

    pub(super) fn context(&self, call: &Call) -> RequestContext {
        RequestContext {
            method: call.method_name(),
            path: call.path.clone(),
            redactor: Redactor::new(Arc::clone(&self.known)),
        }
    }

    /// Adds to what must not be shown.
    pub(super) fn known(&self) -> &KnownSecrets {
        &self.known
    }

    /// An instance that the platform showed: its token, and the credentials that are not masked.
    pub(super) fn learn(&self, instance: &ObservedInstance) {
        self.known.learn(|known| {
            if let Some(token) = &instance.token {
                known.add(token.expose());
            }
            let element = Catalog::embedded().element(instance.element.key.as_str());
            for (name, value) in instance.configuration.iter().flatten() {
                let value = value.as_ref().map_or("", Secret::expose);
                if value != MASK && is_credential(element, name) {
                    known.add(value);
                }
            }
        });
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
        let mut retries = self.retries();
        loop {
            let Exchange { result, in_outage } = self.exchange(call, TimeoutClass::Other).await;
            let advice = match &result {
                Ok(response) => retry_advice(response, call.method_name(), self.channel.now()),
                Err(cause) => cause.advice(),
            };
            if !self.may_retry(&mut retries, advice, in_outage).await {
                return result.map_err(|cause| self.context(call).no_response(&cause));
            }
        }
    }

    /// Sends a request once.
    pub(super) async fn exchange(&self, call: &Call, timeout_class: TimeoutClass) -> Exchange {
        self.channel.exchange(call, timeout_class).await
    }

    pub(super) fn retries(&self) -> Retries {
        Retries::new(self.channel.jitter_seed())
    }

    /// Waits until the request may be sent again. Returns false if it may not: its attempts or the retry
    /// budget are used up, the deadline comes first, or the run is asked to end.
    pub(super) async fn may_retry(
        &self,
        retries: &mut Retries,
        advice: RetryAdvice,
        in_outage: bool,
    ) -> bool {
        // A platform that never responded is more likely misspelled than down.
        let max_attempts = match advice {
            RetryAdvice::Misconfigured => 1,
            RetryAdvice::Unreachable => MAX_ATTEMPTS_BEFORE_CONTACT,
            _ => usize::MAX,
        };
        let stranger = max_attempts < usize::MAX && !self.channel.is_contacted();
        if stranger && retries.attempts() >= max_attempts {
            return false;
        }
        let Some(pause) = retries.next(advice, in_outage && !stranger) else {
            return false;
        };
        let pause = pause.max(self.channel.pause());
        !self.channel.ends_within(pause)
            && (in_outage || self.channel.take_retry())
            && self.channel.wait(pause).await
    }

    /// As [`Channel::watched`].
    pub(super) async fn watched<T>(
        &self,
        what: impl Fn() -> String,
        work: impl Future<Output = T>,
    ) -> T {
        self.channel.watched(what, work).await
    }

    pub(super) async fn sleep(&self, duration: Duration) {
        self.channel.sleep(duration).await;
    }

    pub(super) fn read_limits(&self) -> ReadLimits {
        self.channel.read_limits()
    }

    /// Returns once no request has reached the platform for too long.
    pub(super) async fn disconnected(&self) {
        self.channel.disconnected().await;
    }

    /// Whether the platform has responded in its own words.
    pub(super) fn is_contacted(&self) -> bool {
        self.channel.is_contacted()
    }

    pub(super) fn set_contacted(&self) {
        self.channel.set_contacted();
    }
}
