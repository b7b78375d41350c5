//! Reading: lists page by page, single instances, and who we are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use http::{Response, StatusCode};
use serde_json::Value;

use super::answer::{is_empty_list, platform_error};
use super::client::{Call, RemoteReader, RemoteWriter};
use super::wire::{self, Completeness};
use crate::model::{InstanceId, Lookup, ObservedInstance, Tenant};
use crate::ports::{ReadRemote, RemoteError, RemoteErrorKind};

/// The platform's own maximum (docs/platform.md#paging).
const PAGE: usize = 200;
/// 10,000 pages are two million instances: a platform that goes on is not answering the question.
const MOST_PAGES: usize = 10_000;
/// Single reads under way at once, for a list that leaves tags out.
const AT_ONCE: usize = 8;
const NEXT_PAGE: &str = "elements-next-page-token";

/// One page and where the next one is.
struct Page {
    items: Vec<Value>,
    next: Option<String>,
}

impl RemoteReader {
    async fn answered(&self, call: &Call) -> Result<Response<Bytes>, RemoteError> {
        let response = self.client.send(call).await?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(self.client.asked(call).refused(&response))
    }

    fn json(&self, call: &Call, response: &Response<Bytes>) -> Result<Value, RemoteError> {
        serde_json::from_slice(response.body()).map_err(|_| {
            self.client
                .asked(call)
                .unreadable(response, "the answer is not JSON")
        })
    }

    async fn page(&self, call: &Call) -> Result<Page, RemoteError> {
        let response = self.client.send(call).await?;
        if is_empty_list(response.status(), response.body())
            && self.client.probed.load(Ordering::Relaxed)
        {
            return Ok(Page {
                items: Vec::new(),
                next: None,
            });
        }
        if !response.status().is_success() {
            return Err(self.client.asked(call).refused(&response));
        }
        let Value::Array(items) = self.json(call, &response)? else {
            let asked = self.client.asked(call);
            return Err(asked.unreadable(&response, "the answer is not a list"));
        };
        let next = response
            .headers()
            .get(NEXT_PAGE)
            .and_then(|value| value.to_str().ok())
            .filter(|token| !token.is_empty())
            .map(str::to_owned);
        Ok(Page { items, next })
    }

    /// Every page. One failed page fails the whole: unreadable is not absent.
    async fn pages(&self, filter: Option<&str>) -> Result<Vec<ObservedInstance>, RemoteError> {
        let mut found: BTreeMap<InstanceId, ObservedInstance> = BTreeMap::new();
        let mut tokens = BTreeSet::new();
        let mut next: Option<String> = None;
        for number in 1..=MOST_PAGES {
            let mut call = Call::get("/instances")
                .with("hydrate", "true")
                .with("pageSize", PAGE.to_string());
            if let Some(tag) = filter {
                call = call.with("tags[]", tag);
            }
            if let Some(token) = &next {
                call = call.with("nextPage", token.as_str());
            }
            let page = self.page(&call).await?;
            let count = page.items.len();
            let before = found.len();
            for (index, item) in page.items.iter().enumerate() {
                let instance = wire::instance(item, Completeness::Abridged).ok_or_else(|| {
                    let what = format!("item {index} of page {number} is no instance");
                    let kind = RemoteErrorKind::NotThePlatform;
                    self.client.asked(&call).error(kind, None, None, what, None)
                })?;
                found.insert(instance.id, instance);
            }
            // A short page is the last one, a token that comes again leads in a circle, and so does
            // a page that brings nothing new (docs/platform.md#paging).
            let last = count < PAGE || found.len() == before;
            match page.next {
                Some(token) if !last && tokens.insert(token.clone()) => next = Some(token),
                _ => return self.with_tags(found).await,
            }
        }
        let what = format!("the list does not end after {MOST_PAGES} pages");
        let call = Call::get("/instances");
        let kind = RemoteErrorKind::NotThePlatform;
        Err(self.client.asked(&call).error(kind, None, None, what, None))
    }

    /// Without its tags nobody can tell whose an instance is: such a one is read by id (docs/platform.md#q2).
    async fn with_tags(
        &self,
        mut found: BTreeMap<InstanceId, ObservedInstance>,
    ) -> Result<Vec<ObservedInstance>, RemoteError> {
        let ids: Vec<InstanceId> = found
            .values()
            .filter(|instance| instance.tags.is_none())
            .map(|instance| instance.id)
            .collect();
        let reads: Vec<(InstanceId, Lookup)> = stream::iter(ids)
            .map(|id| async move { Ok((id, self.get(id).await?)) })
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        for (id, read) in reads {
            match read {
                Lookup::Found(instance) => {
                    found.insert(id, *instance);
                }
                Lookup::Gone => {
                    found.remove(&id);
                }
            }
        }
        Ok(found.into_values().collect())
    }
}

#[async_trait]
impl ReadRemote for RemoteReader {
    async fn tenant(&self) -> Result<Tenant, RemoteError> {
        let call = Call::get("/organizations/me");
        let response = self.client.send(&call).await?;
        if response.status() == StatusCode::FORBIDDEN && platform_error(response.body()).is_some() {
            // Not everybody may ask who they are; the catalogue is open to all.
            let probe = Call::get("/elements/keys").with("pageSize", "1");
            let answer = self.answered(&probe).await?;
            self.json(&probe, &answer)?;
            self.client.probe_succeeded();
            return Ok(Tenant { organization: None });
        }
        if response.status() == StatusCode::NOT_FOUND {
            // Every platform knows this path, whoever asks.
            let mut error = self.client.asked(&call).refused(&response);
            error.kind = RemoteErrorKind::NotThePlatform;
            error.hint.get_or_insert_with(|| {
                "something answers there, but not the API: check the base URL and its path"
                    .to_owned()
            });
            return Err(error);
        }
        if !response.status().is_success() {
            return Err(self.client.asked(&call).refused(&response));
        }
        let value = self.json(&call, &response)?;
        let organization = wire::organization(&value);
        if organization.is_none() {
            let asked = self.client.asked(&call);
            return Err(asked.unreadable(&response, "the answer is no organization"));
        }
        self.client.probe_succeeded();
        Ok(Tenant { organization })
    }

    async fn list(&self) -> Result<Vec<ObservedInstance>, RemoteError> {
        self.pages(None).await
    }

    async fn find(&self, tag: &str) -> Result<Vec<ObservedInstance>, RemoteError> {
        // Whatever the filter does (docs/platform.md#q4), only the very tag counts.
        let mut found = self.pages(Some(tag)).await?;
        found.retain(|instance| instance.has_tag(tag));
        Ok(found)
    }

    async fn get(&self, id: InstanceId) -> Result<Lookup, RemoteError> {
        let call = Call::get(format!("/instances/{id}"));
        let response = self.client.send(&call).await?;
        if response.status() == StatusCode::NOT_FOUND && platform_error(response.body()).is_some() {
            return Ok(Lookup::Gone);
        }
        if !response.status().is_success() {
            return Err(self.client.asked(&call).refused(&response));
        }
        let value = self.json(&call, &response)?;
        match wire::instance(&value, Completeness::Whole) {
            Some(instance) if instance.id == id => Ok(Lookup::Found(Box::new(instance))),
            _ => {
                let asked = self.client.asked(&call);
                Err(asked.unreadable(&response, "the answer is not the instance"))
            }
        }
    }
}

#[async_trait]
impl ReadRemote for RemoteWriter {
    async fn tenant(&self) -> Result<Tenant, RemoteError> {
        self.reader.tenant().await
    }

    async fn list(&self) -> Result<Vec<ObservedInstance>, RemoteError> {
        self.reader.list().await
    }

    async fn find(&self, tag: &str) -> Result<Vec<ObservedInstance>, RemoteError> {
        self.reader.find(tag).await
    }

    async fn get(&self, id: InstanceId) -> Result<Lookup, RemoteError> {
        self.reader.get(id).await
    }
}
