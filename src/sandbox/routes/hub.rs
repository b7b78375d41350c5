//! A small vendor behind each token: enough to see what the token is for.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};

use super::page::{self, Position};
use super::visible::Call;
use crate::sandbox::assumptions::PageToken;
use crate::sandbox::behaviour::{given, plain, without_nulls};
use crate::sandbox::reply::{ApiError, ApiResponse, ApiResult};

const OBJECTS: [&str; 3] = ["contacts", "accounts", "incidents"];

/// The records of a resource, nulls included.
fn records(resource: &str) -> impl Iterator<Item = Value> {
    (1..=3).map(move |number| {
        json!({
            "id": number.to_string(),
            "name": format!("{resource} {number}"),
            "email": format!("person{number}@vendor.example"),
            "phone": null,
        })
    })
}

pub(super) fn dispatch(call: &Call<'_>, segments: &[&str]) -> ApiResult {
    let platform = &*call.platform;
    let token = call.caller.token;
    let instance = token
        .and_then(|id| platform.state.instances.get(&id))
        .ok_or_else(ApiError::unauthorized)?;
    // `/hubs/helpdesk/contacts` is the same as `/contacts`.
    let segments = match segments {
        ["hubs", _, rest @ ..] => rest,
        rest => rest,
    };
    let drop_nulls = given(&instance.configuration, "filter.response.nulls") != Some("false");
    let clean = |record| match drop_nulls {
        true => without_nulls(record),
        false => record,
    };
    let body = match (call.method, segments) {
        // Calls about the connector itself work while the instance is disabled (docs/platform.md#enable).
        ("GET", ["objects"]) if call.request.is_helium => OBJECTS
            .iter()
            .map(|name| json!({"name": name, "vendorName": name, "type": "vendor"}))
            .collect(),
        ("GET", ["objects"]) => json!(OBJECTS),
        _ if instance.disabled => {
            return Err(ApiError::error(403, "The element instance is disabled"));
        }
        _ if !instance.valid => {
            let message = "The credentials of the instance are not valid";
            return Err(ApiError::vendor(401, message));
        }
        ("GET", ["ping"]) => {
            let now = UNIX_EPOCH + Duration::from_millis(platform.now_ms);
            json!({
                "dateTime": humantime::format_rfc3339_seconds(now).to_string(),
                "endpoint": instance.element_key,
            })
        }
        ("GET", [resource]) => {
            let size = page::requested_size(call.request)?.min(page::MAX_SIZE);
            let start = Position::of(call.request)?.skipped(std::iter::empty());
            let part: Vec<Value> = records(resource)
                .map(clean)
                .skip(start)
                .take(size)
                .collect();
            // Unlike a list of instances, always (docs/platform.md#paging).
            let token = page::token(PageToken::Offset, size, start + part.len(), None);
            let page = page::response(part, None, Some(token));
            return Ok(page.with("elements-element-instance-id", instance.id));
        }
        ("GET", [resource, wanted]) => records(resource)
            .find(|record| record["id"] == *wanted)
            .map(clean)
            .ok_or_else(|| ApiError::not_found(format!("No {} found", plain(resource))))?,
        _ => {
            let message = "The vendor of the sandbox can only be read";
            return Err(ApiError::error(405, message));
        }
    };
    Ok(ApiResponse::ok(body).with("elements-element-instance-id", instance.id))
}
