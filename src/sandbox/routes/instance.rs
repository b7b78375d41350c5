//! One instance, by id, by element and id, or by token: the same routes (docs/platform.md#read).

use serde_json::{Map, Value, json};

use super::configuration;
use super::create::object;
use super::visible::Caller;
use crate::sandbox::assumptions::{DisabledInBody, PatchedSecret, Put, Reauthenticate};
use crate::sandbox::behaviour::{
    self, Parts, Verdict, check_with_vendor, find_element, merged, signs_in, strip_markup,
};
use crate::sandbox::platform::Platform;
use crate::sandbox::reply::{Answer, Problem};
use crate::sandbox::request::Asked;
use crate::sandbox::state::Instance;

/// Answers a call on one instance; `rest` is what follows its id.
pub(super) fn dispatch(
    platform: &mut Platform,
    asked: &Asked,
    caller: &Caller,
    id: u64,
    rest: &[&str],
) -> Result<Answer, Problem> {
    match (asked.method.as_str(), rest) {
        ("GET", []) => show(platform, id),
        ("PATCH", []) => {
            let body = asked.object()?;
            change(platform, id, &body, Put::Merge, false)?;
            show(platform, id)
        }
        ("PUT", []) => {
            let body = asked.object()?;
            let again = match (asked.flag("reAuthenticate"), platform.assumptions.q6) {
                (Some(again), _) => again,
                (None, Reauthenticate::WhenChanged) => true,
                (None, Reauthenticate::Never) => false,
            };
            let assumption = platform.assumptions.q7;
            change(platform, id, &body, assumption, again)?;
            show(platform, id)
        }
        ("DELETE", []) => {
            of(platform, id)?.deleted = true;
            Ok(Answer::empty())
        }
        ("PUT", ["enabled"]) => {
            of(platform, id)?.disabled = false;
            Ok(Answer::empty())
        }
        ("DELETE", ["enabled"]) => {
            of(platform, id)?.disabled = true;
            Ok(Answer::empty())
        }
        ("PUT", ["trace-logging"]) => {
            if !asked.body.is_empty() {
                let body = asked.object()?;
                if body
                    .get("duration")
                    .is_some_and(|duration| !duration.is_u64())
                {
                    return Err(Problem::bad("duration must be a number of minutes"));
                }
            }
            of(platform, id)?.trace_logging = true;
            Ok(Answer::empty())
        }
        ("DELETE", ["trace-logging"]) => {
            of(platform, id)?.trace_logging = false;
            Ok(Answer::empty())
        }
        (_, ["configuration", more @ ..]) => configuration::dispatch(platform, asked, id, more),
        ("GET", ["events", ..]) => Err(Problem::missing("No events found")),
        ("GET", ["transformations", ..]) => Err(Problem::missing("No transformations found")),
        ("GET", ["objects", ..]) => Err(Problem::missing("No object definitions found")),
        ("GET", ["docs", more @ ..]) => docs(platform, id, more),
        _ => {
            let _ = caller;
            Err(Problem::new(
                405,
                format!("Method {} is not allowed here", asked.method),
            ))
        }
    }
}

/// The instance, to be changed.
pub(super) fn of(platform: &mut Platform, id: u64) -> Result<&mut Instance, Problem> {
    platform
        .state
        .instances
        .get_mut(&id)
        .ok_or_else(|| Problem::missing(format!("No element instance found with id {id}")))
}

/// The instance as it is answered.
pub(super) fn show(platform: &mut Platform, id: u64) -> Result<Answer, Problem> {
    platform.reads += 1;
    let volatile = platform.faults.is_volatile().then_some(platform.reads);
    let state = &platform.state;
    let instance = state
        .instances
        .get(&id)
        .ok_or_else(|| Problem::missing(format!("No element instance found with id {id}")))?;
    Ok(Answer::ok(behaviour::instance(
        state,
        instance,
        Parts::ALL,
        &platform.assumptions,
        volatile,
    )))
}

/// Lays a body over an instance. Nothing is kept where any part of it is refused.
pub(super) fn change(
    platform: &mut Platform,
    id: u64,
    body: &Map<String, Value>,
    put: Put,
    sign_in_again: bool,
) -> Result<(), Problem> {
    let catalogue = platform.state.clone_elements();
    let mut next = of(platform, id)?.clone();
    if let Some(name) = body.get("name").filter(|name| !name.is_null()) {
        match name.as_str() {
            Some(text) if !text.trim().is_empty() => next.name = strip_markup(text),
            _ => return Err(Problem::bad("name must be a text")),
        }
    }
    // An empty list clears the tags here, whatever it does at create (docs/platform.md#tags).
    let clears = body
        .get("tags")
        .and_then(Value::as_array)
        .is_some_and(Vec::is_empty);
    if clears {
        next.tags.clear();
    } else if let Some(tags) = behaviour::tags(body, &next.name, &platform.assumptions)? {
        next.tags = tags;
    }
    if let Some(Value::Object(element)) = body.get("element")
        && let Some(target) = element.get("id").and_then(Value::as_u64)
        && target != next.element
    {
        let found = find_element(&catalogue, target)
            .ok_or_else(|| Problem::missing(format!("No element found with key {target}")))?;
        next.element = found.id();
        next.element_key = found.key().to_owned();
    }
    let element = find_element(&catalogue, next.element)
        .ok_or_else(|| Problem::missing("No element found"))?;
    let provider_data = object(body, "providerData")?.filter(|data| !data.is_empty());
    let mut tried = false;
    if let Some(given) = object(body, "configuration")? {
        let base = match put {
            Put::Merge => next.configuration.clone(),
            Put::Replace => next
                .configuration
                .iter()
                .filter(|(key, _)| behaviour::is_masked(element, key) || given.contains_key(*key))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
        };
        let after = merged(element, &base, &given, &platform.assumptions);
        let entry = crate::catalog::Catalog::embedded().element(element.key());
        tried = after.iter().any(|(key, value)| {
            let changes = next.configuration.get(key).unwrap_or(&None) != value;
            // Where the last try failed, the same credentials are worth another.
            let again = !next.valid && given.contains_key(key);
            crate::catalog::is_credential(entry, key) && (changes || again)
        });
        next.configuration = after;
    }
    let validate = tried && platform.assumptions.q9 == PatchedSecret::Validate;
    if provider_data.is_some() || sign_in_again || validate {
        if provider_data.is_some() {
            signs_in(
                &mut platform.state,
                element,
                &next.configuration,
                provider_data.as_ref(),
                &next.external_authentication,
            )
            .map_err(|message| Problem::vendor(400, message))?;
        }
        match check_with_vendor(element, &next.configuration) {
            Verdict::Accepted => next.valid = true,
            Verdict::Refused(message) => return Err(Problem::vendor(400, message)),
        }
        platform.state.counters.authentications += 1;
    }
    if let Some(Value::Bool(disabled)) = body.get("disabled")
        && platform.assumptions.q20 == DisabledInBody::Counts
    {
        next.disabled = *disabled;
    }
    *of(platform, id)? = next;
    Ok(())
}

/// A small Swagger of the instance (docs/platform.md#instance-docs).
fn docs(platform: &mut Platform, id: u64, more: &[&str]) -> Result<Answer, Problem> {
    let instance = of(platform, id)?;
    let operation = json!({
        "operationId": "getContacts",
        "summary": "Lists contacts",
        "responses": {"200": {"description": "The contacts"}},
    });
    match more {
        [] => Ok(Answer::ok(json!({
            "swagger": "2.0",
            "info": {"title": instance.element_key, "version": "1"},
            "basePath": super::super::request::BASE,
            "paths": {"/contacts": {"get": operation}},
        }))),
        ["getContacts"] => Ok(Answer::ok(operation)),
        ["getContacts", "definitions"] => Ok(Answer::ok(json!({"contacts": {"type": "object"}}))),
        _ => Err(Problem::missing("No documentation found")),
    }
}
