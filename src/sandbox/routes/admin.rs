//! `/_sandbox`: the operator's view, and edits behind the tool's back. No platform has it.

use serde_json::{Value, json};

use crate::sandbox::assumptions::Assumptions;
use crate::sandbox::behaviour::value;
use crate::sandbox::fault_spec::Fault;
use crate::sandbox::faults::Faults;
use crate::sandbox::platform::{Platform, admin_reply};
use crate::sandbox::reply::Reply;
use crate::sandbox::request::Asked;

/// Answers, where the path is an admin route.
pub(in crate::sandbox) fn handle(
    platform: &mut Platform,
    asked: &Asked,
    _request_id: &str,
) -> Option<Reply> {
    let segments: Vec<&str> = asked.segments.iter().map(String::as_str).collect();
    let ["_sandbox", rest @ ..] = &segments[..] else {
        return None;
    };
    if asked.below_base {
        return None;
    }
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or(Value::Null);
    let ok = |body: Value| Some(admin_reply(200, body, false));
    let bad = |message: String| Some(admin_reply(400, json!({"message": message}), false));
    match (asked.method.as_str(), rest) {
        ("GET", ["assumptions" | "readings"]) => ok(assumptions(&platform.assumptions)),
        ("PUT", ["assumptions" | "readings"]) => {
            let mut next = Assumptions::default();
            for (question, answer) in body.as_object().into_iter().flatten() {
                let assumption = format!("{question}={}", answer.as_str().unwrap_or_default());
                if let Err(error) = next.set(&assumption) {
                    return bad(error.to_string());
                }
            }
            platform.assumptions = next;
            ok(assumptions(&platform.assumptions))
        }
        ("GET", ["faults"]) => ok(faults(&platform.faults)),
        ("PUT" | "POST", ["faults"]) => {
            let given = match &body {
                Value::Array(items) => items.clone(),
                Value::String(_) => vec![body.clone()],
                _ => return bad("a list of faults is expected".to_owned()),
            };
            let mut parsed = Vec::new();
            for item in given {
                match Fault::parse(item.as_str().unwrap_or_default()) {
                    Ok(fault) => parsed.push(fault),
                    Err(error) => return bad(error.to_string()),
                }
            }
            if asked.method == "PUT" {
                platform.faults = Faults::new(parsed);
            } else {
                parsed
                    .into_iter()
                    .for_each(|fault| platform.faults.add(fault));
            }
            ok(faults(&platform.faults))
        }
        ("DELETE", ["faults"]) => {
            platform.faults = Faults::default();
            ok(faults(&platform.faults))
        }
        ("GET", ["requests"]) => ok(platform.requests.clone().into()),
        ("DELETE", ["requests"]) => {
            platform.requests.clear();
            ok(json!([]))
        }
        ("GET", ["state"]) => ok(state(platform)),
        ("PATCH", ["instances", id]) => Some(edit(platform, id, &body)),
        ("DELETE", ["instances", id]) => {
            let known = id
                .parse()
                .ok()
                .and_then(|id: u64| platform.state.instances.get_mut(&id));
            Some(match known {
                Some(instance) => {
                    instance.deleted = true;
                    admin_reply(200, json!({}), true)
                }
                None => admin_reply(404, json!({"message": "no such instance"}), false),
            })
        }
        ("GET", ["users"]) => ok(users(platform)),
        _ => Some(admin_reply(
            404,
            json!({"message": "admin routes are: assumptions, faults, requests, state, users, instances/{id}"}),
            false,
        )),
    }
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

/// Counts and instances, without a token or a value of configuration.
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

/// The credentials of every user: it is a sandbox, and tests of visibility need them.
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

fn edit(platform: &mut Platform, id: &str, body: &Value) -> Reply {
    let Some(instance) = id
        .parse()
        .ok()
        .and_then(|id: u64| platform.state.instances.get_mut(&id))
    else {
        return admin_reply(404, json!({"message": "no such instance"}), false);
    };
    let Value::Object(members) = body else {
        return admin_reply(400, json!({"message": "an object is expected"}), false);
    };
    for (name, given) in members {
        let done = match (name.as_str(), given) {
            ("name", Value::String(text)) => {
                instance.name.clone_from(text);
                true
            }
            ("tags", Value::Array(items)) => {
                let texts = items.iter().filter_map(Value::as_str).map(str::to_owned);
                instance.tags = texts.collect();
                true
            }
            ("valid", Value::Bool(flag)) => {
                instance.valid = *flag;
                true
            }
            ("disabled", Value::Bool(flag)) => {
                instance.disabled = *flag;
                true
            }
            ("deleted", Value::Bool(flag)) => {
                instance.deleted = *flag;
                true
            }
            ("owner", Value::Number(number)) => {
                instance.owner = number.as_u64().unwrap_or(instance.owner);
                true
            }
            ("configuration", Value::Object(values)) => {
                for (key, given) in values {
                    instance.configuration.insert(key.clone(), value(given));
                }
                true
            }
            _ => false,
        };
        if !done {
            let known = "known are name, tags, valid, disabled, deleted, owner, configuration";
            return admin_reply(400, json!({"message": known}), false);
        }
    }
    admin_reply(200, json!({}), true)
}
