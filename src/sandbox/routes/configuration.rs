//! Configuration entries of an instance (docs/platform.md#configuration-entries).

use serde_json::{Value, json};

use super::update::{change, stored};
use super::visible::Call;
use crate::sandbox::assumptions::Put;
use crate::sandbox::behaviour::entries;
use crate::sandbox::platform::Platform;
use crate::sandbox::reply::{ApiError, ApiResult, ok};

pub(super) fn dispatch(call: &mut Call<'_>, id: u64, rest: &[&str]) -> ApiResult {
    let platform = &mut *call.platform;
    match (call.method, rest) {
        ("GET", []) => ok(all(platform, id)?.into()),
        ("GET", [entry]) => ok(find(platform, id, entry)?),
        ("PATCH", [entry]) => {
            let found = find(platform, id, entry)?;
            let body = call.request.object()?;
            let value = body
                .get("propertyValue")
                .ok_or_else(|| ApiError::bad_request("propertyValue is required"))?;
            if !(value.is_string() || value.is_null()) {
                return Err(ApiError::bad_request("propertyValue must be a string"));
            }
            let key = found["key"].as_str().unwrap_or_default();
            let body = [("configuration".to_owned(), json!({key: value}))];
            change(platform, id, &body.into_iter().collect(), Put::Merge, false)?;
            ok(find(platform, id, entry)?)
        }
        _ => Err(ApiError::not_allowed()),
    }
}

fn all(platform: &Platform, id: u64) -> ApiResult<Vec<Value>> {
    let instance = stored(platform, id)?;
    Ok(entries(platform, instance))
}

fn find(platform: &Platform, id: u64, entry: &str) -> ApiResult<Value> {
    all(platform, id)?
        .into_iter()
        .find(|value| value["id"].as_u64() == entry.parse().ok())
        .ok_or_else(|| ApiError::not_found("No configuration found with that id"))
}
