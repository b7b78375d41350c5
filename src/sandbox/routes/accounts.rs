//! Organizations, users and accounts, as far as visibility needs them, and both ways to sign in
//! (docs/platform.md#accounts).

use serde_json::{Value, json};

use super::visible::Caller;
use crate::sandbox::platform::Platform;
use crate::sandbox::reply::{ApiError, ApiResponse};
use crate::sandbox::request::ApiRequest;
use crate::sandbox::state::User;

/// The id of the only account of an organization is the organization's id plus this.
const ACCOUNT: u64 = 10_000;
/// The password of every user.
const PASSWORD: &str = "sandbox";
const BEARER: &str = "sandbox-session-";

pub(super) fn dispatch(
    platform: &Platform,
    method: &str,
    caller: &Caller,
    segments: &[&str],
) -> Result<ApiResponse, ApiError> {
    let state = &platform.state;
    let user_json = |user: &User| {
        let mut value = json!({
            "id": user.id,
            "emailAddress": user.email,
            "firstName": "Sand",
            "lastName": "Box",
            "active": true,
        });
        if user.id == caller.user {
            value["secret"] = user.secret.as_str().into();
        }
        value
    };
    let own = || {
        state
            .users
            .iter()
            .filter(|user| user.organization == caller.organization)
    };
    let account = json!({
        "id": caller.organization + ACCOUNT,
        "name": "Default",
        "defaultAccount": true,
        "type": "Default",
        "active": true,
    });
    let this_account = |id: &str| id == (caller.organization + ACCOUNT).to_string();
    match (method, segments) {
        ("GET", ["organizations", "me"]) => {
            let organization = state
                .organizations
                .iter()
                .find(|organization| organization.id == caller.organization)
                .ok_or_else(|| ApiError::not_found("No organization found"))?;
            Ok(ApiResponse::ok(json!({
                "id": organization.id,
                "name": organization.name,
                "createdDate": "2020-03-16T10:06:00Z",
            })))
        }
        ("GET", ["users"]) => Ok(ApiResponse::ok(own().map(user_json).collect())),
        ("GET", ["users", "me"]) => own()
            .find(|user| user.id == caller.user)
            .map(|user| ApiResponse::ok(user_json(user)))
            .ok_or_else(|| ApiError::not_found("No user found")),
        ("GET", ["users", wanted]) => own()
            .find(|user| user.email == *wanted || user.id.to_string() == *wanted)
            .map(|user| ApiResponse::ok(user_json(user)))
            .ok_or_else(|| ApiError::not_found("No user found with that id")),
        ("GET", ["accounts"]) => Ok(ApiResponse::ok(json!([account]))),
        ("GET", ["accounts", id]) if this_account(id) => Ok(ApiResponse::ok(account)),
        ("GET", ["accounts", id, "users"]) if this_account(id) => {
            Ok(ApiResponse::ok(own().map(user_json).collect()))
        }
        ("GET", ["accounts", id, ..]) if id.parse::<u64>().is_ok() => Err(ApiError::not_found(
            format!("No account found with ID {id}"),
        )),
        ("GET", _) => Err(ApiError::not_found("No resource found")),
        _ => Err(ApiError::not_allowed()),
    }
}

/// The routes that return the secrets, and so need none.
pub(super) fn sign_in(
    platform: &Platform,
    request: &ApiRequest,
) -> Option<Result<ApiResponse, ApiError>> {
    match (request.method.as_str(), &request.segments()[..]) {
        ("POST", ["authentication"]) => Some(request.object().and_then(|body| {
            let text = |name: &str| body.get(name).and_then(Value::as_str);
            let user = find(platform, text("username"), text("password"))?;
            Ok(ApiResponse::ok(
                json!({"token": format!("{BEARER}{}", user.id)}),
            ))
        })),
        ("GET", ["authentication", "secrets"]) => {
            let bearer = request
                .bearer
                .as_deref()
                .and_then(|token| token.strip_prefix(BEARER));
            let user = platform
                .state
                .users
                .iter()
                .find(|user| Some(user.id.to_string().as_str()) == bearer);
            Some(secrets(
                platform,
                user,
                ["userSecret", "organizationSecret"],
            ))
        }
        ("POST", ["elements", "j_spring_security_check"]) if !request.below_base => {
            let form: Vec<(String, String)> = url::form_urlencoded::parse(&request.body)
                .into_owned()
                .collect();
            let field = |name: &str| {
                form.iter()
                    .find(|(own, _)| own == name)
                    .map(|(_, value)| value.as_str())
            };
            Some(
                find(platform, field("j_username"), field("j_password")).map(|user| {
                    let cookie = format!("JSESSIONID={BEARER}{}; Path=/; HttpOnly", user.id);
                    ApiResponse::empty().with("set-cookie", cookie)
                }),
            )
        }
        ("GET", ["elements", "api-v1", "ui", "getSecrets"]) if !request.below_base => {
            let session = request
                .cookie
                .as_deref()
                .and_then(|cookie| cookie.split("JSESSIONID=").nth(1))
                .and_then(|rest| rest.split(';').next())
                .and_then(|session| session.strip_prefix(BEARER));
            let user = platform
                .state
                .users
                .iter()
                .find(|user| Some(user.id.to_string().as_str()) == session);
            Some(secrets(platform, user, ["user", "company"]))
        }
        _ => None,
    }
}

fn find<'p>(
    platform: &'p Platform,
    name: Option<&str>,
    password: Option<&str>,
) -> Result<&'p User, ApiError> {
    platform
        .state
        .users
        .iter()
        .find(|user| Some(user.email.as_str()) == name && password == Some(PASSWORD))
        .ok_or_else(|| ApiError::new(401, "Invalid username or password"))
}

fn secrets(
    platform: &Platform,
    user: Option<&User>,
    names: [&str; 2],
) -> Result<ApiResponse, ApiError> {
    let user = user.ok_or_else(ApiError::unauthorized)?;
    let organization = platform
        .state
        .organizations
        .iter()
        .find(|organization| organization.id == user.organization)
        .ok_or_else(ApiError::unauthorized)?;
    let [own, company] = names;
    Ok(ApiResponse::ok(
        json!({own: user.secret, company: organization.secret}),
    ))
}
