//! Configuration entries of an instance (docs/platform.md#configuration-entries).

use serde_json::{Value, json};

use super::update::{change, stored};
use crate::sandbox::assumptions::Put;
use crate::sandbox::behaviour::entries;
use crate::sandbox::platform::Platform;
use crate::sandbox::reply::{ApiError, ApiResponse};
use crate::sandbox::request::ApiRequest;

pub(super) fn dispatch(
    platform: &mut Platform,
    request: &ApiRequest,
    id: u64,
    rest: &[&str],
) -> Result<ApiResponse, ApiError> {
    match (request.method.as_str(), rest) {
        ("GET", []) => Ok(ApiResponse::ok(all(platform, id)?.into())),
        ("GET", [entry]) => Ok(ApiResponse::ok(find(platform, id, entry)?)),
        ("PATCH", [entry]) => {
            let found = find(platform, id, entry)?;
            let body = request.object()?;
            let value = body
                .get("propertyValue")
                .ok_or_else(|| ApiError::bad_request("propertyValue is required"))?;
            if !(value.is_string() || value.is_null()) {
                return Err(ApiError::bad_request("propertyValue must be a text"));
            }
            let key = found["key"].as_str().unwrap_or_default();
            let body = [("configuration".to_owned(), json!({key: value}))];
            change(platform, id, &body.into_iter().collect(), Put::Merge, false)?;
            Ok(ApiResponse::ok(find(platform, id, entry)?))
        }
        _ => Err(ApiError::not_allowed()),
    }
}

fn all(platform: &Platform, id: u64) -> Result<Vec<Value>, ApiError> {
    let instance = stored(platform, id)?;
    Ok(entries(&platform.state, instance, &platform.assumptions))
}

fn find(platform: &Platform, id: u64, entry: &str) -> Result<Value, ApiError> {
    all(platform, id)?
        .into_iter()
        .find(|value| value["id"].as_u64() == entry.parse().ok())
        .ok_or_else(|| ApiError::not_found("No configuration found with that id"))
}
