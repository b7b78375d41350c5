//! Lists of instances: filters, pages, and the 404 of an empty list (docs/platform.md#empty-lists,
//! docs/platform.md#paging and docs/platform.md#list).

use serde_json::{Value, json};

use super::page::{self, Position};
use super::visible::Call;
use crate::sandbox::assumptions::{
    Assumptions, EmptyList, LastPage, PageCap, PageSize, TagFilter, TotalCount, Unhydrated,
};
use crate::sandbox::behaviour::{self, Parts, resolve_element};
use crate::sandbox::platform::Platform;
use crate::sandbox::reply::{ApiError, ApiResult, ok};
use crate::sandbox::request::ApiRequest;
use crate::sandbox::state::StoredInstance;

/// `GET /instances`, and the paths that answer like it.
pub(super) fn instances(call: &mut Call<'_>, element: Option<&str>) -> ApiResult {
    let Call {
        platform,
        request,
        caller,
        ..
    } = call;
    let resolved = element.map(|element| resolve_element(&platform.state.own_elements, element));
    let element = resolved.transpose()?.map(|element| element.id);
    let size = page_size(&platform.assumptions, request)?;
    let position = Position::of(request)?;
    if position != Position::First {
        platform.change_between_pages();
    }
    let tags: Vec<&str> = request.parameters("tags[]").collect();
    let search = request.parameter("searchText").map(str::to_lowercase);
    let volatile = platform.next_read();
    let Platform {
        state,
        assumptions,
        now_ms,
        ..
    } = &**platform;
    let matching: Vec<&StoredInstance> = state
        .instances
        .values()
        .map(|instance| instance.as_listed(*now_ms))
        .filter(|instance| !instance.deleted && instance.listed_from_ms <= *now_ms)
        .filter(|instance| element.is_none_or(|element| instance.element == element))
        .filter(|instance| matches_tags(instance, &tags, assumptions.q4))
        .filter(|instance| {
            search.as_ref().is_none_or(|text| {
                instance.name.to_lowercase().contains(text)
                    || instance.element_key.to_lowercase().contains(text)
            })
        })
        .collect();
    let everyone = matching.len();
    let mut visible = matching;
    visible.retain(|instance| caller.sees(instance));
    let skipped = position.skipped(visible.iter().map(|instance| instance.id));
    let page: Vec<&StoredInstance> = visible.iter().copied().skip(skipped).take(size).collect();
    if page.is_empty() && assumptions.q1 == EmptyList::NotFound {
        return Err(ApiError::not_found("No instances found"));
    }
    let hydrated = request.flag("hydrate") == Some(true);
    let has_tags = hydrated || assumptions.q2 == Unhydrated::Tags;
    let parts = Parts {
        configuration: hydrated,
        tags: has_tags.then_some(assumptions.q27),
    };
    let items: Vec<Value> = page
        .iter()
        .map(|instance| behaviour::instance(platform, instance, parts, volatile))
        .collect();
    let total = match assumptions.q26 {
        TotalCount::Matching => Some(visible.len()),
        TotalCount::Everyone => Some(everyone),
        TotalCount::Absent => None,
    };
    let end = skipped.saturating_add(page.len());
    let last = match (page.last(), position) {
        (Some(instance), _) => Some(instance.id),
        (None, Position::After(id)) => Some(id),
        (None, _) => None,
    };
    let has_next = end < visible.len() || assumptions.q18 == LastPage::Token;
    let next = has_next.then(|| page::token(assumptions.q24, size, end, last));
    Ok(page::response(items, total, next))
}

pub(super) fn count(call: &Call<'_>) -> ApiResult {
    let mut by_element = std::collections::BTreeMap::<&str, u64>::new();
    for instance in call.platform.state.instances.values() {
        if !instance.deleted && call.caller.sees(instance) {
            *by_element.entry(&instance.element_key).or_default() += 1;
        }
    }
    let total: u64 = by_element.values().sum();
    let elements: Vec<Value> = by_element
        .into_iter()
        .map(|(key, count)| json!({"elementKey": key, "instanceCount": count}))
        .collect();
    ok(json!({"totalInstances": total, "elementInstances": elements}))
}

fn matches_tags(instance: &StoredInstance, tags: &[&str], assumption: TagFilter) -> bool {
    let own = &instance.tags;
    let exact = |tag: &&str| own.iter().any(|own| own == tag);
    let any_case = |tag: &&str| own.iter().any(|own| own.eq_ignore_ascii_case(tag));
    match assumption {
        _ if tags.is_empty() => true,
        TagFilter::And => tags.iter().all(exact),
        TagFilter::AndAnyCase => tags.iter().all(any_case),
        TagFilter::Or => tags.iter().any(exact),
        TagFilter::Ignored => true,
    }
}

fn page_size(assumptions: &Assumptions, request: &ApiRequest) -> ApiResult<usize> {
    let size = page::requested_size(request)?;
    if size > page::MAX_SIZE && assumptions.q17 == PageSize::Error {
        let message = format!("pageSize must not exceed {}", page::MAX_SIZE);
        return Err(ApiError::bad_request(message));
    }
    let cap = match assumptions.q25 {
        PageCap::Max200 => page::MAX_SIZE,
        PageCap::Max100 => 100,
        PageCap::Max10 => 10,
        PageCap::Max3 => 3,
        PageCap::Max1 => 1,
    };
    Ok(size.min(cap))
}
