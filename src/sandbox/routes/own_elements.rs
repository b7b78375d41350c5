//! Elements of the tenant's own: made, cloned, configured, activated, deleted (docs/platform.md#catalogue).

use serde_json::{Value, json};

use crate::sandbox::behaviour::{Element, find_element, strip_markup};
use crate::sandbox::platform::Platform;
use crate::sandbox::reply::{Answer, Problem};
use crate::sandbox::request::Asked;
use crate::sandbox::state::OwnElement;

/// Above every id of the catalogue.
const FIRST_ID: u64 = 100_001;

pub(super) fn create(platform: &mut Platform, asked: &Asked) -> Result<Answer, Problem> {
    let body = asked.object()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let name = text("name").filter(|name| !name.trim().is_empty());
    let name = strip_markup(name.ok_or_else(|| Problem::bad("name is required"))?);
    let key = text("key").unwrap_or(&name);
    // Without blanks, in lower case (docs/platform.md#catalogue).
    let key: String = key.split_whitespace().collect::<String>().to_lowercase();
    let configuration = body
        .get("configuration")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let authentication = body
        .get("authentication")
        .and_then(|value| value.get("type"))
        .and_then(Value::as_str)
        .unwrap_or("custom");
    let element = OwnElement {
        id: 0,
        key,
        name,
        hub: text("hub").unwrap_or("general").to_owned(),
        authentication: authentication.to_owned(),
        active: true,
        cloned_from: None,
        configuration,
    };
    keep(platform, element)
}

fn keep(platform: &mut Platform, mut element: OwnElement) -> Result<Answer, Problem> {
    let last = platform.state.own_elements.keys().next_back();
    element.id = last.map_or(FIRST_ID, |last| last + 1);
    let id = element.id;
    platform.state.own_elements.insert(id, element);
    whole(platform, id)
}

fn whole(platform: &Platform, id: u64) -> Result<Answer, Problem> {
    find_element(&platform.state, id)
        .map(|element| Answer::ok(element.whole()))
        .ok_or_else(|| Problem::missing("No element found"))
}

/// What only works on one's own.
pub(super) fn dispatch(
    platform: &mut Platform,
    asked: &Asked,
    id: u64,
    rest: &[&str],
) -> Result<Answer, Problem> {
    if ("POST", rest) == (asked.method.as_str(), &["clone"][..]) {
        return clone(platform, id);
    }
    let Some(own) = platform.state.own_elements.get_mut(&id) else {
        return Err(Problem::new(
            403,
            "Only elements of your own can be changed",
        ));
    };
    let entry_key = |value: &Value| value.get("key").and_then(Value::as_str).map(str::to_owned);
    match (asked.method.as_str(), rest) {
        ("PUT", ["active"]) => own.active = true,
        ("DELETE", ["active"]) => own.active = false,
        ("PUT" | "PATCH", []) => {
            let body = asked.object()?;
            if let Some(name) = body.get("name").and_then(Value::as_str) {
                own.name = strip_markup(name);
            }
        }
        ("DELETE", []) => {
            platform.state.own_elements.remove(&id);
            return Ok(Answer::empty());
        }
        ("POST", ["configuration"]) => {
            let entry = Value::Object(asked.object()?);
            let Some(key) = entry_key(&entry) else {
                return Err(Problem::bad("key is required"));
            };
            if own
                .configuration
                .iter()
                .any(|known| entry_key(known).as_ref() == Some(&key))
            {
                return Err(Problem::new(409, "The configuration exists already"));
            }
            own.configuration.push(entry.clone());
            return Ok(Answer::ok(entry));
        }
        (method @ ("GET" | "PUT" | "DELETE"), ["configuration", key]) => {
            let place = own
                .configuration
                .iter()
                .position(|known| entry_key(known).as_deref() == Some(key))
                .ok_or_else(|| Problem::missing("No configuration found with that key"))?;
            match method {
                "DELETE" => {
                    own.configuration.remove(place);
                    return Ok(Answer::empty());
                }
                "PUT" => {
                    let mut entry = asked.object()?;
                    entry.insert("key".to_owned(), json!(key));
                    own.configuration[place] = Value::Object(entry);
                }
                _ => {}
            }
            return Ok(Answer::ok(own.configuration[place].clone()));
        }
        _ => return Err(Problem::new(405, "Method is not allowed here")),
    }
    whole(platform, id)
}

fn clone(platform: &mut Platform, id: u64) -> Result<Answer, Problem> {
    let Some(element) = find_element(&platform.state, id) else {
        return Err(Problem::missing("No element found"));
    };
    let copy = OwnElement {
        id: 0,
        // The key is the same: keys are not unique between own and known elements.
        key: element.key().to_owned(),
        name: format!("{} (clone)", element.name()),
        hub: element.hub().to_owned(),
        authentication: element.authentication().to_owned(),
        active: true,
        cloned_from: match element {
            Element::Known(entry) => Some(entry.key.clone()),
            Element::Own(own) => own.cloned_from.clone(),
        },
        configuration: Vec::new(),
    };
    keep(platform, copy)
}
