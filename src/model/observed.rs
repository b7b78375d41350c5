//! What the platform shows. Remote data is input and never an invariant.

use std::collections::{BTreeMap, BTreeSet};

use super::{Element, InstanceId, Marker, OrganizationId, Secret};

/// Everything read of the live platform for one plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// Every instance seen, by id: the complete list, and what was read by id besides.
    pub instances: BTreeMap<InstanceId, ObservedInstance>,
    /// Locked ids that the complete list lacks and the platform itself answered 404 for.
    pub gone: BTreeSet<InstanceId>,
}

impl Observed {
    /// The instances by each marker they carry, in order of id.
    pub fn by_marker(&self) -> BTreeMap<&str, Vec<&ObservedInstance>> {
        let mut by_marker: BTreeMap<&str, Vec<&ObservedInstance>> = BTreeMap::new();
        for instance in self.instances.values() {
            for marker in instance.markers() {
                by_marker.entry(marker).or_default().push(instance);
            }
        }
        by_marker
    }
}

/// One live instance.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservedInstance {
    /// The platform's id.
    pub id: InstanceId,
    /// The name on the platform.
    pub name: String,
    /// The connector.
    pub element: Element,
    /// All tags, markers included; `None` where an abridged list left them out (docs/platform.md#q2).
    pub tags: Option<BTreeSet<String>>,
    /// Every configuration value as the platform spells it; `None` where it was left out. A value
    /// may be a credential in clear, hence the type; a mask is [`Secret`] text `********`.
    pub configuration: Option<BTreeMap<String, Option<Secret>>>,
    /// Whether it accepts calls (the platform's `disabled`, negated).
    pub enabled: bool,
    /// Whether its credentials work, as far as the platform knows.
    pub valid: bool,
    /// Verbatim.
    pub created_date: Option<String>,
    /// Shown on create, get and list (docs/platform.md#the-instance).
    pub token: Option<Secret>,
}

impl ObservedInstance {
    /// The markers it carries, of whatever inventory, in order.
    pub fn markers(&self) -> impl Iterator<Item = &str> {
        let tags = self.tags.iter().flatten().map(String::as_str);
        tags.filter(|tag| Marker::state_of(tag).is_some())
    }

    /// The marker that a write expects to find again: the only one, or the first of several.
    pub fn marker(&self) -> Option<&str> {
        self.markers().next()
    }

    /// Its tags without the markers.
    pub fn own_tags(&self) -> BTreeSet<String> {
        let tags = self.tags.iter().flatten();
        tags.filter(|tag| Marker::state_of(tag).is_none())
            .cloned()
            .collect()
    }

    /// Whether it carries this marker.
    pub fn carries(&self, marker: &Marker) -> bool {
        self.has_tag(marker.as_str())
    }

    /// Whether it has this tag; no where its tags were left out.
    pub fn has_tag(&self, tag: &str) -> bool {
        self.tags.as_ref().is_some_and(|tags| tags.contains(tag))
    }

    /// The value under a configuration key; `None` where it is unset or was left out.
    pub fn value(&self, name: &str) -> Option<&Secret> {
        self.configuration.as_ref()?.get(name)?.as_ref()
    }

    /// Whether tags or configuration were left out. Such an instance can be neither compared nor
    /// changed.
    pub fn is_abridged(&self) -> bool {
        self.tags.is_none() || self.configuration.is_none()
    }

    /// Sorts instances with the marker of one key: the one to keep comes first, which is the oldest
    /// valid one, or the oldest where none is valid.
    pub fn rank(&self) -> (bool, InstanceId) {
        (!self.valid, self.id)
    }
}

/// The platform's mask for a secret it stores: exactly eight asterisks (docs/platform.md#masking).
pub(crate) const MASK: &str = "********";

/// The answer to a question for one id.
#[derive(Clone, Debug, PartialEq)]
pub enum Lookup {
    /// It is there.
    Found(Box<ObservedInstance>),
    /// The platform's own 404 for this id, not just any.
    Gone,
}

/// Who the credentials belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// `None` where `GET /organizations/me` is refused with 403.
    pub organization: Option<OrganizationId>,
}
