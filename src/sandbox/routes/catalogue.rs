//! The catalogue of elements (docs/platform.md#catalogue).

use serde_json::{Map, Value, json};

use super::own_elements;
use super::page::{self, Position};
use super::visible::plain;
use crate::catalog::Catalog;
use crate::sandbox::assumptions::PageToken;
use crate::sandbox::behaviour::{ResolvedElement, find_by_key, resolve_element};
use crate::sandbox::platform::Platform;
use crate::sandbox::reply::{ApiError, ApiResponse};
use crate::sandbox::request::ApiRequest;

pub(super) fn dispatch(
    platform: &mut Platform,
    request: &ApiRequest,
    rest: &[&str],
) -> Result<ApiResponse, ApiError> {
    match (request.method.as_str(), rest) {
        ("GET", []) => list(platform, request),
        ("GET", ["keys"]) => {
            let keys = Catalog::embedded()
                .elements()
                .iter()
                .map(|entry| entry.key.as_str());
            let own = platform
                .state
                .own_elements
                .values()
                .map(|own| own.key.as_str());
            page(request, keys.chain(own).map(Value::from).collect())
        }
        ("GET", ["metadata"]) => {
            let all = Catalog::embedded().elements().iter();
            page(
                request,
                all.map(|entry| metadata(platform, ResolvedElement::Known(entry), false))
                    .collect(),
            )
        }
        ("POST", []) => own_elements::create(platform, request),
        (method, [key, more @ ..]) => {
            let element = resolve_element(&platform.state.own_elements, key).ok_or_else(|| {
                ApiError::not_found(format!("No element found with key {}", plain(key)))
            })?;
            let id = element.id();
            match (method, more) {
                ("GET", [] | ["export"]) => Ok(ApiResponse::ok(element.whole())),
                ("GET", ["configuration"]) => Ok(ApiResponse::ok(json!({
                    "configuration": element.configuration(),
                    "authentication": {"type": element.authentication()},
                }))),
                ("GET", ["metadata"]) => {
                    let expanded = request.flag("expand") == Some(true);
                    Ok(ApiResponse::ok(metadata(platform, element, expanded)))
                }
                ("GET", ["authentication-types"]) => {
                    Ok(ApiResponse::ok(json!([{"type": element.authentication()}])))
                }
                ("GET", ["authentication-types", _, "configurations"]) => {
                    Ok(ApiResponse::ok(element.configuration()))
                }
                ("GET", ["docs"]) => Ok(ApiResponse::ok(json!({
                    "swagger": "2.0",
                    "info": {"title": element.name(), "version": "1"},
                    "paths": {},
                }))),
                ("GET", ["transformations"]) => {
                    Err(ApiError::not_found("No transformations found"))
                }
                ("GET", ["oauth", "url", "default"]) => {
                    Ok(ApiResponse::ok(oauth_url(element, "default", "", None)))
                }
                ("GET" | "POST", ["oauth", "url"]) => {
                    let body = match method {
                        "POST" => request.object()?,
                        _ => Map::new(),
                    };
                    let text = |name: &str| match method {
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
                    let url = oauth_url(element, key, callback, text("state"));
                    Ok(ApiResponse::ok(url))
                }
                ("GET", ["oauth", "token"]) if element.authentication() == "oauth1" => {
                    let token = platform.state.random.token();
                    let secret = platform.state.random.token();
                    Ok(ApiResponse::ok(json!({"token": token, "secret": secret})))
                }
                ("GET", ["oauth", "token"]) => {
                    Err(ApiError::bad_request("The element does not use OAuth 1"))
                }
                _ => own_elements::dispatch(platform, request, id, more),
            }
        }
        _ => Err(ApiError::not_allowed()),
    }
}

fn list(platform: &Platform, request: &ApiRequest) -> Result<ApiResponse, ApiError> {
    let clause = request.parameter("where").unwrap_or_default();
    let own = platform
        .state
        .own_elements
        .values()
        .map(ResolvedElement::Own);
    let known = Catalog::embedded()
        .elements()
        .iter()
        .map(ResolvedElement::Known);
    let found: Vec<ResolvedElement<'_>> = match wanted_keys(clause) {
        _ if clause.contains("private='true'") => own.collect(),
        _ if clause.contains("extended='true'") => Vec::new(),
        Some(keys) => keys
            .iter()
            .filter_map(|key| find_by_key(&platform.state.own_elements, key))
            .collect(),
        None => known.chain(own).collect(),
    };
    if found.is_empty() {
        return Err(ApiError::not_found("No elements found"));
    }
    let abridged = clause.contains("abridged='true'");
    let shape = |element: &ResolvedElement<'_>| {
        if abridged {
            element.embedded()
        } else {
            element.whole()
        }
    };
    page(request, found.iter().map(shape).collect())
}

/// The keys of `key = 'a'` or `key in ('a','b')`.
fn wanted_keys(clause: &str) -> Option<Vec<String>> {
    let rest = clause.trim().strip_prefix("key")?.trim_start();
    let rest = rest.strip_prefix('=').or_else(|| rest.strip_prefix("in"))?;
    let keys = rest
        .split(',')
        .map(|part| part.trim_matches(|c: char| "(' )\"".contains(c)).to_owned())
        .filter(|key| !key.is_empty());
    Some(keys.collect())
}

fn page(request: &ApiRequest, all: Vec<Value>) -> Result<ApiResponse, ApiError> {
    let size = page::requested_size(request)?.min(page::MAX_SIZE);
    let start = Position::of(request)?.skipped(std::iter::empty());
    let total = all.len();
    let part: Vec<Value> = all.into_iter().skip(start).take(size).collect();
    let returned = part.len();
    let mut response = ApiResponse::ok(part.into())
        .with("elements-returned-count", returned)
        .with("elements-total-count", total);
    if start.saturating_add(returned) < total {
        let token = page::token(PageToken::Offset, size, start + returned, None);
        response = response.with("elements-next-page-token", token);
    }
    Ok(response)
}

fn metadata(platform: &Platform, element: ResolvedElement<'_>, expanded: bool) -> Value {
    let events = element.events();
    let mut value = json!({
        "id": element.id(),
        "key": element.key(),
        "name": element.name(),
        "description": format!("The {} connector", element.name()),
        "events": {
            "supported": !events.is_empty(),
            "methods": events,
            "polling": {"supported": events.iter().any(|event| event == "polling")},
            "webhook": {"supported": events.iter().any(|event| event == "webhook")},
        },
    });
    if expanded {
        let count = platform
            .state
            .instances
            .values()
            .filter(|instance| !instance.deleted && instance.element == element.id())
            .count();
        value["authenticationType"] = element.authentication().into();
        value["hub"] = element.hub().into();
        value["discovery"] = json!({"nativeObjectDiscovery": false});
        value["bulk"] = json!({"upload": false, "download": false});
        value["usage"] = json!({"instanceCount": count});
        value["api"] = json!({"type": "rest"});
        value["resources"] = json!([]);
    }
    value
}

fn oauth_url(
    element: ResolvedElement<'_>,
    key: &str,
    callback: &str,
    state: Option<&str>,
) -> Value {
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("response_type", "code")
        .append_pair("client_id", key)
        .append_pair("redirect_uri", callback)
        .append_pair("state", state.unwrap_or_else(|| element.key()))
        .finish();
    json!({
        "element": element.key(),
        "oauthUrl": format!("https://login.example.com/{}/authorize?{query}", element.key()),
    })
}
