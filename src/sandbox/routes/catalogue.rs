//! The catalogue of elements (docs/platform.md#catalogue).

use serde_json::{Value, json};

use super::own_elements;
use super::visible::plain;
use crate::catalog::Catalog;
use crate::sandbox::behaviour::{Element, find_by_key, resolve_element};
use crate::sandbox::platform::Platform;
use crate::sandbox::reply::{Answer, Problem};
use crate::sandbox::request::Asked;

const MOST_PER_PAGE: usize = 200;

pub(super) fn dispatch(
    platform: &mut Platform,
    asked: &Asked,
    rest: &[&str],
) -> Result<Answer, Problem> {
    match (asked.method.as_str(), rest) {
        ("GET", []) => list(platform, asked),
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
            page(asked, keys.chain(own).map(Value::from).collect())
        }
        ("GET", ["metadata"]) => {
            let all = Catalog::embedded().elements().iter();
            page(
                asked,
                all.map(|entry| metadata(platform, Element::Known(entry), false))
                    .collect(),
            )
        }
        ("POST", []) => own_elements::create(platform, asked),
        (method, [key, more @ ..]) => {
            let element = resolve_element(&platform.state, key).ok_or_else(|| {
                Problem::missing(format!("No element found with key {}", plain(key)))
            })?;
            let id = element.id();
            match (method, more) {
                ("GET", [] | ["export"]) => Ok(Answer::ok(element.whole())),
                ("GET", ["configuration"]) => Ok(Answer::ok(json!({
                    "configuration": element.configuration(),
                    "authentication": {"type": element.authentication()},
                }))),
                ("GET", ["metadata"]) => {
                    let expanded = asked.flag("expand") == Some(true);
                    Ok(Answer::ok(metadata(platform, element, expanded)))
                }
                ("GET", ["authentication-types"]) => {
                    Ok(Answer::ok(json!([{"type": element.authentication()}])))
                }
                ("GET", ["authentication-types", _, "configurations"]) => {
                    Ok(Answer::ok(element.configuration()))
                }
                ("GET", ["docs"]) => Ok(Answer::ok(json!({
                    "swagger": "2.0",
                    "info": {"title": element.name(), "version": "1"},
                    "paths": {},
                }))),
                ("GET", ["transformations"]) => Err(Problem::missing("No transformations found")),
                ("GET", ["oauth", "url", "default"]) => {
                    Ok(Answer::ok(oauth_url(element, "default", "", None)))
                }
                ("GET", ["oauth", "url"]) => {
                    let key = asked.parameter("apiKey");
                    let secret = asked.parameter("apiSecret");
                    let callback = asked.parameter("callbackUrl");
                    let (Some(key), Some(_), Some(callback)) = (key, secret, callback) else {
                        return Err(Problem::bad(
                            "apiKey, apiSecret and callbackUrl are required",
                        ));
                    };
                    Ok(Answer::ok(oauth_url(
                        element,
                        key,
                        callback,
                        asked.parameter("state"),
                    )))
                }
                ("POST", ["oauth", "url"]) => {
                    let body = asked.object()?;
                    let text = |name: &str| body.get(name).and_then(Value::as_str);
                    let (Some(key), Some(_), Some(callback)) =
                        (text("apiKey"), text("apiSecret"), text("callbackUrl"))
                    else {
                        return Err(Problem::bad(
                            "apiKey, apiSecret and callbackUrl are required",
                        ));
                    };
                    Ok(Answer::ok(oauth_url(element, key, callback, text("state"))))
                }
                ("GET", ["oauth", "token"]) if element.authentication() == "oauth1" => {
                    let token = platform.state.random.token();
                    let secret = platform.state.random.token();
                    Ok(Answer::ok(json!({"token": token, "secret": secret})))
                }
                ("GET", ["oauth", "token"]) => {
                    Err(Problem::bad("The element does not use OAuth 1"))
                }
                _ => own_elements::dispatch(platform, asked, id, more),
            }
        }
        _ => Err(Problem::new(405, "Method is not allowed here")),
    }
}

fn list(platform: &Platform, asked: &Asked) -> Result<Answer, Problem> {
    let clause = asked.parameter("where").unwrap_or_default();
    let own = platform.state.own_elements.values().map(Element::Own);
    let known = Catalog::embedded().elements().iter().map(Element::Known);
    let found: Vec<Element<'_>> = match wanted_keys(clause) {
        _ if clause.contains("private='true'") => own.collect(),
        _ if clause.contains("extended='true'") => Vec::new(),
        Some(keys) => keys
            .iter()
            .filter_map(|key| find_by_key(&platform.state, key))
            .collect(),
        None => known.chain(own).collect(),
    };
    if found.is_empty() {
        return Err(Problem::missing("No elements found"));
    }
    let abridged = clause.contains("abridged='true'");
    let shape = |element: &Element<'_>| {
        if abridged {
            element.embedded()
        } else {
            element.whole()
        }
    };
    page(asked, found.iter().map(shape).collect())
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

fn page(asked: &Asked, all: Vec<Value>) -> Result<Answer, Problem> {
    let size: usize = match asked.parameter("pageSize") {
        None => MOST_PER_PAGE,
        Some(text) => text
            .parse()
            .ok()
            .filter(|size| *size > 0)
            .ok_or_else(|| Problem::bad("pageSize must be a positive number"))?,
    };
    let size = size.min(MOST_PER_PAGE);
    let start: usize = match asked
        .parameter("nextPage")
        .filter(|token| !token.is_empty())
    {
        None => 0,
        Some(token) => token
            .parse()
            .map_err(|_| Problem::bad("nextPage is not a valid page token"))?,
    };
    let total = all.len();
    let part: Vec<Value> = all.into_iter().skip(start).take(size).collect();
    let returned = part.len();
    let mut answer = Answer::ok(part.into())
        .with("elements-returned-count", returned)
        .with("elements-total-count", total);
    if start.saturating_add(returned) < total {
        answer = answer.with("elements-next-page-token", start + returned);
    }
    Ok(answer)
}

fn metadata(platform: &Platform, element: Element<'_>, expanded: bool) -> Value {
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

fn oauth_url(element: Element<'_>, key: &str, callback: &str, state: Option<&str>) -> Value {
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
