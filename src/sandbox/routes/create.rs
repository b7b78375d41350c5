//! `POST /instances` (docs/platform.md#create): not idempotent, names not unique, ids ascending by one.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::visible::{Caller, plain};
use crate::sandbox::assumptions::{DisabledInBody, FailedCreate, Name};
use crate::sandbox::behaviour::{
    self, Element, Parts, Verdict, check_with_vendor, find_by_key, find_element, merged,
    missing_required, resolve_element, signs_in, strip_markup,
};
use crate::sandbox::platform::Platform;
use crate::sandbox::reply::{Answer, Problem};
use crate::sandbox::request::Asked;
use crate::sandbox::state::Instance;

/// Creates an instance.
pub(super) fn instance(
    platform: &mut Platform,
    asked: &Asked,
    caller: &Caller,
    path_element: Option<&str>,
) -> Result<Answer, Problem> {
    let body = asked.object()?;
    // The copy ends the borrow: signing in takes note of used codes.
    let catalogue = platform.state.clone_elements();
    let element = element(&catalogue, &body, path_element)?;
    let name = name(platform, &body)?;
    let tags =
        behaviour::tags(&body, &name, &platform.assumptions)?.unwrap_or_else(|| vec![name.clone()]);
    let given = object(&body, "configuration")?.unwrap_or_default();
    let provider_data = object(&body, "providerData")?;
    let external = match body.get("externalAuthentication") {
        None | Some(Value::Null) => "none",
        Some(Value::String(text)) if matches!(text.as_str(), "none" | "initial") => text,
        Some(_) => {
            return Err(Problem::bad(
                "externalAuthentication must be none or initial",
            ));
        }
    };
    let configuration = merged(element, &BTreeMap::new(), &given, &platform.assumptions);
    let missing = missing_required(element, &configuration);
    if !missing.is_empty() {
        return Err(Problem::bad(format!(
            "The following configuration is required: {}",
            missing.join(", ")
        )));
    }
    let vendor = signs_in(
        &mut platform.state,
        element,
        &configuration,
        provider_data.as_ref(),
        external,
    )
    .map_or_else(Verdict::Refused, |()| {
        check_with_vendor(element, &configuration)
    });
    let refused = match vendor {
        Verdict::Accepted => None,
        Verdict::Refused(message) => Some(Problem::vendor(400, message)),
    };
    if let Some(problem) = refused {
        if platform.assumptions.q15 == FailedCreate::Nothing {
            return Err(problem);
        }
        keep(
            platform,
            caller,
            element,
            name,
            tags,
            configuration,
            external,
            false,
        );
        return Err(problem);
    }
    platform.state.counters.authentications += 1;
    let id = keep(
        platform,
        caller,
        element,
        name,
        tags,
        configuration,
        external,
        true,
    );
    if body.get("disabled") == Some(&Value::Bool(true))
        && platform.assumptions.q20 == DisabledInBody::Counts
        && let Some(instance) = platform.state.instances.get_mut(&id)
    {
        instance.disabled = true;
    }
    let state = &platform.state;
    let Some(instance) = state.instances.get(&id) else {
        return Err(Problem::new(500, "The instance was not kept"));
    };
    let mut answer = behaviour::instance(state, instance, Parts::ALL, &platform.assumptions, None);
    if body.get("retrieveObjectsAfterInstantiation") == Some(&Value::Bool(true)) {
        answer["objects"] = json!([
            {"name": "contacts", "vendorName": "contacts", "type": "vendor"},
            {"name": "accounts", "vendorName": "accounts", "type": "vendor"},
        ]);
    }
    Ok(Answer::ok(answer))
}

#[expect(
    clippy::too_many_arguments,
    reason = "the parts of one record, each of another type, at its only place of birth"
)]
fn keep(
    platform: &mut Platform,
    caller: &Caller,
    element: Element<'_>,
    name: String,
    tags: Vec<String>,
    configuration: BTreeMap<String, Option<String>>,
    external: &str,
    valid: bool,
) -> u64 {
    let state = &mut platform.state;
    let id = state.next_id;
    state.next_id += 1;
    state.counters.creates += 1;
    let instance = Instance {
        id,
        owner: caller.user,
        organization: caller.organization,
        name,
        element: element.id(),
        element_key: element.key().to_owned(),
        token: state.random.token(),
        tags,
        configuration,
        valid,
        disabled: false,
        deleted: false,
        trace_logging: false,
        external_authentication: external.to_owned(),
        created_ms: platform.now_ms,
        listed_from_ms: platform
            .now_ms
            .saturating_add(platform.faults.list_lag_ms()),
    };
    state.instances.insert(id, instance);
    id
}

fn element<'a>(
    catalogue: &'a crate::sandbox::state::State,
    body: &Map<String, Value>,
    path_element: Option<&str>,
) -> Result<Element<'a>, Problem> {
    let missing = |key: &str| Problem::missing(format!("No element found with key {}", plain(key)));
    if let Some(key) = path_element {
        return resolve_element(catalogue, key).ok_or_else(|| missing(key));
    }
    let Some(Value::Object(given)) = body.get("element") else {
        return Err(Problem::bad("element is required, with a key or an id"));
    };
    match (given.get("id"), given.get("key")) {
        (Some(id), _) if id.is_u64() => {
            let id = id.as_u64().unwrap_or_default();
            find_element(catalogue, id).ok_or_else(|| missing(&id.to_string()))
        }
        (_, Some(Value::String(key))) => find_by_key(catalogue, key).ok_or_else(|| missing(key)),
        _ => Err(Problem::bad("element is required, with a key or an id")),
    }
}

fn name(platform: &Platform, body: &Map<String, Value>) -> Result<String, Problem> {
    match body.get("name") {
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(strip_markup(text)),
        None | Some(Value::Null) if platform.assumptions.q13 == Name::Optional => {
            Ok("Unnamed".to_owned())
        }
        _ => Err(Problem::bad("name is required")),
    }
}

/// A member that must be an object where it is there.
pub(super) fn object(
    body: &Map<String, Value>,
    name: &str,
) -> Result<Option<Map<String, Value>>, Problem> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(members)) => Ok(Some(members.clone())),
        Some(_) => Err(Problem::bad(format!("{name} must be an object"))),
    }
}
