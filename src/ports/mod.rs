//! The traits through which the core reads and writes the platform and the lock, and their types.
//!
//! Must not: do I/O, or depend on how the platform is reached. `plan` gets a [`ReadRemote`] only, so it
//! cannot write.

#![warn(missing_docs)]

mod body;
mod clock;
mod error;
pub mod kill;
mod known;
mod sink;
mod stop;

use std::collections::BTreeSet;

use async_trait::async_trait;

pub use body::{BodyValue, CreateBody, PatchBody};
pub use clock::{Clock, SteadyClock, TimeSource};
pub use error::{CreateOutcome, RemoteError, RemoteErrorKind, UnknownClass};
pub use known::{Known, KnownSecrets};
pub use sink::{LockSink, Record, SinkError};
pub use stop::{Stop, StopHandle, StopLevel};

use crate::model::{
    Completeness, InstanceId, InstanceKey, Kept, Lookup, ObservedInstance, SentValues, Tenant,
};

/// What a list showed, and whether that is all there is.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    /// Each instance once.
    pub instances: Vec<ObservedInstance>,
    /// Unless it is complete, a list may find an instance, and never proves that one does not exist.
    pub completeness: Completeness,
    /// How many requests one reading took.
    pub pages: usize,
    /// Those that were read by id, because the list shows too little of them.
    pub read: BTreeSet<InstanceId>,
}

/// Whether several pages that nothing speaks against are read again.
#[derive(Clone, Copy, Debug)]
pub enum Confirm<'i> {
    /// Not yet: they are [`Completeness::Unconfirmed`].
    Later,
    /// Until two readings in a row show the same.
    Now,
    /// The same, where the first of them may be an earlier one that showed these ids.
    With(&'i BTreeSet<InstanceId>),
}

/// What a search by tag found.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// The instances with exactly this tag, case included, as the list shows them.
    pub hits: Vec<ObservedInstance>,
    /// As for [`Listing`]. Complete proves absence only where searches are known to find anything.
    pub completeness: Completeness,
    /// Whether the platform returned nothing but hits (docs/platform.md#q4).
    pub is_filtered: bool,
}

/// Reading the platform.
#[async_trait]
pub trait ReadRemote: Send + Sync {
    /// The organization of the credentials. Until this has succeeded, no 404 counts as an empty list
    /// (docs/platform.md#empty-lists).
    ///
    /// # Errors
    /// Every failed request.
    async fn tenant(&self) -> Result<Tenant, RemoteError>;

    /// All instances that these credentials can see, from every page of the list, which is read again
    /// where it is not known to be complete. Instances that the list shows without tags were read by id.
    ///
    /// # Errors
    /// One failed page fails the whole list, because an unreadable instance is not a missing one.
    async fn list(&self, confirm: Confirm<'_>) -> Result<Listing, RemoteError>;

    /// The instances with this tag.
    ///
    /// # Errors
    /// As for [`ReadRemote::list`].
    async fn find(&self, tag: &str) -> Result<Search, RemoteError>;

    /// One instance, with all its properties.
    ///
    /// # Errors
    /// Every failed request except the platform's own 404, which is [`Lookup::Gone`].
    async fn get(&self, id: InstanceId) -> Result<Lookup, RemoteError>;

    /// Returns once this run has given up the platform: every further request is
    /// [`RemoteErrorKind::Disconnected`]. Never returns if the platform is never given up.
    async fn disconnected(&self) {
        std::future::pending().await
    }
}

/// Writing to the platform. Never handed to `plan`.
#[async_trait]
pub trait WriteRemote: ReadRemote {
    /// `POST /instances`. A request that provably created nothing may be sent again inside; one that
    /// may have taken effect never is.
    async fn create(&self, body: &CreateBody<'_>) -> CreateOutcome;

    /// `PATCH /instances/{id}`; returns the instance after the change.
    ///
    /// # Errors
    /// Every failed request; [`RemoteErrorKind::Ambiguous`] if it may have taken effect.
    async fn update(
        &self,
        id: InstanceId,
        patch: &PatchBody<'_>,
    ) -> Result<ObservedInstance, RemoteError>;

    /// `PUT /instances/{id}` that makes the platform sign in again with what it holds; returns the instance
    /// after it. Only name and tags are sent, as they are.
    ///
    /// # Errors
    /// As for [`WriteRemote::update`].
    async fn sign_in(
        &self,
        id: InstanceId,
        same: &PatchBody<'_>,
    ) -> Result<ObservedInstance, RemoteError>;

    /// Enables or disables an instance.
    ///
    /// # Errors
    /// As for [`WriteRemote::update`].
    async fn set_enabled(&self, id: InstanceId, enabled: bool) -> Result<(), RemoteError>;

    /// Deletes an instance; succeeds if it no longer exists (docs/platform.md#q11).
    ///
    /// # Errors
    /// As for [`WriteRemote::update`].
    async fn delete(&self, id: InstanceId) -> Result<(), RemoteError>;
}

/// Is told of every instance right before its `DELETE`.
pub trait Removals: Send + Sync {
    /// Returns once what is kept of the instance is durable.
    ///
    /// # Errors
    /// Where it cannot be written; nothing may be deleted then.
    fn about_to_delete(&self, key: &InstanceKey, seen: &ObservedInstance) -> std::io::Result<()>;
}

/// Compares values as a plan compares them.
pub trait Comparison: Send + Sync {
    /// What the platform keeps instead of what it was sent; `before` is the instance as it was before the
    /// request, and `None` for a create.
    fn kept(
        &self,
        sent: &SentValues<'_>,
        before: Option<&ObservedInstance>,
        after: &ObservedInstance,
    ) -> Kept;
}
