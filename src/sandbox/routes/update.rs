//! One instance read and changed: what the routes by id, by token and of its configuration entries
//! share. Must not: know a path.

use serde_json::{Map, Value};

use super::visible::no_instance;
use crate::sandbox::assumptions::{DisabledInBody, PatchedSecret, Put};
use crate::sandbox::behaviour::{
    self, Parts, check_with_vendor, find_element, merged, no_element, signs_in, strip_markup,
};
use crate::sandbox::digest::is_same;
use crate::sandbox::platform::Platform;
use crate::sandbox::reply::{ApiError, ApiResult, ok};
use crate::sandbox::request::object_member;
use crate::sandbox::state::{Element, StoredInstance};

pub(super) fn stored(platform: &Platform, id: u64) -> ApiResult<&StoredInstance> {
    let instances = &platform.state.instances;
    instances
        .get(&id)
        .ok_or_else(|| no_instance(&id.to_string()))
}

pub(super) fn modify(
    platform: &mut Platform,
    id: u64,
    change: impl FnOnce(&mut StoredInstance),
) -> ApiResult<()> {
    let mut next = stored(platform, id)?.clone();
    change(&mut next);
    platform.replace(next);
    Ok(())
}

/// The instance as a read by id answers it.
pub(super) fn show(platform: &mut Platform, id: u64) -> ApiResult {
    let volatile = platform.next_read();
    ok(shown(platform, id, volatile)?)
}

/// The instance with everything that a response can show.
pub(super) fn shown(platform: &Platform, id: u64, volatile: Option<u64>) -> ApiResult<Value> {
    let instance = stored(platform, id)?;
    Ok(behaviour::instance(
        platform,
        instance,
        Parts::ALL,
        volatile,
    ))
}

/// Applies a body to an instance: all of it, or nothing if any part is an error.
pub(super) fn change(
    platform: &mut Platform,
    id: u64,
    body: &Map<String, Value>,
    put: Put,
    sign_in_again: bool,
) -> ApiResult<()> {
    let mut next = stored(platform, id)?.clone();
    let assumptions = &platform.assumptions;
    let state = &mut platform.state;
    if let Some(name) = body.get("name").filter(|name| !name.is_null()) {
        match name.as_str() {
            Some(text) if !text.trim().is_empty() => next.name = strip_markup(text),
            _ => return Err(ApiError::bad_request("name must be a string")),
        }
    }
    // An empty list clears the tags here, whatever it does at create (docs/platform.md#tags).
    let clears = body
        .get("tags")
        .and_then(Value::as_array)
        .is_some_and(Vec::is_empty);
    if clears {
        next.tags.clear();
    } else if let Some(tags) = behaviour::tags(body, &next.name, assumptions)? {
        next.tags = tags;
    }
    if let Some(Value::Object(element)) = body.get("element")
        && let Some(target) = element.get("id").and_then(Value::as_u64)
        && target != next.element
    {
        let found = find_element(&state.own_elements, target)
            .ok_or_else(|| no_element(&target.to_string()))?;
        next.element = found.id;
        next.element_key.clone_from(&found.key);
    }
    // An instance outlives its element (docs/platform.md#catalogue).
    let gone = Element::gone(next.element, &next.element_key);
    let element = find_element(&state.own_elements, next.element).unwrap_or(&gone);
    let provider_data = object_member(body, "providerData")?.filter(|data| !data.is_empty());
    let mut tried = false;
    if let Some(given) = object_member(body, "configuration")? {
        let base = match put {
            Put::Merge => next.configuration.clone(),
            Put::Replace => next
                .configuration
                .iter()
                .filter(|(key, _)| behaviour::is_masked(element, key) || given.contains_key(*key))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
        };
        let after = merged(element, &base, given, assumptions);
        tried = after.iter().any(|(key, value)| {
            let stored = next.configuration.get(key).and_then(Option::as_deref);
            let changes = !is_same(&state.random, stored, value.as_deref());
            // After a failure the same credentials are worth another try.
            let again = !next.valid && given.contains_key(key);
            element.is_credential(key) && (changes || again)
        });
        next.configuration = after;
    }
    let validate = tried && assumptions.q9 == PatchedSecret::Validate;
    if provider_data.is_some() || sign_in_again || validate {
        if provider_data.is_some() {
            signs_in(
                &mut state.used_codes,
                element,
                &next.configuration,
                provider_data,
                &next.external_authentication,
            )?;
        }
        check_with_vendor(element, &next.configuration)?;
        next.valid = true;
        next.failed_refreshes = 0;
        state.counters.authentications += 1;
    }
    if let Some(Value::Bool(disabled)) = body.get("disabled")
        && assumptions.q20 == DisabledInBody::Counts
    {
        next.disabled = *disabled;
    }
    platform.replace(next);
    Ok(())
}
