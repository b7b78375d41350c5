//! Organizations, users and accounts, as far as visibility needs them, and both ways to sign in
//! (docs/platform.md#accounts).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::visible::Call;
use crate::sandbox::platform::Platform;
use crate::sandbox::reply::{ApiError, ApiResponse, ApiResult, ok};
use crate::sandbox::request::ApiRequest;
use crate::sandbox::state::{PlatformState, User};

/// The id of the only account of an organization is the organization's id plus this.
const ACCOUNT: u64 = 10_000;
/// The password of every user.
const PASSWORD: &str = "sandbox";
const BEARER: &str = "sandbox-session-";

pub(super) fn dispatch(call: &Call<'_>, segments: &[&str]) -> ApiResult {
    let (state, caller) = (&call.platform.state, &call.caller.user);
    let user_json = |user: &User| {
        let mut value = json!({
            "id": user.id,
            "emailAddress": user.email,
            "firstName": "Sand",
            "lastName": "Box",
            "active": true,
        });
        if user.id == caller.id {
            value["secret"] = user.secret.as_str().into();
        }
        value
    };
    let users = state.users.iter();
    let mut own = users.filter(|user| user.organization == caller.organization);
    let account_id = caller.organization + ACCOUNT;
    let account = json!({
        "id": account_id,
        "name": "Default",
        "defaultAccount": true,
        "type": "Default",
        "active": true,
    });
    let this_account = |id: &str| id == account_id.to_string();
    let not_found = |message: &str| ApiError::not_found(message);
    ok(match (call.method, segments) {
        ("GET", ["organizations", "me"]) => {
            let organization = state
                .organization(caller.organization)
                .ok_or_else(|| not_found("No organization found"))?;
            json!({
                "id": organization.id,
                "name": organization.name,
                "createdDate": "2020-03-16T10:06:00Z",
            })
        }
        ("GET", ["users"]) => own.map(user_json).collect(),
        ("GET", ["users", "me"]) => own
            .find(|user| user.id == caller.id)
            .map(user_json)
            .ok_or_else(|| not_found("No user found"))?,
        ("GET", ["users", wanted]) => own
            .find(|user| user.email == *wanted || user.id.to_string() == *wanted)
            .map(user_json)
            .ok_or_else(|| not_found("No user found with that id"))?,
        ("GET", ["accounts"]) => json!([account]),
        ("GET", ["accounts", id]) if this_account(id) => account,
        ("GET", ["accounts", id, "users"]) if this_account(id) => own.map(user_json).collect(),
        ("GET", ["accounts", id, ..]) if id.parse::<u64>().is_ok() => {
            return Err(not_found(&format!("No account found with ID {id}")));
        }
        ("GET", _) => return Err(not_found("No resource found")),
        _ => return Err(ApiError::not_allowed()),
    })
}

/// The routes that return the secrets, and so need none.
pub(super) fn sign_in(platform: &Platform, request: &ApiRequest) -> Option<ApiResult> {
    let state = &platform.state;
    let old = !request.below_base;
    Some(match (request.method.as_str(), &request.segments()[..]) {
        ("POST", ["authentication"]) => request.object().and_then(|body| {
            let text = |name: &str| body.get(name).and_then(Value::as_str);
            let token = session(state, text("username"), text("password"))?;
            ok(json!({"token": token}))
        }),
        ("GET", ["authentication", "secrets"]) => {
            let session = request.bearer.as_deref();
            secrets(state, session, ["userSecret", "organizationSecret"])
        }
        ("POST", ["elements", "j_spring_security_check"]) if old => {
            let form: BTreeMap<_, _> = url::form_urlencoded::parse(&request.body).collect();
            let field = |name: &str| form.get(name).map(AsRef::as_ref);
            session(state, field("j_username"), field("j_password")).map(|token| {
                let cookie = format!("JSESSIONID={token}; Path=/; HttpOnly");
                ApiResponse::empty().with("set-cookie", cookie)
            })
        }
        ("GET", ["elements", "api-v1", "ui", "getSecrets"]) if old => {
            let cookie = request.cookie.as_deref();
            let session = cookie
                .and_then(|cookie| cookie.split("JSESSIONID=").nth(1))
                .and_then(|rest| rest.split(';').next());
            secrets(state, session, ["user", "company"])
        }
        _ => return None,
    })
}

/// The token of a new session.
fn session(state: &PlatformState, name: Option<&str>, password: Option<&str>) -> ApiResult<String> {
    let mut users = state.users.iter();
    users
        .find(|user| Some(user.email.as_str()) == name && password == Some(PASSWORD))
        .map(|user| format!("{BEARER}{}", user.id))
        .ok_or_else(|| ApiError::error(401, "Invalid username or password"))
}

fn secrets(state: &PlatformState, session: Option<&str>, names: [&str; 2]) -> ApiResult {
    let id = session.and_then(|session| session.strip_prefix(BEARER)?.parse().ok());
    let user = id.and_then(|id| state.user(id));
    let user = user.ok_or_else(ApiError::unauthorized)?;
    let organization = state
        .organization(user.organization)
        .ok_or_else(ApiError::unauthorized)?;
    let [own, company] = names;
    ok(json!({own: user.secret, company: organization.secret}))
}
