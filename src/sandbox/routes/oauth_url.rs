//! Where a person signs in to the vendor (docs/platform.md#catalogue): the URL, and what the platform needs later.
//! Must not: sign in.

use serde_json::{Map, Value, json};

use crate::sandbox::behaviour::find_element;
use crate::sandbox::platform::Platform;
use crate::sandbox::reply::{ApiError, ApiResult, ok};
use crate::sandbox::request::ApiRequest;

/// Members of the request that the answer has, too.
const ECHOED: [&str; 3] = ["scope", "siteAddress", "requestToken"];

/// `…/oauth/url`, by query or body, and `…/oauth/url/default`, with the platform's own app.
pub(super) fn answer(
    platform: &mut Platform,
    request: &ApiRequest,
    element: u64,
    rest: &[&str],
) -> ApiResult {
    let state = &mut platform.state;
    let element = find_element(&state.own_elements, element);
    let element = element.ok_or_else(|| ApiError::not_found("No element found"))?;
    let method = request.method.as_str();
    let body = match method {
        "POST" => request.object()?,
        "GET" => Map::new(),
        _ => return Err(ApiError::not_allowed()),
    };
    let text = |name: &str| match method {
        "POST" => body.get(name).and_then(Value::as_str),
        _ => request.parameter(name),
    };
    let (key, callback) = match (rest, text("apiKey"), text("apiSecret"), text("callbackUrl")) {
        ([_, _, "default"], ..) => ("default", ""),
        ([_, _], Some(key), Some(_), Some(callback)) => (key, callback),
        ([_, _], ..) => {
            let message = "apiKey, apiSecret and callbackUrl are required";
            return Err(ApiError::bad_request(message));
        }
        _ => return Err(ApiError::no_such_path()),
    };
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("response_type", "code")
        .append_pair("client_id", key)
        .append_pair("redirect_uri", callback)
        .append_pair("state", text("state").unwrap_or(&element.key));
    for (name, parameter) in [("scope", "scope"), ("requestToken", "oauth_token")] {
        if let Some(value) = text(name) {
            query.append_pair(parameter, value);
        }
    }
    let site = text("siteAddress").unwrap_or("login");
    let mut configuration = Map::new();
    if element.authentication == "oauth1" {
        configuration.insert("secret".to_owned(), state.random.token().into());
    }
    let mut answer = json!({
        "element": element.key,
        "oauthUrl": format!(
            "https://{site}.example.com/{}/authorize?{}",
            element.key,
            query.finish()
        ),
        "configuration": configuration,
    });
    for name in ECHOED {
        if let Some(value) = text(name) {
            answer[name] = value.into();
        }
    }
    ok(answer)
}
