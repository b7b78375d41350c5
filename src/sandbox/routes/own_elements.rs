//! Elements made by the tenant: created, cloned, configured, activated, deleted
//! (docs/platform.md#catalogue).

use serde_json::{Value, json};

use crate::sandbox::behaviour::{ResolvedElement, find_element, strip_markup};
use crate::sandbox::platform::Platform;
use crate::sandbox::reply::{ApiError, ApiResponse};
use crate::sandbox::request::ApiRequest;
use crate::sandbox::state::OwnElement;

/// Above every id in the catalogue.
const FIRST_ID: u64 = 100_001;

pub(super) fn create(
    platform: &mut Platform,
    request: &ApiRequest,
) -> Result<ApiResponse, ApiError> {
    let body = request.object()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let name = text("name").filter(|name| !name.trim().is_empty());
    let name = strip_markup(name.ok_or_else(|| ApiError::bad_request("name is required"))?);
    let key = text("key").unwrap_or(&name);
    // Without whitespace, in lower case (docs/platform.md#catalogue).
    let key: String = key.split_whitespace().collect::<String>().to_lowercase();
    let configuration = body
        .get("configuration")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let authentication = body
        .get("authentication")
        .and_then(|value| value.get("type"))
        .and_then(Value::as_str)
        .unwrap_or("custom");
    let element = OwnElement {
        id: 0,
        key,
        name,
        hub: text("hub").unwrap_or("general").to_owned(),
        authentication: authentication.to_owned(),
        active: true,
        cloned_from: None,
        configuration,
    };
    keep(platform, element)
}

fn keep(platform: &mut Platform, mut element: OwnElement) -> Result<ApiResponse, ApiError> {
    let last = platform.state.own_elements.keys().next_back();
    element.id = last.map_or(FIRST_ID, |last| last + 1);
    let id = element.id;
    platform.state.own_elements.insert(id, element);
    whole(platform, id)
}

fn whole(platform: &Platform, id: u64) -> Result<ApiResponse, ApiError> {
    find_element(&platform.state.own_elements, id)
        .map(|element| ApiResponse::ok(element.whole()))
        .ok_or_else(|| ApiError::not_found("No element found"))
}

/// The routes that work only on elements made by the tenant.
pub(super) fn dispatch(
    platform: &mut Platform,
    request: &ApiRequest,
    id: u64,
    rest: &[&str],
) -> Result<ApiResponse, ApiError> {
    if ("POST", rest) == (request.method.as_str(), &["clone"][..]) {
        return clone(platform, id);
    }
    let Some(own) = platform.state.own_elements.get_mut(&id) else {
        return Err(ApiError::new(
            403,
            "Only elements of your own can be changed",
        ));
    };
    let entry_key = |value: &Value| value.get("key").and_then(Value::as_str).map(str::to_owned);
    match (request.method.as_str(), rest) {
        ("PUT", ["active"]) => own.active = true,
        ("DELETE", ["active"]) => own.active = false,
        ("PUT" | "PATCH", []) => {
            let body = request.object()?;
            if let Some(name) = body.get("name").and_then(Value::as_str) {
                own.name = strip_markup(name);
            }
        }
        ("DELETE", []) => {
            platform.state.own_elements.remove(&id);
            return Ok(ApiResponse::empty());
        }
        ("POST", ["configuration"]) => {
            let entry = Value::Object(request.object()?);
            let Some(key) = entry_key(&entry) else {
                return Err(ApiError::bad_request("key is required"));
            };
            if own
                .configuration
                .iter()
                .any(|known| entry_key(known).as_ref() == Some(&key))
            {
                return Err(ApiError::new(409, "The configuration exists already"));
            }
            own.configuration.push(entry.clone());
            return Ok(ApiResponse::ok(entry));
        }
        (method @ ("GET" | "PUT" | "DELETE"), ["configuration", key]) => {
            let place = own
                .configuration
                .iter()
                .position(|known| entry_key(known).as_deref() == Some(key))
                .ok_or_else(|| ApiError::not_found("No configuration found with that key"))?;
            match method {
                "DELETE" => {
                    own.configuration.remove(place);
                    return Ok(ApiResponse::empty());
                }
                "PUT" => {
                    let mut entry = request.object()?;
                    entry.insert("key".to_owned(), json!(key));
                    own.configuration[place] = Value::Object(entry);
                }
                _ => {}
            }
            return Ok(ApiResponse::ok(own.configuration[place].clone()));
        }
        _ => return Err(ApiError::not_allowed()),
    }
    whole(platform, id)
}

fn clone(platform: &mut Platform, id: u64) -> Result<ApiResponse, ApiError> {
    let Some(element) = find_element(&platform.state.own_elements, id) else {
        return Err(ApiError::not_found("No element found"));
    };
    let copy = OwnElement {
        id: 0,
        // The clone keeps the key: keys are not unique across the catalogue and a tenant's elements.
        key: element.key().to_owned(),
        name: format!("{} (clone)", element.name()),
        hub: element.hub().to_owned(),
        authentication: element.authentication().to_owned(),
        active: true,
        cloned_from: match element {
            ResolvedElement::Known(entry) => Some(entry.key.clone()),
            ResolvedElement::Own(own) => own.cloned_from.clone(),
        },
        configuration: Vec::new(),
    };
    keep(platform, copy)
}
