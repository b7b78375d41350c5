//! Writing. A create is sent once, whatever comes back; everything else is idempotent and is sent
//! again where that may help (docs/platform.md#side-effects).

use std::time::Duration;

use async_trait::async_trait;
use backon::BackoffBuilder as _;
use bytes::Bytes;
use http::{Method, Response, StatusCode};

use super::answer::{Sent, platform_error};
use super::client::{Call, RemoteWriter, write_failed};
use super::outcome::{Verdict, verdict};
use super::retry::{RetryAdvice, pauses, pauses_in_a_storm, retry_after};
use super::transport::TimeoutClass;
use super::wire::{self, Completeness};
use crate::model::{InstanceId, ObservedInstance};
use crate::ports::{
    BodyValue, CreateBody, CreateOutcome, PatchBody, RemoteError, RemoteErrorKind, WriteRemote,
};

fn call(method: Method, path: String, body: Option<Bytes>) -> Call {
    Call {
        method,
        path,
        query: Vec::new(),
        body,
        sent: Sent::default(),
    }
}

impl RemoteWriter {
    async fn write(&self, call: &Call) -> Result<Response<Bytes>, RemoteError> {
        let response = self.reader.client.send(call).await.map_err(write_failed)?;
        if response.status().is_success() {
            return Ok(response);
        }
        let asked = self.reader.client.asked(call);
        Err(write_failed(asked.refused(&response)))
    }

    fn cannot_be_written(&self, call: &Call) -> RemoteError {
        let what = "the request cannot be written as JSON".to_owned();
        let asked = self.reader.client.asked(call);
        asked.error(RemoteErrorKind::Rejected, None, None, what, None)
    }
}

#[async_trait]
impl WriteRemote for RemoteWriter {
    async fn create(&self, body: &CreateBody<'_>) -> CreateOutcome {
        let client = &self.reader.client;
        let json = wire::create(body).ok();
        let mut call = call(Method::POST, "/instances".to_owned(), json);
        let secret = body.provider_data.map(BodyValue::Secret);
        for value in body.configuration.values().copied().chain(secret) {
            call.sent.add(value.expose());
        }
        if call.body.is_none() {
            return CreateOutcome::Rejected(self.cannot_be_written(&call));
        }
        let asked = client.asked(&call);
        let seed = client.jitter_seed();
        let mut pauses = pauses(seed).build();
        let mut in_a_storm = pauses_in_a_storm(seed).build();
        loop {
            let answer = client.exchange(&call, TimeoutClass::Create).await;
            let error = || match &answer {
                Ok(response) => asked.refused(response),
                Err(error) => asked.lost(error),
            };
            let (pauses, advice): (&mut dyn Iterator<Item = Duration>, RetryAdvice) =
                match verdict(&answer) {
                    Verdict::Created(instance) => return CreateOutcome::Created(instance),
                    Verdict::Rejected => return CreateOutcome::Rejected(error()),
                    Verdict::Unknown(class) => {
                        let error = error();
                        return CreateOutcome::Unknown { class, error };
                    }
                    Verdict::NotSent => (&mut pauses, RetryAdvice::AfterBackoff),
                    Verdict::TryAgain => {
                        let headers = answer.as_ref().ok().map(Response::headers);
                        let asked_for =
                            headers.and_then(|headers| retry_after(headers, client.now()));
                        (&mut in_a_storm, RetryAdvice::after(asked_for))
                    }
                };
            // Proven: nothing was created. Only such a request is sent again.
            match pauses.next().and_then(|backoff| advice.pause(backoff)) {
                Some(pause) if client.may_try_again_after(pause).await => {}
                _ => return CreateOutcome::Rejected(error()),
            }
        }
    }

    async fn update(
        &self,
        id: InstanceId,
        patch: &PatchBody<'_>,
    ) -> Result<ObservedInstance, RemoteError> {
        let json = wire::patch(patch).ok();
        let mut call = call(Method::PATCH, format!("/instances/{id}"), json);
        for value in patch.configuration.values() {
            call.sent.add(value.expose());
        }
        if call.body.is_none() {
            return Err(self.cannot_be_written(&call));
        }
        let response = self.write(&call).await?;
        let instance = serde_json::from_slice(response.body())
            .ok()
            .and_then(|value| wire::instance(&value, Completeness::Whole));
        instance
            .filter(|instance| instance.id == id)
            .ok_or_else(|| {
                let asked = self.reader.client.asked(&call);
                write_failed(asked.unreadable(&response, "the answer is not the instance"))
            })
    }

    async fn set_enabled(&self, id: InstanceId, enabled: bool) -> Result<(), RemoteError> {
        let method = if enabled { Method::PUT } else { Method::DELETE };
        let call = call(method, format!("/instances/{id}/enabled"), None);
        self.write(&call).await.map(drop)
    }

    async fn delete(&self, id: InstanceId) -> Result<(), RemoteError> {
        let call = call(Method::DELETE, format!("/instances/{id}"), None);
        let response = self.reader.client.send(&call).await.map_err(write_failed)?;
        let gone =
            response.status() == StatusCode::NOT_FOUND && platform_error(response.body()).is_some();
        if response.status().is_success() || gone {
            return Ok(());
        }
        let asked = self.reader.client.asked(&call);
        Err(write_failed(asked.refused(&response)))
    }
}
