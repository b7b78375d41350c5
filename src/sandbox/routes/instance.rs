//! One instance, by id, by element and id, or by token: the same routes (docs/platform.md#read).

use serde_json::json;

use super::configuration;
use super::update::{change, modify, show, stored};
use crate::sandbox::assumptions::{Put, Reauthenticate};
use crate::sandbox::platform::Platform;
use crate::sandbox::reply::{ApiError, ApiResponse};
use crate::sandbox::request::{ApiRequest, BASE};

/// Answers a call on one instance; `rest` is what follows its id.
pub(super) fn dispatch(
    platform: &mut Platform,
    request: &ApiRequest,
    id: u64,
    rest: &[&str],
) -> Result<ApiResponse, ApiError> {
    match (request.method.as_str(), rest) {
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
        (_, ["configuration", more @ ..]) => {
            return configuration::dispatch(platform, request, id, more);
        }
        ("GET", ["docs", more @ ..]) => return docs(platform, id, more),
        ("DELETE", []) => modify(platform, id, |instance| instance.deleted = true)?,
        ("PUT", ["enabled"]) => modify(platform, id, |instance| instance.disabled = false)?,
        ("DELETE", ["enabled"]) => modify(platform, id, |instance| instance.disabled = true)?,
        ("PUT", ["trace-logging"]) => {
            check_duration(request)?;
            modify(platform, id, |instance| instance.trace_logging = true)?;
        }
        ("DELETE", ["trace-logging"]) => {
            modify(platform, id, |instance| instance.trace_logging = false)?;
        }
        ("GET", ["events", ..]) => return Err(ApiError::not_found("No events found")),
        ("GET", ["transformations", ..]) => {
            return Err(ApiError::not_found("No transformations found"));
        }
        ("GET", ["objects", ..]) => {
            return Err(ApiError::not_found("No object definitions found"));
        }
        _ => {
            let message = format!("Method {} is not allowed here", request.method);
            return Err(ApiError::new(405, message));
        }
    }
    Ok(ApiResponse::empty())
}

/// The body is optional (docs/platform.md#trace-logging).
fn check_duration(request: &ApiRequest) -> Result<(), ApiError> {
    if request.body.is_empty() {
        return Ok(());
    }
    match request.object()?.get("duration") {
        Some(duration) if !duration.is_u64() => Err(ApiError::bad_request(
            "duration must be a number of minutes",
        )),
        _ => Ok(()),
    }
}

/// A small Swagger of the instance (docs/platform.md#instance-docs).
fn docs(platform: &Platform, id: u64, more: &[&str]) -> Result<ApiResponse, ApiError> {
    let instance = stored(platform, id)?;
    let operation = json!({
        "operationId": "getContacts",
        "summary": "Lists contacts",
        "responses": {"200": {"description": "The contacts"}},
    });
    match more {
        [] => Ok(ApiResponse::ok(json!({
            "swagger": "2.0",
            "info": {"title": instance.element_key, "version": "1"},
            "basePath": BASE,
            "paths": {"/contacts": {"get": operation}},
        }))),
        ["getContacts"] => Ok(ApiResponse::ok(operation)),
        ["getContacts", "definitions"] => {
            Ok(ApiResponse::ok(json!({"contacts": {"type": "object"}})))
        }
        _ => Err(ApiError::not_found("No documentation found")),
    }
}
