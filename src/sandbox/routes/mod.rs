//! Which paths there are and what they answer. Must not: be called but by the handler.

mod accounts;
mod admin;
mod catalogue;
mod configuration;
mod create;
mod hub;
mod instance;
mod list;
mod own_elements;
mod page;
mod update;
mod visible;

pub(super) use admin::handle as admin;

use visible::Caller;

use super::platform::Platform;
use super::reply::{ApiError, ApiResponse};
use super::request::ApiRequest;

pub(super) fn dispatch(
    platform: &mut Platform,
    request: &ApiRequest,
) -> Result<ApiResponse, ApiError> {
    if let Some(result) = accounts::sign_in(platform, request) {
        return result;
    }
    if !request.below_base {
        return Err(ApiError::not_found("The requested path does not exist"));
    }
    let caller = Caller::of(platform, request)?;
    let segments = request.segments();
    let method = request.method.as_str();
    match (method, &segments[..]) {
        ("GET", ["instances"]) => list::instances(platform, request, &caller, None),
        ("POST", ["instances"]) => create::instance(platform, request, &caller, None),
        ("GET", ["instances", "count"]) => list::count(platform, &caller),
        ("GET", ["accounts", "instances"] | ["accounts", _, "instances"])
            if caller.token.is_none() =>
        {
            list::instances(platform, request, &caller, None)
        }
        ("GET", ["elements", element, "instances"]) => {
            list::of_element(platform, request, &caller, element)
        }
        ("POST", ["elements", element, "instances"]) => {
            create::instance(platform, request, &caller, Some(element))
        }
        (_, ["elements", element, "instances", id, rest @ ..]) => {
            let id = visible::of_element(platform, &caller, element, id)?;
            instance::dispatch(platform, request, id, rest)
        }
        (_, ["instances", rest @ ..]) if visible::is_id(rest) => {
            let id = visible::by_id(platform, request, &caller, rest[0])?;
            instance::dispatch(platform, request, id, &rest[1..])
        }
        (_, ["instances", rest @ ..]) => {
            let id = caller.token.ok_or_else(ApiError::unauthorized)?;
            instance::dispatch(platform, request, id, rest)
        }
        (_, ["organizations" | "users", ..]) => {
            accounts::dispatch(platform, method, &caller, &segments)
        }
        (_, ["accounts", ..]) if caller.token.is_none() => {
            accounts::dispatch(platform, method, &caller, &segments)
        }
        (_, ["elements", rest @ ..]) => catalogue::dispatch(platform, request, rest),
        (_, [_, ..]) if caller.token.is_some() => {
            hub::dispatch(platform, method, &caller, &segments)
        }
        _ => Err(ApiError::not_found(format!(
            "No resource found for {method} {}",
            request.path
        ))),
    }
}
