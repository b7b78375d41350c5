//! Deliberate mistakes of a client: one that finds nothing by its marker, neither by search nor in the list,
//! one that believes every list, one that believes every answer, and one that takes anything for a token.

use async_trait::async_trait;
use bytes::Bytes;
use connectorctl::lockfile::{LockPaths, LockView};
use connectorctl::model::{
    Completeness, InstanceId, InventoryName, LockedInstance, Lookup, ObservedInstance, Secret,
    Tenant,
};
use connectorctl::ports::{
    Confirm, CreateBody, CreateOutcome, Listing, PatchBody, ReadRemote, RemoteError, Search,
    WriteRemote,
};
use connectorctl::remote::RemoteWriter;
use http::Response;

use super::checkout::Mistake;

pub(crate) struct Mistaken<'a> {
    pub(crate) writer: &'a RemoteWriter,
    pub(crate) mistake: Mistake,
    pub(crate) paths: LockPaths,
    pub(crate) inventory: InventoryName,
}

impl Mistaken<'_> {
    fn recorded(&self) -> Vec<LockedInstance> {
        let view = LockView::read(&self.paths, &self.inventory).expect("a view");
        let lock = view.lock.into_iter();
        lock.flat_map(|lock| lock.instances.into_values()).collect()
    }

    /// Takes for the token what is recorded, or else whatever there is, under [`Mistake::AnyToken`].
    fn with_token(&self, seen: &mut ObservedInstance) {
        if self.mistake != Mistake::AnyToken {
            return;
        }
        let recorded = self.recorded();
        let entry = recorded.iter().find(|entry| entry.id == seen.id);
        let token = entry.and_then(|entry| entry.token.as_ref()?.plain().cloned());
        let any = || seen.token.take().unwrap_or_else(|| Secret::new(""));
        seen.token = Some(token.unwrap_or_else(any));
    }
}

#[async_trait]
impl ReadRemote for Mistaken<'_> {
    async fn tenant(&self) -> Result<Tenant, RemoteError> {
        self.writer.tenant().await
    }

    async fn list(&self, confirm: Confirm<'_>) -> Result<Listing, RemoteError> {
        let mut listed = self.writer.list(confirm).await?;
        match self.mistake {
            Mistake::NoMarkerSearch => {
                // Only what the lock file records.
                let recorded = self.recorded();
                listed
                    .instances
                    .retain(|instance| recorded.iter().any(|entry| entry.id == instance.id));
            }
            Mistake::BelieveLists => {
                for seen in &mut listed.instances {
                    if listed.read.contains(&seen.id) {
                        seen.tags = Some(Default::default());
                    }
                }
                listed.read.clear();
                listed.completeness = Completeness::Complete;
            }
            _ => {}
        }
        for seen in &mut listed.instances {
            self.with_token(seen);
        }
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
        let mut read = self.writer.get(id).await?;
        if let Lookup::Found(seen) = &mut read {
            self.with_token(seen);
        }
        Ok(read)
    }

    async fn disconnected(&self) {
        self.writer.disconnected().await;
    }
}

#[async_trait]
impl WriteRemote for Mistaken<'_> {
    async fn create(&self, body: &CreateBody<'_>) -> CreateOutcome {
        let mut outcome = self.writer.create(body).await;
        if let CreateOutcome::Created(seen) = &mut outcome {
            if self.mistake == Mistake::TrustAnyAnswer {
                seen.tags = Some(body.tags.iter().cloned().collect());
            }
            self.with_token(seen);
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

    async fn sign_in(
        &self,
        id: InstanceId,
        same: &PatchBody<'_>,
    ) -> Result<ObservedInstance, RemoteError> {
        self.writer.sign_in(id, same).await
    }

    async fn set_enabled(&self, id: InstanceId, enabled: bool) -> Result<(), RemoteError> {
        self.writer.set_enabled(id, enabled).await
    }

    async fn delete(&self, id: InstanceId) -> Result<(), RemoteError> {
        self.writer.delete(id).await
    }
}

/// The page of a list as a client sees it that stops after the first one, and knows of no total.
pub(crate) fn as_the_last(mut page: Response<Bytes>) -> Response<Bytes> {
    for name in ["elements-next-page-token", "elements-total-count"] {
        let _ = page.headers_mut().remove(name);
    }
    page
}
