//! The traits between the edges: how the core's callers read and write the platform and the lock.
//!
//! Must not: do any I/O, or say how the platform is spoken to. `plan` is handed [`ReadRemote`] only
//! and therefore cannot write.

#![warn(missing_docs)]

mod body;
mod clock;
mod error;
pub mod kill;
mod sink;
mod stop;

use async_trait::async_trait;

pub use body::{BodyValue, CreateBody, PatchBody};
pub use clock::Clock;
pub use error::{CreateOutcome, RemoteError, RemoteErrorKind, UnknownClass};
pub use sink::{LockSink, Record, SinkError};
pub use stop::{Stop, StopHandle, StopLevel};

use crate::model::{InstanceId, Lookup, ObservedInstance, Tenant};

/// Reading the platform.
#[async_trait]
pub trait ReadRemote: Send + Sync {
    /// Who the credentials belong to; also the positive probe without which no 404 counts as an
    /// empty list (docs/platform.md#empty-lists).
    ///
    /// # Errors
    /// Whatever kept the platform from answering, explained.
    async fn tenant(&self) -> Result<Tenant, RemoteError>;

    /// The complete list of the instances these credentials see, hydrated, every page.
    ///
    /// # Errors
    /// One failed page fails the whole: unreadable is not absent.
    async fn list(&self) -> Result<Vec<ObservedInstance>, RemoteError>;

    /// The instances that carry this very tag, exact in case.
    ///
    /// # Errors
    /// As for [`ReadRemote::list`].
    async fn find(&self, tag: &str) -> Result<Vec<ObservedInstance>, RemoteError>;

    /// One instance, fully populated.
    ///
    /// # Errors
    /// Everything but the platform's own 404, which is [`Lookup::Gone`].
    async fn get(&self, id: InstanceId) -> Result<Lookup, RemoteError>;
}

/// Writing to the platform. Never handed to `plan`.
#[async_trait]
pub trait WriteRemote: ReadRemote {
    /// Sends one `POST /instances`, or none where it could not be sent. Proven rejections are
    /// retried inside; anything that may have taken effect never is.
    async fn create(&self, body: &CreateBody<'_>) -> CreateOutcome;

    /// `PATCH /instances/{id}` with only what changes; answers the instance afterwards.
    ///
    /// # Errors
    /// [`RemoteErrorKind::Ambiguous`] where it may have taken effect.
    async fn update(
        &self,
        id: InstanceId,
        patch: &PatchBody<'_>,
    ) -> Result<ObservedInstance, RemoteError>;

    /// Enables or disables.
    ///
    /// # Errors
    /// As for [`WriteRemote::update`].
    async fn set_enabled(&self, id: InstanceId, enabled: bool) -> Result<(), RemoteError>;

    /// Deletes; an instance that is gone already is a success (docs/platform.md#q11).
    ///
    /// # Errors
    /// As for [`WriteRemote::update`].
    async fn delete(&self, id: InstanceId) -> Result<(), RemoteError>;
}
