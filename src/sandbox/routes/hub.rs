//! A small vendor behind each token: enough to see what the token is for.

use serde_json::{Value, json};

use super::visible::Caller;
use crate::sandbox::platform::Platform;
use crate::sandbox::reply::{ApiError, ApiResponse};

/// The records of a resource, nulls included.
fn records(resource: &str) -> Vec<Value> {
    (1..=3)
        .map(|number| {
            json!({
                "id": number.to_string(),
                "name": format!("{resource} {number}"),
                "email": format!("person{number}@vendor.example"),
                "phone": null,
            })
        })
        .collect()
}

pub(super) fn dispatch(
    platform: &mut Platform,
    method: &str,
    caller: &Caller,
    segments: &[&str],
) -> Result<ApiResponse, ApiError> {
    let instance = caller
        .token
        .and_then(|id| platform.state.instances.get(&id))
        .ok_or_else(ApiError::unauthorized)?;
    let id = instance.id;
    let answer = |body: Value| Ok(ApiResponse::ok(body).with("elements-element-instance-id", id));
    // `/hubs/helpdesk/contacts` is the same as `/contacts`.
    let segments = match segments {
        ["hubs", _, rest @ ..] => rest,
        rest => rest,
    };
    // Calls about the connector itself work while the instance is disabled (docs/platform.md#enable).
    if let ("GET", ["objects"]) = (method, segments) {
        return answer(json!(["contacts", "accounts", "incidents"]));
    }
    if instance.disabled {
        return Err(ApiError::new(403, "The element instance is disabled"));
    }
    if !instance.valid {
        return Err(ApiError::vendor(
            401,
            "The credentials of the instance are not valid",
        ));
    }
    let drop_nulls = instance
        .configuration
        .get("filter.response.nulls")
        .and_then(Option::as_deref)
        != Some("false");
    let clean = |mut record: Value| {
        if let (true, Value::Object(members)) = (drop_nulls, &mut record) {
            members.retain(|_, value| !value.is_null());
        }
        record
    };
    match (method, segments) {
        ("GET", ["ping"]) => {
            let now = std::time::UNIX_EPOCH + std::time::Duration::from_millis(platform.now_ms);
            answer(json!({
                "dateTime": humantime::format_rfc3339_seconds(now).to_string(),
                "endpoint": instance.element_key,
            }))
        }
        ("GET", [resource]) => answer(records(resource).into_iter().map(clean).collect()),
        ("GET", [resource, wanted]) => records(resource)
            .into_iter()
            .find(|record| record["id"] == *wanted)
            .map(clean)
            .map_or_else(
                || {
                    Err(ApiError::not_found(format!(
                        "No {} found",
                        super::visible::plain(resource)
                    )))
                },
                answer,
            ),
        _ => Err(ApiError::new(
            405,
            "The vendor of the sandbox can only be read",
        )),
    }
}
