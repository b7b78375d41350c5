//! Which paths there are and what they answer. Must not: be called but by the handler.

mod accounts;
mod admin;
mod catalogue;
mod configuration;
mod create;
mod filter;
mod hub;
mod instance;
mod list;
mod oauth_url;
mod own_elements;
mod page;
mod update;
mod visible;

pub(super) use admin::handle as admin;

use visible::{Call, is_id};

use super::platform::Platform;
use super::reply::{ApiError, ApiResult};
use super::request::ApiRequest;

pub(super) fn dispatch(platform: &mut Platform, request: &ApiRequest) -> ApiResult {
    if let Some(result) = accounts::sign_in(platform, request) {
        return result;
    }
    if !request.below_base {
        return Err(ApiError::no_such_path());
    }
    let call = &mut Call::new(platform, request)?;
    let segments = &request.segments()[..];
    let token = call.caller.token;
    match (call.method, segments) {
        ("GET", ["instances"]) => list::instances(call, None),
        ("POST", ["instances"]) => create::instance(call, None),
        ("GET", ["instances", "count"]) => list::count(call),
        ("GET", ["accounts", "instances"] | ["accounts", _, "instances"]) if token.is_none() => {
            list::instances(call, None)
        }
        ("GET", ["elements", element, "instances"]) => list::instances(call, Some(element)),
        ("POST", ["elements", element, "instances"]) => create::instance(call, Some(element)),
        (_, ["elements", element, "instances", id, rest @ ..]) => {
            let id = call.of_element(element, id)?;
            instance::dispatch(call, id, rest)
        }
        (
            "GET",
            [
                "instances",
                what @ ("events" | "analytics" | "dispositions"),
                ..,
            ],
        ) if token.is_none() => Err(ApiError::not_found(format!("No {what} found"))),
        (_, ["instances", rest @ ..]) if is_id(rest) => {
            let id = call.by_id(rest[0])?;
            instance::dispatch(call, id, &rest[1..])
        }
        (_, ["instances", rest @ ..]) => {
            let id = token.ok_or_else(ApiError::unauthorized)?;
            instance::dispatch(call, id, rest)
        }
        (_, ["organizations" | "users", ..]) => accounts::dispatch(call, segments),
        (_, ["accounts", ..]) if token.is_none() => accounts::dispatch(call, segments),
        (_, ["elements", rest @ ..]) => catalogue::dispatch(call, rest),
        ("GET", [what @ ("formulas" | "jobs" | "usage"), ..]) => {
            Err(ApiError::not_found(format!("No {what} found")))
        }
        (_, ["formulas" | "jobs" | "usage", ..] | []) => Err(ApiError::no_such_path()),
        // Everything else is the vendor's.
        _ if token.is_none() => Err(ApiError::unauthorized()),
        _ => hub::dispatch(call, segments),
    }
}
