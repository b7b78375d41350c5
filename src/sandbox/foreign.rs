//! Instances of other users that come and go while a client reads a list, as the faults `page-delete`
//! and `page-create` ask for. Must not: touch an instance without the tag [`FOREIGN`].

use super::behaviour::find_by_key;
use super::fault_spec::FaultKind;
use super::platform::Platform;
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

    fn create_foreign(&mut self) {
        let state = &mut self.state;
        let element = find_by_key(&state.own_elements, ELEMENT);
        let (Some(element), Some(owner)) = (element, state.users.get(1)) else {
            return;
        };
        state.add(StoredInstance {
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
        });
    }
}
