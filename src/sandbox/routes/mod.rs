//! Which paths there are and what they answer.

mod accounts;
mod admin;
mod catalogue;
mod configuration;
mod create;
mod hub;
mod instance;
mod list;
mod own_elements;
mod visible;

pub(super) use admin::handle as admin;

use visible::Caller;

use super::platform::Platform;
use super::reply::{Answer, Problem};
use super::request::Asked;

/// Finds the route and answers.
pub(super) fn dispatch(platform: &mut Platform, asked: &Asked) -> Result<Answer, Problem> {
    if let Some(result) = accounts::sign_in(platform, asked) {
        return result;
    }
    if !asked.below_base {
        return Err(Problem::missing("The requested path does not exist"));
    }
    let caller = Caller::of(platform, asked)?;
    let segments: Vec<&str> = asked.segments.iter().map(String::as_str).collect();
    let method = asked.method.as_str();
    match (method, &segments[..]) {
        ("GET", ["instances"]) => list::instances(platform, asked, &caller, None),
        ("POST", ["instances"]) => create::instance(platform, asked, &caller, None),
        ("GET", ["instances", "count"]) => list::count(platform, &caller),
        ("GET", ["accounts", "instances"]) if caller.token.is_none() => {
            list::instances(platform, asked, &caller, None)
        }
        ("GET", ["accounts", _, "instances"]) if caller.token.is_none() => {
            list::instances(platform, asked, &caller, None)
        }
        ("GET", ["elements", element, "instances"]) => {
            list::of_element(platform, asked, &caller, element)
        }
        ("POST", ["elements", element, "instances"]) => {
            create::instance(platform, asked, &caller, Some(element))
        }
        (_, ["elements", element, "instances", id, rest @ ..]) => {
            let id = visible::of_element(platform, &caller, element, id)?;
            instance::dispatch(platform, asked, &caller, id, rest)
        }
        (_, ["instances", rest @ ..]) if visible::is_id(rest) => {
            let id = visible::by_id(platform, asked, &caller, rest[0])?;
            instance::dispatch(platform, asked, &caller, id, &rest[1..])
        }
        (_, ["instances", rest @ ..]) => {
            let id = visible::by_token(platform, &caller)?;
            instance::dispatch(platform, asked, &caller, id, rest)
        }
        (_, ["organizations" | "users", ..]) => {
            accounts::dispatch(platform, method, &caller, &segments)
        }
        (_, ["accounts", ..]) if caller.token.is_none() => {
            accounts::dispatch(platform, method, &caller, &segments)
        }
        (_, ["elements", rest @ ..]) => catalogue::dispatch(platform, asked, rest),
        (_, [_, ..]) if caller.token.is_some() => {
            hub::dispatch(platform, method, &caller, &segments)
        }
        _ => Err(Problem::missing(format!(
            "No resource found for {method} {}",
            asked.path
        ))),
    }
}
