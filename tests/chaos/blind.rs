//! A deliberate mistake: a client that finds nothing by its marker, neither by search nor in the list.

use async_trait::async_trait;
use connectorctl::lockfile::{LockPaths, LockView};
use connectorctl::model::{InstanceId, InventoryName, Lookup, ObservedInstance, Tenant};
use connectorctl::ports::{
    CreateBody, CreateOutcome, Listing, PatchBody, ReadRemote, RemoteError, WriteRemote,
};
use connectorctl::remote::RemoteWriter;

/// Shows of the list only what the lock file records.
pub(crate) struct Blind<'a> {
    pub(crate) writer: &'a RemoteWriter,
    pub(crate) paths: LockPaths,
    pub(crate) inventory: InventoryName,
}

#[async_trait]
impl ReadRemote for Blind<'_> {
    async fn tenant(&self) -> Result<Tenant, RemoteError> {
        self.writer.tenant().await
    }

    async fn list(&self) -> Result<Listing, RemoteError> {
        let mut listed = self.writer.list().await?;
        let view = LockView::read(&self.paths, &self.inventory).expect("a view");
        listed.instances.retain(|instance| {
            let mut entries = view.lock.iter().flat_map(|lock| lock.instances.values());
            entries.any(|entry| entry.id == instance.id)
        });
        Ok(listed)
    }

    async fn find(&self, _tag: &str) -> Result<Vec<ObservedInstance>, RemoteError> {
        Ok(Vec::new())
    }

    async fn get(&self, id: InstanceId) -> Result<Lookup, RemoteError> {
        self.writer.get(id).await
    }
}

#[async_trait]
impl WriteRemote for Blind<'_> {
    async fn create(&self, body: &CreateBody<'_>) -> CreateOutcome {
        self.writer.create(body).await
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
