//! `POST /instances` (docs/platform.md#create): not idempotent, names not unique, ids ascending by one.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::update::shown;
use super::visible::{Caller, plain};
use crate::sandbox::assumptions::{Assumptions, DisabledInBody, FailedCreate, Name};
use crate::sandbox::behaviour::{
    self, ResolvedElement, check_with_vendor, find_by_key, find_element, merged, missing_required,
    resolve_element, signs_in, strip_markup,
};
use crate::sandbox::platform::Platform;
use crate::sandbox::reply::{ApiError, ApiResponse};
use crate::sandbox::request::{ApiRequest, object_member};
use crate::sandbox::state::{OwnElements, StoredInstance};

pub(super) fn instance(
    platform: &mut Platform,
    request: &ApiRequest,
    caller: &Caller,
    path_element: Option<&str>,
) -> Result<ApiResponse, ApiError> {
    let body = request.object()?;
    let assumptions = &platform.assumptions;
    let state = &mut platform.state;
    let element = element(&state.own_elements, &body, path_element)?;
    let name = name(assumptions, &body)?;
    let tags = behaviour::tags(&body, &name, assumptions)?.unwrap_or_else(|| vec![name.clone()]);
    let given = object_member(&body, "configuration")?.unwrap_or_default();
    let provider_data = object_member(&body, "providerData")?;
    let external = match body.get("externalAuthentication") {
        None | Some(Value::Null) => "none",
        Some(Value::String(text)) if matches!(text.as_str(), "none" | "initial") => text,
        Some(_) => {
            let message = "externalAuthentication must be none or initial";
            return Err(ApiError::bad_request(message));
        }
    };
    let configuration = merged(element, &BTreeMap::new(), &given, assumptions);
    let missing = missing_required(element, &configuration);
    if !missing.is_empty() {
        return Err(ApiError::bad_request(format!(
            "The following configuration is required: {}",
            missing.join(", ")
        )));
    }
    let accepted = signs_in(
        &mut state.used_codes,
        element,
        &configuration,
        provider_data.as_ref(),
        external,
    )
    .and_then(|()| check_with_vendor(element, &configuration))
    .map_err(|message| ApiError::vendor(400, message));
    let accepted = match assumptions.q15 {
        FailedCreate::Nothing => Ok(accepted?),
        FailedCreate::Invalid => accepted,
    };
    let counts = assumptions.q20 == DisabledInBody::Counts;
    let (element, element_key) = (element.id(), element.key().to_owned());
    let valid = accepted.is_ok();
    let id = state.add(|id, token| StoredInstance {
        id,
        owner: caller.user,
        organization: caller.organization,
        name,
        element,
        element_key,
        token,
        tags,
        configuration,
        valid,
        disabled: counts && body.get("disabled") == Some(&Value::Bool(true)),
        deleted: false,
        trace_logging: false,
        external_authentication: external.to_owned(),
        created_ms: platform.now_ms,
        listed_from_ms: platform
            .now_ms
            .saturating_add(platform.faults.list_lag_ms()),
        superseded: Vec::new(),
    });
    state.counters.creates += 1;
    accepted?;
    state.counters.authentications += 1;
    let mut shown = shown(platform, id, None)?;
    if body.get("retrieveObjectsAfterInstantiation") == Some(&Value::Bool(true)) {
        shown["objects"] = json!([
            {"name": "contacts", "vendorName": "contacts", "type": "vendor"},
            {"name": "accounts", "vendorName": "accounts", "type": "vendor"},
        ]);
    }
    Ok(ApiResponse::ok(shown))
}

fn element<'a>(
    own: &'a OwnElements,
    body: &Map<String, Value>,
    path_element: Option<&str>,
) -> Result<ResolvedElement<'a>, ApiError> {
    let missing =
        |key: &str| ApiError::not_found(format!("No element found with key {}", plain(key)));
    if let Some(key) = path_element {
        return resolve_element(own, key).ok_or_else(|| missing(key));
    }
    let Some(Value::Object(given)) = body.get("element") else {
        return Err(ApiError::bad_request(
            "element is required, with a key or an id",
        ));
    };
    match (given.get("id"), given.get("key")) {
        (Some(id), _) if id.is_u64() => {
            let id = id.as_u64().unwrap_or_default();
            find_element(own, id).ok_or_else(|| missing(&id.to_string()))
        }
        (_, Some(Value::String(key))) => find_by_key(own, key).ok_or_else(|| missing(key)),
        _ => Err(ApiError::bad_request(
            "element is required, with a key or an id",
        )),
    }
}

fn name(assumptions: &Assumptions, body: &Map<String, Value>) -> Result<String, ApiError> {
    match body.get("name") {
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(strip_markup(text)),
        None | Some(Value::Null) if assumptions.q13 == Name::Optional => Ok("Unnamed".to_owned()),
        _ => Err(ApiError::bad_request("name is required")),
    }
}
