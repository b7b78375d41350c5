//! The catalogue of elements (docs/platform.md#catalogue).

use serde_json::{Map, Value, json};

use super::own_elements;
use super::page::{self, Position};
use super::visible::Call;
use crate::sandbox::assumptions::PageToken;
use crate::sandbox::behaviour::{find_by_key, known_elements, resolve_element};
use crate::sandbox::platform::Platform;
use crate::sandbox::reply::{ApiError, ApiResponse, ApiResult, ok};
use crate::sandbox::request::ApiRequest;
use crate::sandbox::state::Element;

pub(super) fn dispatch(call: &mut Call<'_>, rest: &[&str]) -> ApiResult {
    let (platform, request) = (&mut *call.platform, call.request);
    let [key, more @ ..] = rest else {
        return match call.method {
            "GET" => list(platform, request),
            "POST" => own_elements::create(platform, request),
            _ => Err(ApiError::not_allowed()),
        };
    };
    let own = &platform.state.own_elements;
    match (call.method, rest) {
        ("GET", ["keys"]) => {
            let all = known_elements().chain(own.values());
            return page(request, all.map(|element| element.key.as_str().into()));
        }
        ("GET", ["metadata"]) => {
            let all = known_elements();
            return page(
                request,
                all.map(|element| metadata(platform, element, false)),
            );
        }
        _ => {}
    }
    let element = resolve_element(own, key)?;
    ok(match (call.method, more) {
        ("GET", [] | ["export"]) => element.whole(),
        ("GET", ["configuration"]) => json!({
            "configuration": element.configuration(),
            "authentication": {"type": element.authentication},
        }),
        ("GET", ["metadata"]) => {
            let expanded = request.flag("expand") == Some(true);
            metadata(platform, element, expanded)
        }
        ("GET", ["authentication-types"]) => json!([{"type": element.authentication}]),
        ("GET", ["authentication-types", _, "configurations"]) => element.configuration(),
        ("GET", ["docs"]) => json!({
            "swagger": "2.0",
            "info": {"title": element.name, "version": "1"},
            "paths": {},
        }),
        ("GET", ["transformations"]) => {
            return Err(ApiError::not_found("No transformations found"));
        }
        ("GET", ["oauth", "url", "default"]) => oauth_url(element, "default", "", None),
        ("GET" | "POST", ["oauth", "url"]) => {
            let body = match call.method {
                "POST" => request.object()?,
                _ => Map::new(),
            };
            let text = |name: &str| match call.method {
                "POST" => body.get(name).and_then(Value::as_str),
                _ => request.parameter(name),
            };
            let (Some(key), Some(_), Some(callback)) =
                (text("apiKey"), text("apiSecret"), text("callbackUrl"))
            else {
                return Err(ApiError::bad_request(
                    "apiKey, apiSecret and callbackUrl are required",
                ));
            };
            oauth_url(element, key, callback, text("state"))
        }
        ("GET", ["oauth", "token"]) if element.authentication == "oauth1" => {
            let random = &mut platform.state.random;
            json!({"token": random.token(), "secret": random.token()})
        }
        ("GET", ["oauth", "token"]) => {
            return Err(ApiError::bad_request("The element does not use OAuth 1"));
        }
        _ => {
            let id = element.id;
            return own_elements::dispatch(call, id, more);
        }
    })
}

fn list(platform: &Platform, request: &ApiRequest) -> ApiResult {
    let clause = request.parameter("where").unwrap_or_default();
    let own = &platform.state.own_elements;
    let found: Vec<&Element> = match wanted_keys(clause) {
        _ if clause.contains("private='true'") => own.values().collect(),
        _ if clause.contains("extended='true'") => Vec::new(),
        Some(keys) => keys.filter_map(|key| find_by_key(own, key)).collect(),
        None => known_elements().chain(own.values()).collect(),
    };
    if found.is_empty() {
        return Err(ApiError::not_found("No elements found"));
    }
    let shape = match clause.contains("abridged='true'") {
        true => Element::embedded,
        false => Element::whole,
    };
    page(request, found.into_iter().map(shape))
}

/// The keys of `key = 'a'` or `key in ('a','b')`.
fn wanted_keys(clause: &str) -> Option<impl Iterator<Item = &str>> {
    let rest = clause.trim().strip_prefix("key")?.trim_start();
    let rest = rest.strip_prefix('=').or_else(|| rest.strip_prefix("in"))?;
    let keys = rest.split(',');
    let keys = keys.map(|part| part.trim_matches(|c: char| "(' )\"".contains(c)));
    Some(keys.filter(|key| !key.is_empty()))
}

fn page(request: &ApiRequest, all: impl Iterator<Item = Value>) -> ApiResult {
    let size = page::requested_size(request)?.min(page::MAX_SIZE);
    let start = Position::of(request)?.skipped(std::iter::empty());
    let all: Vec<Value> = all.collect();
    let total = all.len();
    let part: Vec<Value> = all.into_iter().skip(start).take(size).collect();
    let returned = part.len();
    let mut response = ApiResponse::new(part.into())
        .with("elements-returned-count", returned)
        .with("elements-total-count", total);
    if start.saturating_add(returned) < total {
        let token = page::token(PageToken::Offset, size, start + returned, None);
        response = response.with("elements-next-page-token", token);
    }
    Ok(response)
}

fn metadata(platform: &Platform, element: &Element, expanded: bool) -> Value {
    let events = element.events();
    let mut value = json!({
        "id": element.id,
        "key": element.key,
        "name": element.name,
        "description": format!("The {} connector", element.name),
        "events": {
            "supported": !events.is_empty(),
            "methods": events,
            "polling": {"supported": events.iter().any(|event| event == "polling")},
            "webhook": {"supported": events.iter().any(|event| event == "webhook")},
        },
    });
    if expanded {
        let instances = platform.state.instances.values();
        let live = instances.filter(|own| !own.deleted && own.element == element.id);
        value["authenticationType"] = element.authentication.as_str().into();
        value["hub"] = element.hub.as_str().into();
        value["discovery"] = json!({"nativeObjectDiscovery": false});
        value["bulk"] = json!({"upload": false, "download": false});
        value["usage"] = json!({"instanceCount": live.count()});
        value["api"] = json!({"type": "rest"});
        value["resources"] = json!([]);
    }
    value
}

fn oauth_url(element: &Element, key: &str, callback: &str, state: Option<&str>) -> Value {
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("response_type", "code")
        .append_pair("client_id", key)
        .append_pair("redirect_uri", callback)
        .append_pair("state", state.unwrap_or(&element.key))
        .finish();
    json!({
        "element": element.key,
        "oauthUrl": format!("https://login.example.com/{}/authorize?{query}", element.key),
    })
}
