//! Settling an intent whose key has left the manifest: what is found enters the lock file, where
//! the next plan keeps or prunes it.

use std::collections::BTreeMap;

use tokio::sync::SemaphorePermit;

use super::run::Run;
use super::settle::{Search, Settled};
use super::step::{StepDone, StepError};
use crate::model::{InstanceKey, Lifecycle, LockedInstance, Marker, OpenIntent};
use crate::ports::Record;

const WHY: &str = "an earlier run was cut off while it created this instance, which the manifest no longer has: looking whether it exists";

impl<'a> Run<'a> {
    pub(super) async fn settle_orphan(
        &self,
        key: &InstanceKey,
        intent: &OpenIntent,
        permit: &mut Option<SemaphorePermit<'a>>,
    ) -> Result<StepDone, StepError> {
        let search = Search {
            key,
            markers: vec![Marker::live(&self.apply.plan.inventory, key)],
            until: self.window_end(intent),
            why: WHY,
        };
        let seen = match self.settle(search, permit).await? {
            Settled::Found(seen) => self.with_token(*seen).await?,
            Settled::Nothing => {
                self.not_created(key).await?;
                return Ok(StepDone {
                    id: None,
                    replan: false,
                });
            }
        };
        let id = seen.id;
        let recorded = self.apply.lock.instances.get(key);
        if recorded.is_some_and(|entry| entry.id == id) {
            // What was meant to follow it was never made, and it is recorded better than from here.
            self.not_created(key).await?;
            return Ok(StepDone::with(id));
        }
        let entry = LockedInstance {
            id,
            tags: Some(seen.own_tags()),
            token: seen.token,
            element: seen.element,
            name: seen.name,
            // What was declared is not known any more, and nothing of it is managed.
            configuration: BTreeMap::new(),
            secrets: BTreeMap::new(),
            enabled: seen.enabled,
            valid: seen.valid,
            created_date: seen.created_date,
            lifecycle: Lifecycle::default(),
        };
        self.record(Record::Entry {
            key: key.clone(),
            entry: Box::new(entry),
        })
        .await?;
        Ok(StepDone {
            id: Some(id),
            replan: true,
        })
    }
}
