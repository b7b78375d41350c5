//! Writes. A create is sent once, whatever the response; everything else is idempotent and is sent
//! again if that may help (docs/platform.md#side-effects).

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Response};

use super::call::Call;
use super::error_body::is_missing;
use super::outcome::{PostVerdict, verdict};
use super::read::RemoteReader;
use super::retry::RetryAdvice;
use super::transport::TimeoutClass;
use super::wire::{self, Detail};
use crate::model::{InstanceId, Lookup, ObservedInstance, Tenant};
use crate::ports::{
    BodyValue, Confirm, CreateBody, CreateOutcome, Listing, PatchBody, ReadRemote, RemoteError,
    RemoteErrorKind, Search, WriteRemote, kill,
};

/// What follows from a write that failed: a success that cannot be read may have taken effect.
fn write_failed(error: RemoteError) -> RemoteError {
    let kind = match error.kind {
        RemoteErrorKind::NotThePlatform if error.status.is_some_and(|status| status < 400) => {
            RemoteErrorKind::Ambiguous
        }
        kind => kind,
    };
    RemoteError { kind, ..error }
}

pub struct RemoteWriter {
    reader: RemoteReader,
}

impl RemoteReader {
    /// The same, with the right to write.
    pub fn into_writer(self) -> RemoteWriter {
        RemoteWriter { reader: self }
    }
}

impl RemoteWriter {
    async fn write(&self, call: &Call) -> Result<Response<Bytes>, RemoteError> {
        kill::at(kill::KillPoint::BeforeWrite);
        let response = self.reader.client.send_ok(call).await;
        kill::at(kill::KillPoint::AfterWrite);
        response.map_err(write_failed)
    }

    /// Sends a change of an instance; the answer is the instance after it.
    async fn changed(&self, call: &Call, id: InstanceId) -> Result<ObservedInstance, RemoteError> {
        if call.body.is_none() {
            return Err(self.cannot_be_written(call));
        }
        let response = self.write(call).await?;
        let instance = serde_json::from_slice(response.body())
            .ok()
            .and_then(|value| wire::instance(&value, Detail::Whole));
        instance
            .inspect(|instance| self.reader.client.learn(instance))
            .filter(|instance| instance.id == id)
            .ok_or_else(|| {
                let context = self.reader.client.context(call);
                write_failed(context.unreadable(&response, "the updated instance"))
            })
    }

    /// What is sent must not come back in a message.
    fn learn<'v>(&self, values: impl Iterator<Item = BodyValue<'v>>) {
        self.reader.client.known().learn(|known| {
            for value in values {
                if let BodyValue::Secret(secret) = value {
                    known.add_value(secret.expose());
                }
            }
        });
    }

    fn cannot_be_written(&self, call: &Call) -> RemoteError {
        let message = "cannot serialize the request as JSON".to_owned();
        let context = self.reader.client.context(call);
        context.error(RemoteErrorKind::Rejected, message)
    }
}

#[async_trait]
impl WriteRemote for RemoteWriter {
    async fn create(&self, body: &CreateBody<'_>) -> CreateOutcome {
        let client = &self.reader.client;
        let json = wire::create(body).ok();
        let call = Call::new(Method::POST, "/instances", json);
        let secret = body.provider_data.map(BodyValue::Secret);
        self.learn(body.configuration.values().copied().chain(secret));
        if call.body.is_none() {
            return CreateOutcome::Rejected(self.cannot_be_written(&call));
        }
        let context = client.context(&call);
        let mut retries = client.retries();
        loop {
            let exchange = client.exchange(&call, TimeoutClass::Create).await;
            let (result, in_outage) = (exchange.result, exchange.in_outage);
            let error = || match &result {
                Ok(response) => context.response_error(response),
                Err(cause) => context.no_response(cause),
            };
            let advice = match (verdict(&result), &result) {
                (PostVerdict::Created(instance), _) => {
                    client.learn(&instance);
                    return CreateOutcome::Created(instance);
                }
                (PostVerdict::Rejected, _) => return CreateOutcome::Rejected(error()),
                (PostVerdict::Unknown(class), _) => {
                    let error = error();
                    return CreateOutcome::Unknown { class, error };
                }
                (PostVerdict::NotSent, Err(cause)) => cause.advice(),
                (PostVerdict::NotSent, Ok(_)) => RetryAdvice::No,
                (PostVerdict::Throttled, _) => RetryAdvice::Throttled,
            };
            // It is proven that nothing was created: only such a create is sent again.
            if !client.may_retry(&mut retries, advice, in_outage).await {
                return CreateOutcome::Rejected(error());
            }
        }
    }

    async fn update(
        &self,
        id: InstanceId,
        patch: &PatchBody<'_>,
    ) -> Result<ObservedInstance, RemoteError> {
        let json = wire::patch(patch).ok();
        let call = Call::new(Method::PATCH, format!("/instances/{id}"), json);
        self.learn(patch.configuration.values().copied());
        self.changed(&call, id).await
    }

    async fn sign_in(
        &self,
        id: InstanceId,
        same: &PatchBody<'_>,
    ) -> Result<ObservedInstance, RemoteError> {
        let json = wire::patch(same).ok();
        let call = Call::new(Method::PUT, format!("/instances/{id}"), json);
        // Without it, nobody knows what a `PUT` does (docs/platform.md#q6).
        let call = call.with("reAuthenticate", "true");
        self.changed(&call, id).await
    }

    async fn set_enabled(&self, id: InstanceId, enabled: bool) -> Result<(), RemoteError> {
        let method = if enabled { Method::PUT } else { Method::DELETE };
        let call = Call::new(method, format!("/instances/{id}/enabled"), None);
        self.write(&call).await.map(drop)
    }

    async fn delete(&self, id: InstanceId) -> Result<(), RemoteError> {
        let call = Call::new(Method::DELETE, format!("/instances/{id}"), None);
        kill::at(kill::KillPoint::BeforeWrite);
        let response = self.reader.client.send(&call).await.map_err(write_failed)?;
        kill::at(kill::KillPoint::AfterWrite);
        if response.status().is_success() || is_missing(&response) {
            return Ok(());
        }
        let context = self.reader.client.context(&call);
        Err(write_failed(context.response_error(&response)))
    }
}

#[async_trait]
impl ReadRemote for RemoteWriter {
    async fn tenant(&self) -> Result<Tenant, RemoteError> {
        self.reader.tenant().await
    }

    async fn list(&self, confirm: Confirm<'_>) -> Result<Listing, RemoteError> {
        self.reader.list(confirm).await
    }

    async fn find(&self, tag: &str) -> Result<Search, RemoteError> {
        self.reader.find(tag).await
    }

    async fn get(&self, id: InstanceId) -> Result<Lookup, RemoteError> {
        self.reader.get(id).await
    }

    async fn disconnected(&self) {
        self.reader.disconnected().await;
    }
}
