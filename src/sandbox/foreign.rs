//! Instances of other users that come and go, as the faults `page-delete`, `page-create` and `other-…` ask
//! for. Must not: touch an instance without the tag [`FOREIGN`].

use serde_json::Value;

use super::behaviour::{self, Parts, find_by_key};
use super::fault_spec::FaultKind;
use super::platform::Platform;
use super::reply::ApiError;
use super::state::StoredInstance;

/// The tag of instances that may come and go.
const FOREIGN: &str = "foreign";
/// The element of those that come.
const ELEMENT: &str = "jira";

impl Platform {
    /// Called before every page of a list but the first.
    pub(super) fn change_between_pages(&mut self) {
        if self.faults.has(FaultKind::PageDelete) {
            let oldest = self.state.instances.values_mut().find(|instance| {
                !instance.deleted && instance.tags.iter().any(|tag| tag == FOREIGN)
            });
            if let Some(oldest) = oldest {
                oldest.deleted = true;
            }
        }
        if self.faults.has(FaultKind::PageCreate) {
            self.create_foreign();
        }
    }

    /// A new instance of the second user, as a response shows it.
    pub(super) fn foreign_instance(&mut self) -> Result<Value, ApiError> {
        let id = self.create_foreign();
        let instance = id.and_then(|id| self.state.instances.get(&id));
        let shown = instance.map(|one| behaviour::instance(self, one, Parts::ALL, None));
        shown.ok_or_else(|| ApiError::error(500, "No other user exists"))
    }

    fn create_foreign(&mut self) -> Option<u64> {
        let state = &mut self.state;
        let element = find_by_key(&state.own_elements, ELEMENT)?;
        let owner = state.users.get(1)?;
        Some(state.add(StoredInstance {
            owner: owner.id,
            organization: owner.organization,
            name: format!("Foreign {}", state.next_id),
            element: element.id,
            element_key: ELEMENT.to_owned(),
            tags: vec![FOREIGN.to_owned()],
            valid: true,
            external_authentication: "none".to_owned(),
            created_ms: self.now_ms,
            listed_from_ms: self.now_ms,
            ..StoredInstance::default()
        }))
    }
}
