//! Reads: lists page by page, single instances, and the organization of the credentials. Must not:
//! write.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use http::{Response, StatusCode};
use serde_json::Value;

use super::address::Address;
use super::call::Call;
use super::client::Client;
use super::context::text;
use super::error_body::{is_empty_list, is_missing, platform_error};
use super::settings::{Credentials, InvalidSecret, Settings};
use super::transport::Transport;
use super::wire::{self, Completeness};
use crate::model::{InstanceId, Lookup, ObservedInstance, Tenant};
use crate::ports::{Clock, ReadRemote, RemoteError, RemoteErrorKind};

/// The platform's own maximum (docs/platform.md#paging).
const PAGE_SIZE: usize = 200;
/// 10,000 pages are two million instances: no tenant has so many.
const MAX_PAGES: usize = 10_000;
/// Reads by id in flight, for a list that leaves tags out.
const MAX_CONCURRENT_READS: usize = 8;
const NEXT_PAGE: &str = "elements-next-page-token";

struct Page {
    items: Vec<Value>,
    next: Option<String>,
}

/// Reads the platform, and has no way to write to it.
pub struct RemoteReader {
    pub(super) client: Client,
}

impl RemoteReader {
    /// A reader for this platform with these credentials.
    ///
    /// # Errors
    /// If a secret contains characters that a header cannot carry.
    pub fn new(
        address: Address,
        credentials: &Credentials,
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
        settings: Settings,
    ) -> Result<Self, InvalidSecret> {
        let client = Client::new(address, credentials, transport, clock, settings)?;
        Ok(Self { client })
    }

    fn unreadable(&self, call: &Call, response: &Response<Bytes>, what: &str) -> RemoteError {
        self.client.context(call).unreadable(response, what)
    }

    fn not_the_platform(&self, call: &Call, message: String) -> RemoteError {
        let context = self.client.context(call);
        context.error(RemoteErrorKind::NotThePlatform, message)
    }

    fn json(&self, call: &Call, response: &Response<Bytes>) -> Result<Value, RemoteError> {
        serde_json::from_slice(response.body()).map_err(|_| self.unreadable(call, response, "JSON"))
    }

    async fn page(&self, call: &Call) -> Result<Page, RemoteError> {
        let response = self.client.send(call).await?;
        if is_empty_list(&response) && self.client.is_contacted() {
            return Ok(Page {
                items: Vec::new(),
                next: None,
            });
        }
        if !response.status().is_success() {
            return Err(self.client.context(call).response_error(&response));
        }
        let Value::Array(items) = self.json(call, &response)? else {
            return Err(self.unreadable(call, &response, "a list"));
        };
        let next = text(response.headers(), NEXT_PAGE)
            .filter(|token| !token.is_empty())
            .map(str::to_owned);
        Ok(Page { items, next })
    }

    /// Every page. One failed page fails the whole: unreadable is not absent.
    async fn pages(&self, filter: Option<&str>) -> Result<Vec<ObservedInstance>, RemoteError> {
        let mut found: BTreeMap<InstanceId, ObservedInstance> = BTreeMap::new();
        let mut tokens = BTreeSet::new();
        let mut next: Option<String> = None;
        for number in 1..=MAX_PAGES {
            let mut call = Call::get("/instances")
                .with("hydrate", "true")
                .with("pageSize", PAGE_SIZE.to_string());
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
                    let message = format!(
                        "unexpected response: item {index} of page {number} is not an instance"
                    );
                    self.not_the_platform(&call, message)
                })?;
                found.insert(instance.id, instance);
            }
            // A short page is the last one, a token that comes again leads in a circle, and so does
            // a page that brings nothing new (docs/platform.md#paging).
            let last = count < PAGE_SIZE || found.len() == before;
            match page.next {
                Some(token) if !last && tokens.insert(token.clone()) => next = Some(token),
                _ => return self.with_tags(found).await,
            }
        }
        let message = format!("unexpected response: the list has more than {MAX_PAGES} pages");
        Err(self.not_the_platform(&Call::get("/instances"), message))
    }

    /// Without tags the owner of an instance is unknown, so it is read by id (docs/platform.md#q2).
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
            .buffer_unordered(MAX_CONCURRENT_READS)
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
        if response.status() == StatusCode::FORBIDDEN && platform_error(&response).is_some() {
            // Some roles may not read their organization; the catalogue is open to all of them.
            let probe = Call::get("/elements/keys").with("pageSize", "1");
            let answer = self.client.send_ok(&probe).await?;
            self.json(&probe, &answer)?;
            self.client.set_contacted();
            return Ok(Tenant { organization: None });
        }
        if response.status() == StatusCode::NOT_FOUND {
            // Every platform has this path, for every role.
            let mut error = self.client.context(&call).response_error(&response);
            error.kind = RemoteErrorKind::NotThePlatform;
            error.hint.get_or_insert_with(|| {
                "check the base URL and its path: this host does not serve the API".to_owned()
            });
            return Err(error);
        }
        if !response.status().is_success() {
            return Err(self.client.context(&call).response_error(&response));
        }
        let value = self.json(&call, &response)?;
        let organization = wire::organization(&value);
        if organization.is_none() {
            return Err(self.unreadable(&call, &response, "an organization"));
        }
        self.client.set_contacted();
        Ok(Tenant { organization })
    }

    async fn list(&self) -> Result<Vec<ObservedInstance>, RemoteError> {
        self.pages(None).await
    }

    async fn find(&self, tag: &str) -> Result<Vec<ObservedInstance>, RemoteError> {
        // Whatever the filter does (docs/platform.md#q4), only exactly this tag counts.
        let mut found = self.pages(Some(tag)).await?;
        found.retain(|instance| instance.has_tag(tag));
        Ok(found)
    }

    async fn get(&self, id: InstanceId) -> Result<Lookup, RemoteError> {
        let call = Call::get(format!("/instances/{id}"));
        let response = self.client.send(&call).await?;
        if is_missing(&response) {
            return Ok(Lookup::Gone);
        }
        if !response.status().is_success() {
            return Err(self.client.context(&call).response_error(&response));
        }
        let value = self.json(&call, &response)?;
        match wire::instance(&value, Completeness::Whole) {
            Some(instance) if instance.id == id => Ok(Lookup::Found(Box::new(instance))),
            _ => Err(self.unreadable(&call, &response, "the instance")),
        }
    }

    async fn disconnected(&self) {
        self.client.disconnected().await;
    }
}
