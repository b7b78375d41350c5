//! Lists of instances: filters, pages, and the 404 of an empty list (docs/platform.md#empty-lists,
//! docs/platform.md#paging and docs/platform.md#list).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::visible::{Caller, plain};
use crate::sandbox::assumptions::{EmptyList, LastPage, PageSize, TagFilter, Unhydrated};
use crate::sandbox::behaviour::{self, Parts, resolve_element};
use crate::sandbox::platform::Platform;
use crate::sandbox::reply::{ApiError, ApiResponse};
use crate::sandbox::request::ApiRequest;
use crate::sandbox::state::StoredInstance;

const MAX_PER_PAGE: usize = 200;

/// `GET /instances`, and the paths that answer like it.
pub(super) fn instances(
    platform: &mut Platform,
    request: &ApiRequest,
    caller: &Caller,
    element: Option<u64>,
) -> Result<ApiResponse, ApiError> {
    let size = page_size(platform, request)?;
    let start = start(request)?;
    let hydrated = request.flag("hydrate").unwrap_or(false);
    let parts = Parts {
        configuration: hydrated,
        tags: hydrated || platform.assumptions.q2 == Unhydrated::Tags,
    };
    let tags: Vec<&str> = request.parameters("tags[]").collect();
    let search = request.parameter("searchText").map(str::to_lowercase);
    platform.reads += 1;
    let volatile = platform.faults.is_volatile().then_some(platform.reads);
    let platform = &*platform;
    let found: Vec<&StoredInstance> = platform
        .state
        .instances
        .values()
        .filter(|instance| !instance.deleted && caller.sees(instance))
        .filter(|instance| instance.listed_from_ms <= platform.now_ms)
        .filter(|instance| element.is_none_or(|element| instance.element == element))
        .filter(|instance| has_tags(instance, &tags, platform.assumptions.q4))
        .filter(|instance| {
            search.as_ref().is_none_or(|text| {
                instance.name.to_lowercase().contains(text)
                    || instance.element_key.to_lowercase().contains(text)
            })
        })
        .collect();
    if found.is_empty() && platform.assumptions.q1 == EmptyList::NotFound {
        return Err(ApiError::not_found("No instances found"));
    }
    let page: Vec<Value> = found
        .iter()
        .skip(start)
        .take(size)
        .map(|instance| {
            behaviour::instance(
                &platform.state,
                instance,
                parts,
                &platform.assumptions,
                volatile,
            )
        })
        .collect();
    let last = start + page.len() >= found.len();
    let returned = page.len();
    let mut answer = ApiResponse::ok(page.into())
        .with("elements-returned-count", returned)
        .with("elements-total-count", found.len());
    if !last || platform.assumptions.q18 == LastPage::Token {
        let token = json!({"pageSize": size, "page": start / size + 2, "offset": start + returned});
        answer = answer.with(
            "elements-next-page-token",
            STANDARD.encode(token.to_string()),
        );
    }
    Ok(answer)
}

/// `GET /elements/{keyOrId}/instances`.
pub(super) fn of_element(
    platform: &mut Platform,
    request: &ApiRequest,
    caller: &Caller,
    element: &str,
) -> Result<ApiResponse, ApiError> {
    let found = resolve_element(&platform.state.own_elements, element).ok_or_else(|| {
        ApiError::not_found(format!("No element found with key {}", plain(element)))
    })?;
    let id = found.id();
    instances(platform, request, caller, Some(id))
}

/// `GET /instances/count`.
pub(super) fn count(platform: &Platform, caller: &Caller) -> Result<ApiResponse, ApiError> {
    let mut by_element = std::collections::BTreeMap::<&str, u64>::new();
    for instance in platform.state.instances.values() {
        if !instance.deleted && caller.sees(instance) {
            *by_element.entry(&instance.element_key).or_default() += 1;
        }
    }
    let total: u64 = by_element.values().sum();
    let elements: Vec<Value> = by_element
        .into_iter()
        .map(|(key, count)| json!({"elementKey": key, "instanceCount": count}))
        .collect();
    Ok(ApiResponse::ok(
        json!({"totalInstances": total, "elementInstances": elements}),
    ))
}

fn has_tags(instance: &StoredInstance, tags: &[&str], assumption: TagFilter) -> bool {
    let exact = |tag: &&str| instance.tags.iter().any(|own| own == tag);
    let any_case = |tag: &&str| {
        instance
            .tags
            .iter()
            .any(|own| own.eq_ignore_ascii_case(tag))
    };
    match assumption {
        _ if tags.is_empty() => true,
        TagFilter::And => tags.iter().all(exact),
        TagFilter::AndAnyCase => tags.iter().all(any_case),
        TagFilter::Or => tags.iter().any(exact),
        TagFilter::Ignored => true,
    }
}

fn page_size(platform: &Platform, request: &ApiRequest) -> Result<usize, ApiError> {
    let Some(text) = request.parameter("pageSize") else {
        return Ok(MAX_PER_PAGE);
    };
    let size: usize = text
        .parse()
        .ok()
        .filter(|size| *size > 0)
        .ok_or_else(|| ApiError::bad_request("pageSize must be a positive number"))?;
    if size > MAX_PER_PAGE && platform.assumptions.q17 == PageSize::Error {
        return Err(ApiError::bad_request(format!(
            "pageSize must not exceed {MAX_PER_PAGE}"
        )));
    }
    Ok(size.min(MAX_PER_PAGE))
}

fn start(request: &ApiRequest) -> Result<usize, ApiError> {
    let Some(token) = request
        .parameter("nextPage")
        .filter(|token| !token.is_empty())
    else {
        return Ok(0);
    };
    let offset = STANDARD
        .decode(token)
        .ok()
        .and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok())
        .and_then(|value| value["offset"].as_u64())
        .and_then(|offset| usize::try_from(offset).ok());
    offset.ok_or_else(|| ApiError::bad_request("nextPage is not a valid page token"))
}
