//! Turns the requests of a plan into request bodies, secrets included. Must not copy a secret.

use std::collections::BTreeMap;

use super::outcome::StepError;
use crate::model::{CreateRequest, InstanceKey, RequestValue, ResolvedSecrets, UpdateRequest};
use crate::ports::{BodyValue, CreateBody, PatchBody};

pub(super) fn create<'a>(
    key: &InstanceKey,
    request: &'a CreateRequest,
    secrets: &'a ResolvedSecrets,
) -> Result<CreateBody<'a>, StepError> {
    let provider_data = if request.provider_data {
        let value = secrets.provider_data(key);
        Some(value.ok_or_else(|| unresolved(key, "providerData"))?)
    } else {
        None
    };
    Ok(CreateBody {
        element: &request.element,
        name: &request.name,
        tags: &request.tags,
        configuration: configuration(key, &request.configuration, secrets)?,
        provider_data,
        external_authentication: request.external_authentication.as_deref(),
        retrieve_objects: request.retrieve_objects,
    })
}

pub(super) fn patch<'a>(
    key: &InstanceKey,
    request: &'a UpdateRequest,
    secrets: &'a ResolvedSecrets,
) -> Result<PatchBody<'a>, StepError> {
    Ok(PatchBody {
        name: request.name.as_deref(),
        tags: request.tags.as_ref(),
        configuration: configuration(key, &request.configuration, secrets)?,
    })
}

fn configuration<'a>(
    key: &InstanceKey,
    values: &'a BTreeMap<String, RequestValue>,
    secrets: &'a ResolvedSecrets,
) -> Result<BTreeMap<&'a str, BodyValue<'a>>, StepError> {
    values
        .iter()
        .map(|(name, value)| {
            let value = match value {
                RequestValue::Plain(plain) => BodyValue::Plain(plain),
                RequestValue::Secret => {
                    let value = secrets.configuration(key, name);
                    BodyValue::Secret(value.ok_or_else(|| unresolved(key, name))?)
                }
            };
            Ok((name.as_str(), value))
        })
        .collect()
}

fn unresolved(key: &InstanceKey, name: &str) -> StepError {
    StepError::failed(format!(
        "internal error: the secret `{name}` of `{key}` has no value; no request was sent"
    ))
}
