//! What the platform stores. Must not: know a request or a route.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::random::Random;

pub(super) const VERSION: u32 = 1;
/// Ids start here and ascend by one (docs/platform.md#the-instance).
const FIRST_ID: u64 = 12345;

/// After so many the platform disables an instance (docs/platform.md#q23).
const MAX_FAILED_REFRESHES: u32 = 5;

/// Everything the platform stores, and the content of the state file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PlatformState {
    pub(super) version: u32,
    pub(super) random: Random,
    pub(super) organizations: Vec<Organization>,
    pub(super) users: Vec<User>,
    pub(super) next_id: u64,
    pub(super) instances: BTreeMap<u64, StoredInstance>,
    /// Grant codes work once (docs/platform.md#side-effects).
    pub(super) used_codes: BTreeSet<String>,
    /// How many elements the tenant has made; an id is never used again (docs/platform.md#catalogue).
    #[serde(default)]
    pub(super) elements_made: u64,
    /// Elements made by the tenant, in addition to the catalogue.
    pub(super) own_elements: OwnElements,
    pub(super) counters: Counters,
}

/// Values by key, before masking; `None` if unset.
pub(super) type Configuration = BTreeMap<String, Option<String>>;
pub(super) type OwnElements = BTreeMap<u64, Element>;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Organization {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) secret: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct User {
    pub(super) id: u64,
    pub(super) organization: u64,
    pub(super) email: String,
    pub(super) secret: String,
    /// Whether the role lets them see the instances of others in the account (docs/platform.md#visibility).
    pub(super) sees_account: bool,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StoredInstance {
    pub(super) id: u64,
    pub(super) owner: u64,
    pub(super) organization: u64,
    pub(super) name: String,
    pub(super) element: u64,
    pub(super) element_key: String,
    pub(super) token: String,
    pub(super) tags: Vec<String>,
    pub(super) configuration: Configuration,
    pub(super) valid: bool,
    pub(super) disabled: bool,
    pub(super) deleted: bool,
    pub(super) trace_logging: bool,
    pub(super) external_authentication: String,
    pub(super) created_ms: u64,
    /// When lists begin to show it.
    pub(super) listed_from_ms: u64,
    /// How often in a row its token could not be refreshed.
    #[serde(default)]
    pub(super) failed_refreshes: u32,
    /// Earlier versions that lists show instead, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) superseded: Vec<Superseded>,
}

/// An earlier version of an instance.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Superseded {
    listed_until_ms: u64,
    version: StoredInstance,
}

impl StoredInstance {
    /// The version that lists show at this time.
    pub(super) fn as_listed(&self, now_ms: u64) -> &Self {
        let mut earlier = self.superseded.iter();
        earlier
            .find(|earlier| earlier.listed_until_ms > now_ms)
            .map_or(self, |earlier| &earlier.version)
    }

    /// Visits the configuration of this version and of every earlier one.
    pub(super) fn for_each_configuration(&mut self, visit: &mut dyn FnMut(&mut Configuration)) {
        visit(&mut self.configuration);
        for earlier in &mut self.superseded {
            earlier.version.for_each_configuration(visit);
        }
    }

    /// Replaces this version; lists show it for as long as changes lag.
    pub(super) fn supersede(&mut self, next: Self, now_ms: u64, lag_ms: u64) {
        let mut version = std::mem::replace(self, next);
        self.superseded = std::mem::take(&mut version.superseded);
        self.superseded
            .retain(|earlier| earlier.listed_until_ms > now_ms);
        if lag_ms > 0 {
            self.superseded.push(Superseded {
                listed_until_ms: now_ms.saturating_add(lag_ms),
                version,
            });
        }
    }
}

/// An element made by the tenant, or one of the catalogue.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Element {
    pub(super) id: u64,
    pub(super) key: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) description: String,
    pub(super) hub: String,
    pub(super) authentication: String,
    pub(super) active: bool,
    /// The catalogue element whose configuration keys it has: its source, or itself.
    pub(super) cloned_from: Option<String>,
    /// Entries as the tenant sent them.
    pub(super) configuration: Vec<Value>,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Counters {
    pub(super) requests: u64,
    pub(super) posts: u64,
    pub(super) creates: u64,
    pub(super) authentications: u64,
}

impl PlatformState {
    /// A new platform: two tenants, with two users in the first and one in the second.
    pub(super) fn new(seed: String) -> Self {
        let mut random = Random::new(seed);
        let mut organization = |id, name: &str| Organization {
            id,
            name: name.to_owned(),
            secret: random.organization_secret(),
        };
        let organizations = vec![
            organization(4711, "Sandbox"),
            organization(4712, "Elsewhere"),
        ];
        let mut user = |id, organization, email: &str, sees_account| User {
            id,
            organization,
            email: email.to_owned(),
            secret: random.token(),
            sees_account,
        };
        let users = vec![
            user(101, 4711, "first@sandbox.example", true),
            user(102, 4711, "second@sandbox.example", false),
            user(201, 4712, "other@elsewhere.example", true),
        ];
        Self {
            version: VERSION,
            random,
            organizations,
            users,
            next_id: FIRST_ID,
            instances: BTreeMap::new(),
            used_codes: BTreeSet::new(),
            elements_made: 0,
            own_elements: BTreeMap::new(),
            counters: Counters::default(),
        }
    }

    pub(super) fn user(&self, id: u64) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    pub(super) fn organization(&self, id: u64) -> Option<&Organization> {
        self.organizations.iter().find(|own| own.id == id)
    }

    /// The token of the newest instance could not be refreshed.
    pub(super) fn fail_refresh(&mut self) {
        if let Some(mut newest) = self.instances.last_entry() {
            let newest = newest.get_mut();
            newest.failed_refreshes += 1;
            if newest.failed_refreshes >= MAX_FAILED_REFRESHES {
                newest.disabled = true;
                newest.valid = false;
            }
        }
    }

    /// Adds an instance with the next id and a new token.
    pub(super) fn add(&mut self, mut instance: StoredInstance) -> u64 {
        instance.id = self.next_id;
        instance.token = self.random.token();
        self.next_id += 1;
        self.instances.insert(instance.id, instance);
        self.next_id - 1
    }
}
