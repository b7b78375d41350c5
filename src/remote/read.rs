//! Reads: lists, searches, single instances, and the organization of the credentials. Must not: write.

use std::sync::Arc;

use async_trait::async_trait;
use http::StatusCode;

use super::address::Address;
use super::call::Call;
use super::client::Client;
use super::error_body::platform_error;
use super::list::{InstanceList, read_instance};
use super::settings::{Credentials, InvalidSecret, Settings};
use super::transport::Transport;
use super::wire;
use crate::model::{InstanceId, Lookup, Tenant};
use crate::ports::{Clock, Confirm, Listing, ReadRemote, RemoteError, RemoteErrorKind, Search};

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
}

#[async_trait]
impl ReadRemote for RemoteReader {
    async fn tenant(&self) -> Result<Tenant, RemoteError> {
        let call = Call::get("/organizations/me");
        let meter = self.client.meter();
        let read = self.organization(&call);
        self.client.bounded(&call, &meter, read).await
    }

    async fn list(&self, confirm: Confirm<'_>) -> Result<Listing, RemoteError> {
        self.instances(None, confirm).await
    }

    async fn find(&self, tag: &str) -> Result<Search, RemoteError> {
        let Listing {
            instances,
            completeness,
            pages: _,
            read: _,
        } = self.instances(Some(tag), Confirm::Now).await?;
        let returned = instances.len();
        // Whatever the filter does (docs/platform.md#q4), only exactly this tag counts.
        let mut hits = instances;
        hits.retain(|instance| instance.has_tag(tag));
        Ok(Search {
            is_filtered: hits.len() == returned,
            hits,
            completeness,
        })
    }

    async fn get(&self, id: InstanceId) -> Result<Lookup, RemoteError> {
        let call = Call::get(format!("/instances/{id}"));
        let meter = self.client.meter();
        let read = read_instance(&self.client, id);
        self.client.bounded(&call, &meter, read).await
    }

    async fn disconnected(&self) {
        self.client.disconnected().await;
    }
}

impl RemoteReader {
    async fn instances(
        &self,
        tag: Option<&str>,
        confirm: Confirm<'_>,
    ) -> Result<Listing, RemoteError> {
        let meter = self.client.meter();
        let list = InstanceList {
            client: &self.client,
            tag,
            meter: &meter,
        };
        let read = list.read(confirm);
        self.client.bounded(&list.call(), &meter, read).await
    }

    async fn organization(&self, call: &Call) -> Result<Tenant, RemoteError> {
        let response = self.client.send(call).await?;
        if response.status() == StatusCode::FORBIDDEN && platform_error(&response).is_some() {
            // Some roles may not read their organization; the catalogue is open to all of them.
            let probe = Call::get("/elements/keys").with("pageSize", "1");
            let answer = self.client.send_ok(&probe).await?;
            self.client.context(&probe).json(&answer)?;
            self.client.set_contacted();
            return Ok(Tenant { organization: None });
        }
        if response.status() == StatusCode::NOT_FOUND {
            // Every platform has this path, for every role.
            let mut error = self.client.context(call).response_error(&response);
            error.kind = RemoteErrorKind::NotThePlatform;
            error.hint.get_or_insert_with(|| {
                "check the base URL and its path: this host does not serve the API".to_owned()
            });
            return Err(error);
        }
        if !response.status().is_success() {
            return Err(self.client.context(call).response_error(&response));
        }
        let context = self.client.context(call);
        let organization = wire::organization(&context.json(&response)?);
        if organization.is_none() {
            return Err(context.unreadable(&response, "an organization"));
        }
        self.client.set_contacted();
        Ok(Tenant { organization })
    }
}
