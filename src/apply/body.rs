//! A plan's requests with the secrets put in.

use std::collections::BTreeMap;

use super::step::StepError;
use crate::model::{
    CreateRequest, InstanceKey, RequestValue, ResolvedSecrets, SecretJson, UpdateRequest,
};
use crate::ports::{CreateBody, OutgoingValue, PatchBody};

/// The body of a create.
pub(super) fn create(
    key: &InstanceKey,
    request: &CreateRequest,
    secrets: &ResolvedSecrets,
) -> Result<CreateBody, StepError> {
    let provider_data = if request.provider_data {
        let value = secrets
            .provider_data(key)
            .ok_or_else(|| unresolved(key, "providerData"))?;
        Some(outgoing(value))
    } else {
        None
    };
    Ok(CreateBody {
        element: request.element.clone(),
        name: request.name.clone(),
        tags: request.tags.clone(),
        configuration: configuration(key, &request.configuration, secrets)?,
        provider_data,
        external_authentication: request.external_authentication.clone(),
        retrieve_objects: request.retrieve_objects,
    })
}

/// The body of a patch.
pub(super) fn patch(
    key: &InstanceKey,
    request: &UpdateRequest,
    secrets: &ResolvedSecrets,
) -> Result<PatchBody, StepError> {
    Ok(PatchBody {
        name: request.name.clone(),
        tags: request
            .tags
            .as_ref()
            .map(|tags| tags.iter().cloned().collect()),
        configuration: configuration(key, &request.configuration, secrets)?,
    })
}

fn configuration(
    key: &InstanceKey,
    values: &BTreeMap<String, RequestValue>,
    secrets: &ResolvedSecrets,
) -> Result<BTreeMap<String, OutgoingValue>, StepError> {
    values
        .iter()
        .map(|(name, value)| {
            let value = match value {
                RequestValue::Plain(plain) => OutgoingValue(plain.0.clone()),
                RequestValue::Secret => outgoing(
                    secrets
                        .configuration(key, name)
                        .ok_or_else(|| unresolved(key, name))?,
                ),
            };
            Ok((name.clone(), value))
        })
        .collect()
}

fn outgoing(value: &SecretJson) -> OutgoingValue {
    OutgoingValue(value.expose().clone())
}

fn unresolved(key: &InstanceKey, name: &str) -> StepError {
    StepError::failed(format!(
        "the secret value of `{name}` under `{key}` was not resolved; nothing was sent"
    ))
}
