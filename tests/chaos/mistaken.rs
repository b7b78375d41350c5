//! Deliberate mistakes of a client: one that finds nothing by its marker, neither by search nor in the list,
//! and one that takes every answer for right.

use async_trait::async_trait;
use connectorctl::lockfile::{LockPaths, LockView};
use connectorctl::model::{
    Completeness, InstanceId, InventoryName, Lookup, ObservedInstance, Tenant,
};
use connectorctl::ports::{
    Confirm, CreateBody, CreateOutcome, Listing, PatchBody, ReadRemote, RemoteError, Search,
    WriteRemote,
};
use connectorctl::remote::RemoteWriter;

use super::checkout::Mistake;

pub(crate) struct Mistaken<'a> {
    pub(crate) writer: &'a RemoteWriter,
    pub(crate) mistake: Mistake,
    pub(crate) paths: LockPaths,
    pub(crate) inventory: InventoryName,
}

#[async_trait]
impl ReadRemote for Mistaken<'_> {
    async fn tenant(&self) -> Result<Tenant, RemoteError> {
        self.writer.tenant().await
    }

    async fn list(&self, confirm: Confirm<'_>) -> Result<Listing, RemoteError> {
        let mut listed = self.writer.list(confirm).await?;
        if self.mistake != Mistake::NoMarkerSearch {
            return Ok(listed);
        }
        // Only what the lock file records.
        let view = LockView::read(&self.paths, &self.inventory).expect("a view");
        listed.instances.retain(|instance| {
            let mut entries = view.lock.iter().flat_map(|lock| lock.instances.values());
            entries.any(|entry| entry.id == instance.id)
        });
        Ok(listed)
    }

    async fn find(&self, tag: &str) -> Result<Search, RemoteError> {
        let found = self.writer.find(tag).await?;
        Ok(match self.mistake {
            // The request is sent nevertheless: without any, the run would count as disconnected.
            Mistake::NoMarkerSearch => Search {
                hits: Vec::new(),
                completeness: Completeness::Complete,
                is_filtered: true,
            },
            _ => found,
        })
    }

    async fn get(&self, id: InstanceId) -> Result<Lookup, RemoteError> {
        self.writer.get(id).await
    }

    async fn disconnected(&self) {
        self.writer.disconnected().await;
    }
}

#[async_trait]
impl WriteRemote for Mistaken<'_> {
    async fn create(&self, body: &CreateBody<'_>) -> CreateOutcome {
        let mut outcome = self.writer.create(body).await;
        if let (Mistake::TrustAnyAnswer, CreateOutcome::Created(seen)) =
            (self.mistake, &mut outcome)
        {
            seen.tags = Some(body.tags.iter().cloned().collect());
        }
        outcome
    }

    async fn update(
        &self,
        id: InstanceId,
        patch: &PatchBody<'_>,
    ) -> Result<ObservedInstance, RemoteError> {
        self.writer.update(id, patch).await
    }

    async fn set_enabled(&self, id: InstanceId, enabled: bool) -> Result<(), RemoteError> {
        self.writer.set_enabled(id, enabled).await
    }

    async fn delete(&self, id: InstanceId) -> Result<(), RemoteError> {
        self.writer.delete(id).await
    }
}
