//! `POST /instances` (docs/platform.md#create): not idempotent, names not unique, ids ascending by one.

use serde_json::{Map, Value, json};

use super::update::shown;
use super::visible::Call;
use crate::sandbox::assumptions::{Assumptions, DisabledInBody, FailedCreate, Name};
use crate::sandbox::behaviour::{
    self, check_with_vendor, find_by_key, merged, missing_required, no_element, resolve_element,
    signs_in, strip_markup,
};
use crate::sandbox::fault_spec::FaultKind;
use crate::sandbox::reply::{ApiError, ApiResult, ok};
use crate::sandbox::request::object_member;
use crate::sandbox::state::{Configuration, Element, OwnElements, StoredInstance};

pub(super) fn instance(call: &mut Call<'_>, path_element: Option<&str>) -> ApiResult {
    let platform = &mut *call.platform;
    let body = call.request.object()?;
    let assumptions = &platform.assumptions;
    let state = &mut platform.state;
    let element = element(&state.own_elements, &body, path_element)?;
    let name = name(assumptions, &body)?;
    let tags = behaviour::tags(&body, &name, assumptions)?.unwrap_or_else(|| vec![name.clone()]);
    let given = object_member(&body, "configuration")?;
    let provider_data = object_member(&body, "providerData")?;
    let external = match body.get("externalAuthentication") {
        None | Some(Value::Null) => "none",
        Some(Value::String(text)) if matches!(text.as_str(), "none" | "initial") => text,
        Some(_) => {
            let message = "externalAuthentication must be none or initial";
            return Err(ApiError::bad_request(message));
        }
    };
    let (none, before) = (Map::new(), Configuration::new());
    let configuration = merged(element, &before, given.unwrap_or(&none), assumptions);
    let missing = missing_required(element, &configuration);
    if !missing.is_empty() {
        return Err(ApiError::bad_request(format!(
            "The following configuration is required: {}",
            missing.join(", ")
        )));
    }
    let used_codes = &mut state.used_codes;
    let accepted = signs_in(used_codes, element, &configuration, provider_data, external)
        .and_then(|()| check_with_vendor(element, &configuration));
    let accepted = match assumptions.q15 {
        FailedCreate::Nothing => Ok(accepted?),
        FailedCreate::Invalid => accepted,
    };
    let counts = assumptions.q20 == DisabledInBody::Counts;
    let (element, element_key) = (element.id, element.key.clone());
    let lag_ms = platform.faults.longest_ms(FaultKind::ListLag);
    let id = state.add(StoredInstance {
        owner: call.caller.user.id,
        organization: call.caller.user.organization,
        name,
        element,
        element_key,
        tags,
        configuration,
        valid: accepted.is_ok(),
        disabled: counts && body.get("disabled") == Some(&Value::Bool(true)),
        external_authentication: external.to_owned(),
        created_ms: platform.now_ms,
        listed_from_ms: platform.now_ms.saturating_add(lag_ms),
        ..StoredInstance::default()
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
    ok(shown)
}

fn element<'a>(
    own: &'a OwnElements,
    body: &Map<String, Value>,
    path_element: Option<&str>,
) -> ApiResult<&'a Element> {
    if let Some(key) = path_element {
        return resolve_element(own, key);
    }
    let given = body.get("element").filter(|given| given.is_object());
    let given = given.unwrap_or(&Value::Null);
    match (&given["id"], &given["key"]) {
        (id, _) if id.is_u64() => resolve_element(own, &id.to_string()),
        (_, Value::String(key)) => find_by_key(own, key).ok_or_else(|| no_element(key)),
        _ => Err(ApiError::bad_request(
            "element is required, with a key or an id",
        )),
    }
}

fn name(assumptions: &Assumptions, body: &Map<String, Value>) -> ApiResult<String> {
    match body.get("name") {
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(strip_markup(text)),
        None | Some(Value::Null) if assumptions.q13 == Name::Optional => Ok("Unnamed".to_owned()),
        _ => Err(ApiError::bad_request("name is required")),
    }
}
