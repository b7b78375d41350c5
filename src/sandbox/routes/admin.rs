//! `/_sandbox`: the operator's view, and edits outside the API. No platform has it.

use serde_json::{Value, json};

use crate::sandbox::assumptions::Assumptions;
use crate::sandbox::behaviour::value;
use crate::sandbox::fault_spec::Fault;
use crate::sandbox::faults::Faults;
use crate::sandbox::platform::Platform;
use crate::sandbox::reply::{ApiError, ApiResult, Reply};
use crate::sandbox::request::ApiRequest;
use crate::sandbox::request_log::RequestLog;
use crate::sandbox::state::{PlatformState, StoredInstance, User};

const ROUTES: &str = "expected one of the admin routes: assumptions, faults, requests, state, users, users/{id}, organizations/{id}/secret, instances/{id}";
const MEMBERS: &str = "expected only name, tags, valid, disabled, deleted, owner and configuration";

/// Answers if the path is an admin route.
pub(in crate::sandbox) fn handle(platform: &mut Platform, request: &ApiRequest) -> Option<Reply> {
    let segments = request.segments();
    let ["_sandbox", rest @ ..] = &segments[..] else {
        return None;
    };
    if request.below_base || !platform.has_admin {
        return None;
    }
    if let Err(error) = is_operator(platform, request) {
        return Some(Reply::admin(Err(error)));
    }
    let method = request.method.as_str();
    let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
    let result = dispatch(platform, method, rest, &body);
    // Assumptions, faults and requests are not part of the state.
    let stored = matches!(rest, ["instances" | "users" | "organizations", ..]);
    Some(Reply {
        changed: stored && method != "GET" && result.is_ok(),
        ..Reply::admin(result)
    })
}

/// A page in a browser never is: whatever it sends has its origin.
fn is_operator(platform: &Platform, request: &ApiRequest) -> ApiResult<()> {
    if request.has_origin {
        return Err(ApiError::error(
            403,
            "the admin routes are not for web pages",
        ));
    }
    let hash = |token: &str| blake3::hash(token.as_bytes());
    let given = request.bearer.as_deref().map(hash);
    // The comparison of two hashes takes the same time wherever they differ.
    if given == Some(hash(&platform.admin_token())) {
        return Ok(());
    }
    let message = "expected `Authorization: Bearer TOKEN` with the token that the sandbox printed";
    Err(ApiError::error(401, message))
}

fn dispatch(
    platform: &mut Platform,
    method: &str,
    rest: &[&str],
    body: &Value,
) -> ApiResult<Value> {
    match (method, rest) {
        ("GET", ["assumptions" | "readings" | "faults" | "requests"]) => {}
        ("PUT", ["assumptions" | "readings"]) => platform.assumptions = assumed(body)?,
        ("PUT", ["faults"]) => platform.faults = injected(body)?,
        ("POST", ["faults"]) => platform.faults.add(injected(body)?),
        ("DELETE", ["faults"]) => platform.faults = Faults::default(),
        ("DELETE", ["requests"]) => platform.requests = RequestLog::default(),
        ("GET", ["state"]) => return Ok(state(&platform.state)),
        ("GET", ["users"]) => return Ok(users(&platform.state)),
        ("PATCH" | "DELETE", ["instances", id]) => {
            let id: Option<u64> = id.parse().ok();
            let known = id.and_then(|id| platform.state.instances.get(&id));
            let known = known.ok_or_else(|| ApiError::not_found("instance not found"))?;
            let next = match method {
                "PATCH" => edited(known, body)?,
                _ => edited(known, &json!({"deleted": true}))?,
            };
            platform.replace(next);
            return Ok(json!({}));
        }
        ("PATCH", ["users", id]) => return set_role(&mut platform.state, id, body),
        ("POST", ["organizations", id, "secret"]) => return rotate(&mut platform.state, id),
        _ => return Err(ApiError::not_found(ROUTES)),
    }
    Ok(match rest {
        ["faults"] => platform.faults.to_json(),
        ["requests"] => platform.requests.to_json(),
        _ => platform.assumptions.answers(),
    })
}

fn expected(what: impl ToString) -> ApiError {
    ApiError::bad_request(what.to_string())
}

/// Whether a user sees the instances of others in the account.
fn set_role(state: &mut PlatformState, id: &str, body: &Value) -> ApiResult<Value> {
    let sees_account = body["seesAccount"]
        .as_bool()
        .ok_or_else(|| expected(r#"expected {"seesAccount": true} or false"#))?;
    let mut users = state.users.iter_mut();
    let user = users.find(|user| user.id.to_string() == id);
    user.ok_or_else(|| expected("user not found"))?.sees_account = sees_account;
    Ok(json!({}))
}

/// A new organization secret; the old one is invalid from now on.
fn rotate(state: &mut PlatformState, id: &str) -> ApiResult<Value> {
    let secret = state.random.organization_secret();
    let mut organizations = state.organizations.iter_mut();
    let organization = organizations.find(|organization| organization.id.to_string() == id);
    let organization = organization.ok_or_else(|| expected("organization not found"))?;
    organization.secret.clone_from(&secret);
    Ok(json!({"organizationSecret": secret}))
}

fn assumed(body: &Value) -> ApiResult<Assumptions> {
    let mut next = Assumptions::default();
    for (question, answer) in body.as_object().into_iter().flatten() {
        let assumption = format!("{question}={}", answer.as_str().unwrap_or_default());
        next.set(&assumption).map_err(expected)?;
    }
    Ok(next)
}

fn injected(body: &Value) -> ApiResult<Faults> {
    let specs = match body {
        Value::Array(items) => items.as_slice(),
        Value::String(_) => std::slice::from_ref(body),
        _ => return Err(expected("expected a list of faults")),
    };
    let parsed: Result<Vec<Fault>, _> = specs
        .iter()
        .map(|spec| Fault::parse(spec.as_str().unwrap_or_default()))
        .collect();
    parsed.map(Faults::new).map_err(expected)
}

/// Counters and instances, without tokens and configuration values.
fn state(state: &PlatformState) -> Value {
    let instance = |instance: &StoredInstance| {
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
    };
    let instances: Vec<Value> = state.instances.values().map(instance).collect();
    json!({"counters": state.counters, "instances": instances})
}

/// The credentials of every user, which tests of visibility need.
fn users(state: &PlatformState) -> Value {
    let user = |user: &User| {
        let organization = state.organization(user.organization);
        json!({
            "id": user.id,
            "email": user.email,
            "organization": user.organization,
            "userSecret": user.secret,
            "organizationSecret": organization.map(|organization| &organization.secret),
        })
    };
    state.users.iter().map(user).collect()
}

fn edited(instance: &StoredInstance, body: &Value) -> ApiResult<StoredInstance> {
    let members = body
        .as_object()
        .ok_or_else(|| expected("expected an object"))?;
    let mut next = json!(instance);
    for (name, given) in members {
        match (name.as_str(), given) {
            ("name" | "tags" | "valid" | "disabled" | "deleted" | "owner", _) => {
                next[name] = given.clone();
            }
            ("configuration", Value::Object(values)) => {
                for (key, given) in values {
                    next[name][key] = value(given).into();
                }
            }
            _ => return Err(expected(MEMBERS)),
        }
    }
    serde_json::from_value(next).map_err(|_| expected(MEMBERS))
}
