//! Configuration entries of an instance (docs/platform.md#configuration-entries).

use serde_json::{Map, Value};

use super::instance::{change, of};
use crate::sandbox::assumptions::Put;
use crate::sandbox::behaviour::entries;
use crate::sandbox::platform::Platform;
use crate::sandbox::reply::{Answer, Problem};
use crate::sandbox::request::Asked;

pub(super) fn dispatch(
    platform: &mut Platform,
    asked: &Asked,
    id: u64,
    rest: &[&str],
) -> Result<Answer, Problem> {
    let listed = |platform: &mut Platform| -> Result<Vec<Value>, Problem> {
        let instance = of(platform, id)?.clone();
        Ok(entries(&platform.state, &instance, &platform.assumptions))
    };
    let find = |all: Vec<Value>, entry: &str| {
        all.into_iter()
            .find(|value| value["id"].as_u64() == entry.parse().ok())
            .ok_or_else(|| Problem::missing("No configuration found with that id"))
    };
    match (asked.method.as_str(), rest) {
        ("GET", []) => Ok(Answer::ok(listed(platform)?.into())),
        ("GET", [entry]) => Ok(Answer::ok(find(listed(platform)?, entry)?)),
        ("PATCH", [entry]) => {
            let found = find(listed(platform)?, entry)?;
            let body = asked.object()?;
            let value = body
                .get("propertyValue")
                .ok_or_else(|| Problem::bad("propertyValue is required"))?;
            if !(value.is_string() || value.is_null()) {
                return Err(Problem::bad("propertyValue must be a text"));
            }
            let key = found["key"].as_str().unwrap_or_default().to_owned();
            let configuration: Map<String, Value> = [(key, value.clone())].into_iter().collect();
            let body = [("configuration".to_owned(), Value::Object(configuration))];
            change(platform, id, &body.into_iter().collect(), Put::Merge, false)?;
            Ok(Answer::ok(find(listed(platform)?, entry)?))
        }
        _ => Err(Problem::new(405, "Method is not allowed here")),
    }
}
