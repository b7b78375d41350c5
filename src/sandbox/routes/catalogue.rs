//! The catalogue of elements (docs/platform.md#catalogue).

use serde_json::{Value, json};

use super::filter::Where;
use super::page::{self, Position};
use super::visible::Call;
use super::{oauth_url, own_elements};
use crate::sandbox::assumptions::PageToken;
use crate::sandbox::behaviour::{known_elements, resolve_element};
use crate::sandbox::platform::Platform;
use crate::sandbox::reply::{ApiError, ApiResult, ok};
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
        ("GET", ["resources" | "hooks" | "parameters"]) => json!([]),
        ("GET", ["configuration", key]) if !element.is_own() => {
            let entries = element.configuration();
            let mut entries = entries.as_array().into_iter().flatten();
            let found = entries.find(|entry| entry["key"] == *key).cloned();
            found.ok_or_else(|| ApiError::not_found("No configuration found with that key"))?
        }
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
        (_, ["oauth", "url", ..]) => return oauth_url::answer(platform, request, element.id, more),
        ("GET", ["oauth", "token"]) if element.authentication == "oauth1" => {
            let random = &mut platform.state.random;
            json!({"token": random.token(), "secret": random.token()})
        }
        ("GET", ["oauth", "token"]) => {
            return Err(ApiError::bad_request("The element does not use OAuth 1"));
        }
        ("GET", _) if !element.is_own() => return Err(ApiError::no_such_path()),
        _ => {
            let id = element.id;
            return own_elements::dispatch(call, id, more);
        }
    })
}

fn list(platform: &Platform, request: &ApiRequest) -> ApiResult {
    let clause = request.parameter("where").unwrap_or_default();
    let own = &platform.state.own_elements;
    let clause = Where::parse(clause);
    let all = known_elements().chain(own.values());
    // None is an empty list, unlike one of instances (docs/platform.md#catalogue).
    let found = all.filter(|element| clause.allows(element));
    let shape = match clause.abridged {
        true => Element::embedded,
        false => Element::whole,
    };
    page(request, found.map(shape))
}

fn page(request: &ApiRequest, all: impl Iterator<Item = Value>) -> ApiResult {
    let size = page::requested_size(request)?.min(page::MAX_SIZE);
    let start = Position::of(request)?.skipped(std::iter::empty());
    let all: Vec<Value> = all.collect();
    let total = all.len();
    let items: Vec<Value> = all.into_iter().skip(start).take(size).collect();
    let end = start.saturating_add(items.len());
    let next = (end < total).then(|| page::token(PageToken::Offset, size, end, None));
    Ok(page::response(items, Some(total), next))
}

fn metadata(platform: &Platform, element: &Element, expanded: bool) -> Value {
    let events = element.events();
    let mut value = json!({
        "id": element.id,
        "key": element.key,
        "name": element.name,
        "description": element.description,
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
        value["discovery"] = json!({
            "nativeObjectDiscovery": false,
            "customFields": false,
            "customObjects": false,
            "endpointCustomFields": false,
            "endpointCustomObjects": false,
        });
        value["bulk"] = json!({"upload": false, "download": false});
        value["usage"] = json!({"instanceCount": live.count(), "customerCount": 1, "traffic": 0});
        value["api"] = json!({"type": "rest"});
        value["resources"] = json!([]);
        value["image"] = format!("elements/{}.png", element.key).into();
        value["displayOrder"] = 0.into();
        value["active"] = element.active.into();
        value["beta"] = false.into();
        value["transformations"] = true.into();
        value["elementType"] = "element".into();
        value["churros"] = false.into();
        value["normalizedPaging"] = true.into();
        value["swaggerValidated"] = true.into();
        value["cloneable"] = true.into();
    }
    value
}
