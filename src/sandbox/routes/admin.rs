//! `/_sandbox`: the operator's view, and edits outside the API. No platform has it.

use serde_json::{Value, json};

use crate::sandbox::assumptions::Assumptions;
use crate::sandbox::behaviour::value;
use crate::sandbox::fault_spec::Fault;
use crate::sandbox::faults::Faults;
use crate::sandbox::platform::Platform;
use crate::sandbox::reply::Reply;
use crate::sandbox::request::ApiRequest;
use crate::sandbox::state::StoredInstance;

const ROUTES: &str = "expected one of the admin routes: assumptions, faults, requests, state, users, users/{id}, organizations/{id}/secret, instances/{id}";
const MEMBERS: &str = "expected only name, tags, valid, disabled, deleted, owner and configuration";

/// What an admin route returns; the error is the message of a 400.
type AdminResult = Result<Value, String>;

/// Answers if the path is an admin route.
pub(in crate::sandbox) fn handle(platform: &mut Platform, request: &ApiRequest) -> Option<Reply> {
    let segments = request.segments();
    let ["_sandbox", rest @ ..] = &segments[..] else {
        return None;
    };
    if request.below_base {
        return None;
    }
    let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
    let method = request.method.as_str();
    let reply = |result: AdminResult| match result {
        Ok(body) => Reply::admin(200, &body),
        Err(message) => Reply::admin(400, &json!({"message": message})),
    };
    let changed = |result: AdminResult| Reply {
        changed: result.is_ok(),
        ..reply(result)
    };
    Some(match (method, rest) {
        ("GET", ["assumptions" | "readings"]) => reply(Ok(assumptions(&platform.assumptions))),
        ("PUT", ["assumptions" | "readings"]) => reply(assume(platform, &body)),
        ("GET", ["faults"]) => reply(Ok(faults(&platform.faults))),
        ("PUT" | "POST", ["faults"]) => reply(inject(platform, &body, method == "PUT")),
        ("DELETE", ["faults"]) => {
            platform.faults = Faults::default();
            reply(Ok(faults(&platform.faults)))
        }
        ("GET", ["requests"]) => reply(Ok(platform.requests.to_json())),
        ("DELETE", ["requests"]) => {
            platform.requests.clear();
            reply(Ok(json!([])))
        }
        ("GET", ["state"]) => reply(Ok(state(platform))),
        ("GET", ["users"]) => reply(Ok(users(platform))),
        ("PATCH" | "DELETE", ["instances", id]) => {
            let id: Option<u64> = id.parse().ok();
            let known = id.and_then(|id| platform.state.instances.get(&id));
            let Some(mut next) = known.cloned() else {
                return Some(Reply::admin(404, &json!({"message": "no such instance"})));
            };
            let result = match method {
                "PATCH" => edit(&mut next, &body),
                _ => edit(&mut next, &json!({"deleted": true})),
            };
            if result.is_ok() {
                platform.replace(next);
            }
            changed(result)
        }
        ("PATCH", ["users", id]) => changed(set_role(platform, id, &body)),
        ("POST", ["organizations", id, "secret"]) => changed(rotate(platform, id)),
        _ => Reply::admin(404, &json!({"message": ROUTES})),
    })
}

/// Whether a user sees the instances of others in the account.
fn set_role(platform: &mut Platform, id: &str, body: &Value) -> AdminResult {
    let sees_account = body["seesAccount"]
        .as_bool()
        .ok_or(r#"expected {"seesAccount": true} or false"#)?;
    let mut users = platform.state.users.iter_mut();
    let user = users.find(|user| user.id.to_string() == id);
    user.ok_or("no such user")?.sees_account = sees_account;
    Ok(json!({}))
}

/// A new organization secret; the old one is invalid from now on.
fn rotate(platform: &mut Platform, id: &str) -> AdminResult {
    let secret = platform.state.random.organization_secret();
    let mut organizations = platform.state.organizations.iter_mut();
    let organization = organizations.find(|organization| organization.id.to_string() == id);
    organization
        .ok_or("no such organization")?
        .secret
        .clone_from(&secret);
    Ok(json!({"organizationSecret": secret}))
}

fn assume(platform: &mut Platform, body: &Value) -> AdminResult {
    let mut next = Assumptions::default();
    for (question, answer) in body.as_object().into_iter().flatten() {
        let assumption = format!("{question}={}", answer.as_str().unwrap_or_default());
        next.set(&assumption).map_err(|error| error.to_string())?;
    }
    platform.assumptions = next;
    Ok(assumptions(&platform.assumptions))
}

fn inject(platform: &mut Platform, body: &Value, replace: bool) -> AdminResult {
    let specs = match body {
        Value::Array(items) => items.as_slice(),
        Value::String(_) => std::slice::from_ref(body),
        _ => return Err("expected a list of faults".to_owned()),
    };
    let parsed = specs
        .iter()
        .map(|spec| Fault::parse(spec.as_str().unwrap_or_default()))
        .collect::<Result<Vec<Fault>, _>>()
        .map_err(|error| error.to_string())?;
    if replace {
        platform.faults = Faults::default();
    }
    parsed
        .into_iter()
        .for_each(|fault| platform.faults.add(fault));
    Ok(faults(&platform.faults))
}

fn assumptions(assumptions: &Assumptions) -> Value {
    assumptions
        .answers()
        .into_iter()
        .map(|(question, answer)| (question.to_owned(), Value::from(answer)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn faults(faults: &Faults) -> Value {
    faults
        .list()
        .map(|(spec, met)| json!({"fault": spec, "matched": met}))
        .collect()
}

/// Counters and instances, without tokens and configuration values.
fn state(platform: &Platform) -> Value {
    let instances: Vec<Value> = platform
        .state
        .instances
        .values()
        .map(|instance| {
            json!({
                "id": instance.id,
                "name": instance.name,
                "element": instance.element_key,
                "tags": instance.tags,
                "owner": instance.owner,
                "valid": instance.valid,
                "disabled": instance.disabled,
                "deleted": instance.deleted,
                "createdMs": instance.created_ms,
            })
        })
        .collect();
    json!({"counters": platform.state.counters, "instances": instances})
}

/// The credentials of every user, which tests of visibility need.
fn users(platform: &Platform) -> Value {
    platform
        .state
        .users
        .iter()
        .map(|user| {
            let organization = platform
                .state
                .organizations
                .iter()
                .find(|organization| organization.id == user.organization)
                .map(|organization| organization.secret.as_str());
            json!({
                "id": user.id,
                "email": user.email,
                "organization": user.organization,
                "userSecret": user.secret,
                "organizationSecret": organization,
            })
        })
        .collect()
}

fn edit(instance: &mut StoredInstance, body: &Value) -> AdminResult {
    let Value::Object(members) = body else {
        return Err("expected an object".to_owned());
    };
    for (name, given) in members {
        match (name.as_str(), given) {
            ("name", Value::String(text)) => instance.name.clone_from(text),
            ("tags", Value::Array(items)) => {
                let texts = items.iter().filter_map(Value::as_str).map(str::to_owned);
                instance.tags = texts.collect();
            }
            ("valid", Value::Bool(flag)) => instance.valid = *flag,
            ("disabled", Value::Bool(flag)) => instance.disabled = *flag,
            ("deleted", Value::Bool(flag)) => instance.deleted = *flag,
            ("owner", Value::Number(number)) => {
                instance.owner = number.as_u64().unwrap_or(instance.owner);
            }
            ("configuration", Value::Object(values)) => {
                for (key, given) in values {
                    instance.configuration.insert(key.clone(), value(given));
                }
            }
            _ => return Err(MEMBERS.to_owned()),
        }
    }
    Ok(json!({}))
}
