//! What the platform shows. Remote data is input and never an invariant.

use std::collections::{BTreeMap, BTreeSet};

use super::{Element, InstanceId, Marker, OrganizationId, Secret};

/// Everything read from the platform for one plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// All instances, from the complete list or read by id.
    pub instances: BTreeMap<InstanceId, ObservedInstance>,
    /// Recorded ids that are missing in the list and for which the platform itself returned 404.
    pub gone: BTreeSet<InstanceId>,
    /// Whether the list proves that what it lacks does not exist.
    pub completeness: Completeness,
    /// The instances that the list shows.
    pub listed: BTreeSet<InstanceId>,
    /// How many requests one reading of the list took.
    pub pages: usize,
    /// The instances as a read by id shows them. The others are as a list shows them, which may be out of
    /// date.
    pub read: BTreeSet<InstanceId>,
}

/// Whether a list proves that what it lacks does not exist (docs/platform.md#paging).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Completeness {
    /// What the list lacks does not exist, except for what is newer than the list lag.
    #[default]
    Complete,
    /// The list has several pages and was read once. Another reading that shows the same would make it
    /// complete.
    Unconfirmed,
    /// What the list lacks may exist.
    Unproven(Doubt),
}

/// Why a list is not known to be complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// The last page may not be the last one.
    #[error("its last page may not be the last one")]
    NoEnd,
    /// The platform's total is not the number of instances.
    #[error("the platform's total is not the number of instances in it")]
    Total,
    /// The total changed between two pages, or the instances between two readings.
    #[error("it changed while it was read")]
    Changed,
}

impl Observed {
    /// Adds what a read by id showed.
    pub fn add(&mut self, id: InstanceId, lookup: Lookup) {
        match lookup {
            Lookup::Found(instance) => {
                self.gone.remove(&id);
                self.instances.insert(id, *instance);
                self.read.insert(id);
            }
            Lookup::Gone => {
                self.instances.remove(&id);
                self.gone.insert(id);
            }
        }
    }

    /// The instances by marker, each list in order of id.
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
    /// Not unique on the platform.
    pub name: String,
    /// Its connector.
    pub element: Element,
    /// All tags, markers included; `None` where an abridged list left them out (docs/platform.md#q2).
    pub tags: Option<BTreeSet<String>>,
    /// All configuration values in the platform's spelling; `None` if left out. A value may be a
    /// credential in plain text, hence the type. A mask is the text `********`.
    pub configuration: Option<BTreeMap<String, Option<Secret>>>,
    /// Whether it accepts calls (the platform's `disabled`, negated).
    pub enabled: bool,
    /// Whether its credentials work, as far as the platform knows.
    pub valid: bool,
    /// As the platform returned it.
    pub created_date: Option<String>,
    /// Shown on create, get and list (docs/platform.md#the-instance).
    pub token: Option<Secret>,
}

impl ObservedInstance {
    /// The markers it carries, of any inventory, in order.
    pub fn markers(&self) -> impl Iterator<Item = &str> {
        let tags = self.tags.iter().flatten().map(String::as_str);
        tags.filter(|tag| Marker::state_of(tag).is_some())
    }

    /// The marker that a write expects to find; the first, if there are several.
    pub fn marker(&self) -> Option<&str> {
        self.markers().next()
    }

    /// Its tags except markers.
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

    /// Whether it has this tag; `false` if its tags were left out.
    pub fn has_tag(&self, tag: &str) -> bool {
        self.tags.as_ref().is_some_and(|tags| tags.contains(tag))
    }

    /// The value of a configuration key; `None` if it is unset or was left out.
    pub fn value(&self, name: &str) -> Option<&Secret> {
        self.configuration.as_ref()?.get(name)?.as_ref()
    }

    /// Whether tags or configuration were left out. Such an instance can be neither compared nor
    /// changed.
    pub fn is_abridged(&self) -> bool {
        self.tags.is_none() || self.configuration.is_none()
    }

    /// The order in which instances with the same marker are preferred: valid before invalid, then
    /// older before newer.
    pub fn rank(&self) -> (bool, InstanceId) {
        (!self.valid, self.id)
    }
}

/// The platform's mask for a stored secret: exactly eight asterisks (docs/platform.md#masking).
pub(crate) const MASK: &str = "********";

/// The result of reading one id.
#[derive(Clone, Debug, PartialEq)]
pub enum Lookup {
    /// It exists.
    Found(Box<ObservedInstance>),
    /// It does not exist: the 404 came from the platform itself.
    Gone,
}

/// The tenant of the credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// `None` if `GET /organizations/me` is refused with 403.
    pub organization: Option<OrganizationId>,
}
