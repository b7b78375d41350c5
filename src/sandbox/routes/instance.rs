//! One instance, by id, by element and id, or by token: the same routes (docs/platform.md#read).

use serde_json::{Value, json};

use super::configuration;
use super::update::{change, modify, show, stored};
use super::visible::Call;
use crate::sandbox::assumptions::{Put, Reauthenticate};
use crate::sandbox::reply::{ApiError, ApiResponse, ApiResult, ok};
use crate::sandbox::request::{ApiRequest, BASE};

/// Answers a call on one instance; `rest` is what follows its id.
pub(super) fn dispatch(call: &mut Call<'_>, id: u64, rest: &[&str]) -> ApiResult {
    let (platform, request) = (&mut *call.platform, call.request);
    let not_found = |message: &str| Err(ApiError::not_found(message));
    match (call.method, rest) {
        ("GET", []) => return show(platform, id),
        ("PATCH", []) => {
            change(platform, id, &request.object()?, Put::Merge, false)?;
            return show(platform, id);
        }
        ("PUT", []) => {
            let body = request.object()?;
            let sign_in_again = request
                .flag("reAuthenticate")
                .unwrap_or(platform.assumptions.q6 == Reauthenticate::WhenChanged);
            change(platform, id, &body, platform.assumptions.q7, sign_in_again)?;
            return show(platform, id);
        }
        (_, ["configuration", more @ ..]) => return configuration::dispatch(call, id, more),
        ("GET", ["docs", more @ ..]) => {
            return docs(request, &stored(platform, id)?.element_key, more);
        }
        ("DELETE", []) => modify(platform, id, |instance| instance.deleted = true)?,
        (method @ ("PUT" | "DELETE"), ["enabled"]) => {
            modify(platform, id, |instance| {
                instance.disabled = method == "DELETE"
            })?;
        }
        (method @ ("PUT" | "DELETE"), ["trace-logging"]) => {
            if method == "PUT" {
                check_duration(request)?;
            }
            modify(platform, id, |instance| {
                instance.trace_logging = method == "PUT"
            })?;
        }
        ("GET", ["events", ..]) => return not_found("No events found"),
        ("GET", ["transformations", ..]) => return not_found("No transformations found"),
        ("GET", ["objects", ..]) => return not_found("No object definitions found"),
        (method, _) => {
            let message = format!("Method {method} is not allowed here");
            return Err(ApiError::error(405, message));
        }
    }
    Ok(ApiResponse::empty())
}

/// The body is optional (docs/platform.md#trace-logging).
fn check_duration(request: &ApiRequest) -> ApiResult<()> {
    if request.body.is_empty() || request.object()?.get("duration").is_none_or(Value::is_u64) {
        return Ok(());
    }
    let message = "duration must be a number of minutes";
    Err(ApiError::bad_request(message))
}

/// A small Swagger of the instance, whole also where one operation is asked for
/// (docs/platform.md#instance-docs).
fn docs(request: &ApiRequest, element: &str, more: &[&str]) -> ApiResult {
    let contacts = json!({"contacts": {"type": "object"}});
    let base_url = request
        .parameter("baseUrl")
        .and_then(|text| url::Url::parse(text).ok());
    let host = base_url.as_ref().and_then(url::Url::host_str);
    let scheme = base_url.as_ref().map_or("https", url::Url::scheme);
    match more {
        [] | ["getContacts"] => ok(json!({
            "swagger": "2.0",
            "info": {"title": element, "version": "1"},
            "host": host.unwrap_or("api.example.com"),
            "schemes": [scheme],
            "basePath": BASE,
            "tags": [{"name": "contacts"}],
            "paths": {"/contacts": {"get": {
                "operationId": "getContacts",
                "summary": "Lists contacts",
                "tags": ["contacts"],
                "responses": {"200": {"description": "The contacts"}},
            }}},
            "definitions": contacts,
        })),
        ["getContacts", "definitions"] => ok(contacts),
        _ => Err(ApiError::not_found("No documentation found")),
    }
}
