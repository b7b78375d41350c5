//! Elements made by the tenant: created, cloned, configured, activated, deleted
//! (docs/platform.md#catalogue).

use serde_json::{Value, json};

use super::visible::Call;
use crate::sandbox::behaviour::{FIRST_OWN_ID, find_element, strip_markup};
use crate::sandbox::platform::Platform;
use crate::sandbox::reply::{ApiError, ApiResponse, ApiResult, ok};
use crate::sandbox::request::ApiRequest;
use crate::sandbox::state::Element;

pub(super) fn create(platform: &mut Platform, request: &ApiRequest) -> ApiResult {
    let body = request.object()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let name = text("name").filter(|name| !name.trim().is_empty());
    let name = strip_markup(name.ok_or_else(|| ApiError::bad_request("name is required"))?);
    let key = text("key").unwrap_or(&name);
    // Without whitespace, in lower case (docs/platform.md#catalogue).
    let key: String = key.split_whitespace().collect::<String>().to_lowercase();
    let configuration = body.get("configuration").and_then(Value::as_array);
    let authentication = body
        .get("authentication")
        .and_then(|value| value["type"].as_str())
        .unwrap_or("custom");
    let element = Element {
        id: 0,
        key,
        name,
        description: text("description").unwrap_or_default().to_owned(),
        hub: text("hub").unwrap_or("general").to_owned(),
        authentication: authentication.to_owned(),
        active: true,
        cloned_from: None,
        configuration: configuration.cloned().unwrap_or_default(),
    };
    keep(platform, element)
}

fn keep(platform: &mut Platform, mut element: Element) -> ApiResult {
    let state = &mut platform.state;
    // A state file of an earlier version has elements and no count.
    let last = state.own_elements.keys().next_back();
    let next = last.map_or(FIRST_OWN_ID, |last| last + 1);
    element.id = next.max(FIRST_OWN_ID + state.elements_made);
    state.elements_made = element.id + 1 - FIRST_OWN_ID;
    let whole = element.whole();
    state.own_elements.insert(element.id, element);
    ok(whole)
}

/// The routes that work only on elements made by the tenant.
pub(super) fn dispatch(call: &mut Call<'_>, id: u64, rest: &[&str]) -> ApiResult {
    let (platform, request) = (&mut *call.platform, call.request);
    let elements = &mut platform.state.own_elements;
    if (call.method, rest) == ("POST", &["clone"]) {
        let source = find_element(elements, id);
        let source = source.ok_or_else(|| ApiError::not_found("No element found"))?;
        // The clone keeps the key: keys are not unique across the catalogue and a tenant's elements.
        let copy = Element {
            name: format!("{} (clone)", source.name),
            active: true,
            ..source.clone()
        };
        return keep(platform, copy);
    }
    let Some(own) = elements.get_mut(&id) else {
        let message = "Only elements of your own can be changed";
        return Err(ApiError::error(403, message));
    };
    let mut entries = own.configuration.iter();
    match (call.method, rest) {
        ("PUT", ["active"]) => own.active = true,
        ("DELETE", ["active"]) => own.active = false,
        ("PUT" | "PATCH", []) => {
            let body = request.object()?;
            let text = |name: &str| body.get(name).and_then(Value::as_str);
            if let Some(name) = text("name") {
                own.name = strip_markup(name);
            }
            if let Some(description) = text("description") {
                own.description = description.to_owned();
            }
            if let Some(kind) = body
                .get("authentication")
                .and_then(|it| it["type"].as_str())
            {
                own.authentication = kind.to_owned();
            }
            if let Some(entries) = body.get("configuration").and_then(Value::as_array) {
                own.configuration = entries.clone();
                // From now on these are all there are, the common ones apart.
                own.cloned_from = None;
            }
        }
        ("DELETE", []) => {
            elements.remove(&id);
            return Ok(ApiResponse::empty());
        }
        ("POST", ["configuration"]) => {
            let entry = Value::Object(request.object()?);
            if !entry["key"].is_string() {
                return Err(ApiError::bad_request("key is required"));
            }
            if entries.any(|known| known["key"] == entry["key"]) {
                return Err(ApiError::error(409, "The configuration exists already"));
            }
            own.configuration.push(entry.clone());
            return ok(entry);
        }
        (method @ ("GET" | "PUT" | "DELETE"), ["configuration", key]) => {
            let place = entries
                .position(|known| known["key"] == *key)
                .ok_or_else(|| ApiError::not_found("No configuration found with that key"))?;
            if method == "DELETE" {
                own.configuration.remove(place);
                return Ok(ApiResponse::empty());
            }
            if method == "PUT" {
                let mut entry = request.object()?;
                entry.insert("key".to_owned(), json!(key));
                own.configuration[place] = Value::Object(entry);
            }
            return ok(own.configuration[place].clone());
        }
        _ => return Err(ApiError::not_allowed()),
    }
    ok(own.whole())
}
