//! The list of instances, page by page, and whether it is complete (docs/platform.md#paging). Must not:
//! take a list that may have been cut for all there is.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use http::Response;
use http::header::HeaderValue;
use serde_json::Value;

use super::call::Call;
use super::client::Client;
use super::error_body::{is_empty_list, is_missing};
use super::meter::Meter;
use super::wire::{self, Detail};
use crate::model::{Completeness, Doubt, InstanceId, Lookup, ObservedInstance};
use crate::ports::{Confirm, Listing, RemoteError, RemoteErrorKind};

/// The platform's own maximum (docs/platform.md#paging).
const PAGE_SIZE: usize = 200;
/// Readings of a list that is not known to be complete.
const MAX_READINGS: usize = 3;
/// Reads by id in flight, for a list that leaves tags out.
const MAX_CONCURRENT_READS: usize = 8;
const NEXT_PAGE: &str = "elements-next-page-token";
const TOTAL: &str = "elements-total-count";

struct Page {
    items: Vec<Value>,
    next: Option<String>,
    total: Option<String>,
}

/// One reading of all pages.
#[derive(Default)]
struct Reading {
    found: BTreeMap<InstanceId, ObservedInstance>,
    pages: usize,
    /// Every total that a page had.
    totals: BTreeSet<String>,
    /// Whether the first page has as many instances as there are in all.
    is_one_page: bool,
    /// Whether the last page shows by itself that it is the last one.
    ended: bool,
}

impl Reading {
    fn total_agrees(&self) -> bool {
        self.totals.len() == 1 && self.totals.contains(&self.found.len().to_string())
    }

    fn has_ended(&self) -> bool {
        self.ended || self.total_agrees()
    }

    /// What this reading proves by itself. Several pages prove nothing, even if the total agrees: a delete
    /// and a create between two of them hide an instance and leave the total as it was.
    fn completeness(&self) -> Completeness {
        if !self.has_ended() {
            return Completeness::Unproven(Doubt::NoEnd);
        }
        match self.totals.len() {
            1 if !self.total_agrees() => Completeness::Unproven(Doubt::Total),
            0 | 1 if self.pages == 1 || self.is_one_page => Completeness::Complete,
            0 | 1 => Completeness::Unconfirmed,
            _ => Completeness::Unproven(Doubt::Changed),
        }
    }

    /// Whether this reading and the one before show the same. A total that counts the instances of others
    /// never agrees, and must be the same in both.
    fn confirms(&self, before: &Self) -> bool {
        self.has_ended()
            && before.has_ended()
            && self.totals.len() <= 1
            && self.totals == before.totals
            && self.found.keys().eq(before.found.keys())
    }
}

/// A list of instances: of all, or of those with one tag.
pub(super) struct InstanceList<'l> {
    pub(super) client: &'l Client,
    pub(super) tag: Option<&'l str>,
    pub(super) meter: &'l Meter,
}

impl InstanceList<'_> {
    /// Reads the list until it is known to be complete, at most [`MAX_READINGS`] times.
    pub(super) async fn read(&self, confirm: Confirm<'_>) -> Result<Listing, RemoteError> {
        let mut readings: Vec<Reading> = Vec::new();
        let completeness = loop {
            let reading = self.pages().await?;
            let alone = reading.completeness();
            let is_same = match (readings.last(), confirm) {
                (Some(before), _) => reading.confirms(before),
                (None, Confirm::With(ids)) => {
                    alone == Completeness::Unconfirmed && reading.found.keys().eq(ids)
                }
                (None, Confirm::Now | Confirm::Later) => false,
            };
            let is_complete = is_same || alone == Completeness::Complete;
            if is_complete {
                readings.clear();
            }
            readings.push(reading);
            match alone {
                _ if is_complete => break Completeness::Complete,
                Completeness::Unconfirmed if matches!(confirm, Confirm::Later) => {
                    break Completeness::Unconfirmed;
                }
                _ if readings.len() < MAX_READINGS => {}
                Completeness::Unproven(doubt) => break Completeness::Unproven(doubt),
                Completeness::Unconfirmed | Completeness::Complete => {
                    break Completeness::Unproven(Doubt::Changed);
                }
            }
        };
        let pages = readings.last().map_or(0, |reading| reading.pages);
        // Each of several unproven readings may show what the others lack.
        let mut found = BTreeMap::new();
        for reading in readings {
            found.extend(reading.found);
        }
        let read = self.read_unclear(&mut found).await?;
        Ok(Listing {
            instances: found.into_values().collect(),
            completeness,
            pages,
            read,
        })
    }

    /// One reading. One failed page fails the whole: unreadable is not absent.
    async fn pages(&self) -> Result<Reading, RemoteError> {
        let mut reading = Reading::default();
        let mut tokens = BTreeSet::new();
        let mut call = self.call();
        for number in 1.. {
            let page = self.page(&call).await?;
            let count = page.items.len();
            let before = reading.found.len();
            for (index, item) in page.items.iter().enumerate() {
                let instance = wire::instance(item, Detail::Abridged).ok_or_else(|| {
                    self.not_the_platform(
                        &call,
                        &format!("item {index} of page {number} is not an instance"),
                    )
                })?;
                self.client.learn(&instance);
                reading.found.insert(instance.id, instance);
            }
            reading.pages = number;
            reading.totals.extend(page.total);
            reading.is_one_page |= number == 1 && reading.total_agrees();
            match page.next {
                Some(token) if count > 0 => {
                    // A token that comes again leads in a circle, and so does a page with nothing new.
                    if reading.found.len() == before || !tokens.insert(token.clone()) {
                        return Ok(reading);
                    }
                    call = self.call().with("nextPage", token);
                }
                _ => {
                    reading.ended = count < PAGE_SIZE;
                    return Ok(reading);
                }
            }
        }
        Ok(reading)
    }

    pub(super) fn call(&self) -> Call {
        let call = Call::get("/instances")
            .with("hydrate", "true")
            .with("pageSize", PAGE_SIZE.to_string());
        match self.tag {
            Some(tag) => call.with("tags[]", tag),
            None => call,
        }
    }

    fn not_the_platform(&self, call: &Call, what: &str) -> RemoteError {
        let context = self.client.context(call);
        let message = format!("unexpected response: {what}");
        context.error(RemoteErrorKind::NotThePlatform, message)
    }

    async fn page(&self, call: &Call) -> Result<Page, RemoteError> {
        let response = self.client.send(call).await?;
        self.meter.count(self.client, call, response.body().len())?;
        let header = |name: &str| match response.headers().get(name).map(HeaderValue::to_str) {
            None => Ok(None),
            Some(Ok(text)) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
            Some(Err(_)) => Err(self.not_the_platform(
                call,
                &format!("the header `{name}` is not text, so the list cannot be read to its end"),
            )),
        };
        let (next, total) = (header(NEXT_PAGE)?, header(TOTAL)?);
        let context = self.client.context(call);
        let items = if self.is_empty(&response, total.as_deref()).await {
            Vec::new()
        } else if !response.status().is_success() {
            return Err(context.response_error(&response));
        } else if let Value::Array(items) = context.json(&response)? {
            items
        } else {
            return Err(context.unreadable(&response, "a list"));
        };
        Ok(Page { items, next, total })
    }

    /// Whether a 404 is an empty list: in the platform's words for instances, or where a number says so
    /// too (docs/platform.md#empty-lists).
    async fn is_empty(&self, response: &Response<Bytes>, total: Option<&str>) -> bool {
        if !is_missing(response) || !self.client.is_contacted() {
            return false;
        }
        is_empty_list(response) || total == Some("0") || self.counts_none().await
    }

    async fn counts_none(&self) -> bool {
        let call = Call::get("/instances/count");
        let Ok(response) = self.client.send_ok(&call).await else {
            return false;
        };
        let count = self.client.context(&call).json(&response);
        count.is_ok_and(|count| count["totalInstances"].as_u64() == Some(0))
    }

    /// Reads by id what the list shows too little of: without tags the owner of an instance is unknown,
    /// and a tag may have been cut (docs/platform.md#q27).
    async fn read_unclear(
        &self,
        found: &mut BTreeMap<InstanceId, ObservedInstance>,
    ) -> Result<BTreeSet<InstanceId>, RemoteError> {
        let is_short = found.len() <= MAX_CONCURRENT_READS;
        let ids: Vec<InstanceId> = found
            .values()
            .filter(|instance| self.is_unclear(instance, is_short))
            .map(|instance| instance.id)
            .collect();
        let reads: Vec<(InstanceId, Lookup)> = stream::iter(ids)
            .map(|id| async move { Ok((id, read_instance(self.client, id).await?)) })
            .buffer_unordered(MAX_CONCURRENT_READS)
            .try_collect()
            .await?;
        let mut ids = BTreeSet::new();
        for (id, read) in reads {
            match read {
                Lookup::Found(instance) => {
                    found.insert(id, *instance);
                    ids.insert(id);
                }
                Lookup::Gone => {
                    found.remove(&id);
                }
            }
        }
        Ok(ids)
    }

    /// A search that returns a few instances without the tag may show their tags wrongly. One that returns
    /// many ignores its filter (docs/platform.md#q4): it says no more than the list, whose tags are believed
    /// too, and here as there those that are cut or empty are read by id.
    fn is_unclear(&self, instance: &ObservedInstance, is_short: bool) -> bool {
        let Some(shown) = instance.tags.as_ref().filter(|tags| !tags.is_empty()) else {
            return true;
        };
        self.tag.is_some_and(|tag| {
            let is_cut = |shown: &String| !shown.is_empty() && tag.starts_with(shown.as_str());
            !shown.contains(tag) && (is_short || shown.iter().any(is_cut))
        })
    }
}

/// One instance, with all its properties.
pub(super) async fn read_instance(client: &Client, id: InstanceId) -> Result<Lookup, RemoteError> {
    let call = Call::get(format!("/instances/{id}"));
    let response = client.send(&call).await?;
    if is_missing(&response) {
        return Ok(Lookup::Gone);
    }
    let context = client.context(&call);
    if !response.status().is_success() {
        return Err(context.response_error(&response));
    }
    let instance = wire::instance(&context.json(&response)?, Detail::Whole);
    match instance.inspect(|instance| client.learn(instance)) {
        Some(instance) if instance.id == id => Ok(Lookup::Found(Box::new(instance))),
        _ => Err(context.unreadable(&response, "the instance")),
    }
}
