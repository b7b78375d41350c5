//! The lock file and its journal as a run sees them.

use async_trait::async_trait;

use crate::lockfile::{Finished, LockError, LockStore, LockView};
use crate::model::{InventoryName, LockHeader, Remade};
use crate::ports::LockSink;

/// The lock file, held exclusively. A trait so that a test can put a failing disk in between.
#[async_trait]
pub trait Store: LockSink {
    fn view(&self, inventory: &InventoryName) -> LockView;

    /// As [`LockStore::begin`].
    ///
    /// # Errors
    /// [`LockError`]; nothing may be sent then.
    async fn begin(&self, header: &LockHeader) -> Result<(), LockError>;

    /// As [`LockStore::finish`].
    ///
    /// # Errors
    /// [`LockError`]; the journal still holds everything.
    async fn finish(&mut self, header: &LockHeader, remade: &Remade)
    -> Result<Finished, LockError>;
}

#[async_trait]
impl Store for LockStore {
    fn view(&self, inventory: &InventoryName) -> LockView {
        Self::view(self, inventory)
    }

    async fn begin(&self, header: &LockHeader) -> Result<(), LockError> {
        Self::begin(self, header).await
    }

    async fn finish(
        &mut self,
        header: &LockHeader,
        remade: &Remade,
    ) -> Result<Finished, LockError> {
        Self::finish(self, header, remade)
    }
}
