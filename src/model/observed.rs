//! What the platform shows. Remote data is input and never an invariant.

use std::collections::{BTreeMap, BTreeSet};

use super::{Element, InstanceId, OrganizationId, Secret};

/// Everything read of the live platform for one plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// Every instance seen, by id: the complete list, and what was read by id besides.
    pub instances: BTreeMap<InstanceId, ObservedInstance>,
    /// Locked ids that the complete list lacks and the platform itself answered 404 for.
    pub gone: BTreeSet<InstanceId>,
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

/// The platform's mask for a secret it stores: exactly eight asterisks (docs/platform.md#masking).
pub const MASK: &str = "********";

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
