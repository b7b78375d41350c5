//! A plan: decisions as data. It leaves no choice to `apply`, holds no secret, and can be saved.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    Element, ElementId, ElementKey, InstanceId, InstanceKey, InventoryName, Lifecycle, Marker,
    MarkerState, Note, PlainValue, Reason, RefusalCode,
};

/// How the manifest names a connector. An id is for a private element that shadows a key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ElementRef {
    /// By key: the usual form.
    Key(ElementKey),
    /// By the id of the landscape.
    Id(ElementId),
}

impl ElementRef {
    /// Whether this names the element of an instance.
    pub fn names(&self, element: &Element) -> bool {
        match self {
            Self::Key(key) => element.key == *key,
            Self::Id(id) => element.id == Some(*id),
        }
    }
}

impl std::fmt::Display for ElementRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Key(key) => key.fmt(f),
            Self::Id(id) => write!(f, "#{id}"),
        }
    }
}

/// What the planner returns: the decisions, and apart from them what it saw.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// The decisions.
    pub plan: Plan,
    /// Seen, but not acted on; sorted.
    pub notes: Vec<Note>,
    /// How many managed instances need nothing.
    pub unchanged: usize,
    /// Guards that forbid applying this plan; sorted. Empty in a plan that may be applied.
    pub refusals: Vec<Refusal>,
}

/// A guard or a protection that says no.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Refusal {
    /// Which one.
    pub code: RefusalCode,
    /// Which instance, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<InstanceKey>,
    /// What is refused and why, in one sentence.
    pub message: String,
    /// What to do or to pass to have it all the same.
    pub hint: String,
}

/// The steps that lead from what is to what is wanted, in the order they are shown and reported.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Whose plan it is.
    pub inventory: InventoryName,
    /// Sorted by key. At most one a key, besides deletes of what is superfluous under it: those
    /// come after it, in order of id.
    pub steps: Vec<Step>,
}

/// One decision about one key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Which instance.
    pub key: InstanceKey,
    /// The connector, as a person would name it.
    pub element: String,
    /// The instance concerned, where it exists.
    pub id: Option<InstanceId>,
    /// The key it had before a rename.
    pub moved_from: Option<InstanceKey>,
    /// What to do.
    pub action: Action,
    /// What a person sees of it; sorted by path. `apply` does not read it.
    pub changes: Vec<FieldChange>,
    /// Why; for people only. `apply` does not read it.
    pub reasons: Vec<Reason>,
}

impl Step {
    /// Whether it deletes an instance besides the current one of its key: such steps come last.
    pub fn is_superfluous(&self) -> bool {
        matches!(&self.action, Action::Delete(request) if !request.drop_entry)
    }
}

/// What a step does, with every request it sends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// `POST` a new instance.
    Create(CreateRequest),
    /// Bring an instance in line; without a request where only the lock file changes.
    Update(UpdateRequest),
    /// Retire the old instance, create a new one, delete the old one.
    Replace(ReplaceRequest),
    /// `DELETE` an instance, after its id and marker were checked again.
    Delete(DeleteRequest),
    /// Take an instance that carries our marker into the lock file, then bring it in line.
    Adopt(UpdateRequest),
    /// Drop a lock entry whose instance is gone.
    Forget,
}

impl Action {
    /// The fixed word for JSON, text and reports.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Create(_) => "create",
            Self::Update(_) => "update",
            Self::Replace(_) => "replace",
            Self::Delete(_) => "delete",
            Self::Adopt(_) => "adopt",
            Self::Forget => "forget",
        }
    }
}

/// The old instance of a replace, and the new one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplaceRequest {
    /// The instance to retire and delete.
    pub old: InstanceId,
    /// A tag that must be there right before it is retired; `None` where it has no marker and the
    /// lock file alone makes it ours.
    pub expect_marker: Option<String>,
    /// The tag by which it is known from then on, and that must be there for the delete.
    pub retired_marker: String,
    /// The tags the old one gets: its own, with the retired marker in place of the live one. `None`
    /// where it is retired already.
    pub retire_tags: Option<BTreeSet<String>>,
    /// The new instance.
    pub create: CreateRequest,
}

/// Which instance to delete, and what must still be true of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteRequest {
    /// The instance.
    pub id: InstanceId,
    /// The tag that must still be there for the delete to be sent; `None` where the lock file
    /// alone makes it ours and it carries no marker.
    pub expect_marker: Option<String>,
    /// Whether the lock entry of this key goes too (not so for a duplicate of a kept one).
    pub drop_entry: bool,
}

/// The body of a create, secrets apart, and what to record once it exists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateRequest {
    /// Which connector.
    pub element: ElementRef,
    /// The name.
    pub name: String,
    /// All tags, the marker last.
    pub tags: Vec<String>,
    /// The live marker among them, by which the instance is found again.
    pub marker: String,
    /// By configuration key.
    pub configuration: BTreeMap<String, RequestValue>,
    /// Whether the manifest has `providerData`, to be taken from the resolved secrets.
    pub provider_data: bool,
    /// docs/platform.md#credentials.
    pub external_authentication: Option<String>,
    /// docs/platform.md#create.
    pub retrieve_objects: Option<bool>,
    /// Whether to disable it right after.
    pub enabled: bool,
    /// What to record.
    pub entry: LockEntryDraft,
}

/// A value in a request of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RequestValue {
    /// Sent as it stands.
    Plain(PlainValue),
    /// Taken from the resolved secrets of this key at this configuration key.
    Secret,
}

/// What changes on an existing instance. Only what is given is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateRequest {
    /// The instance.
    pub id: InstanceId,
    /// A tag that must be there right before the first write; `None` where the marker is missing
    /// and this update restores it.
    pub expect_marker: Option<String>,
    /// The new name.
    pub name: Option<String>,
    /// The whole new set of tags, the marker among them.
    pub tags: Option<BTreeSet<String>>,
    /// Only the configuration keys that change.
    pub configuration: BTreeMap<String, RequestValue>,
    /// Enable or disable.
    pub enabled: Option<bool>,
    /// What to record.
    pub entry: LockEntryDraft,
}

impl UpdateRequest {
    /// Whether a retired instance becomes the current one of its key again.
    pub fn restores(&self) -> bool {
        let retired = |marker| Marker::state_of(marker) == Some(MarkerState::Retired);
        self.tags.is_some() && self.expect_marker.as_deref().is_some_and(retired)
    }

    /// Whether a `PATCH` is needed.
    pub fn patches(&self) -> bool {
        self.name.is_some() || self.tags.is_some() || !self.configuration.is_empty()
    }

    /// Whether anything is sent at all, or only the lock file changes.
    pub fn sends(&self) -> bool {
        self.patches() || self.enabled.is_some()
    }
}

/// The declared part of a lock entry; id, token, element and the rest come from the platform's
/// answer, fingerprints from the resolved secrets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LockEntryDraft {
    /// As declared.
    pub name: String,
    /// As declared.
    pub tags: Option<BTreeSet<String>>,
    /// Plain values, canonical.
    pub configuration: BTreeMap<String, String>,
    /// Secret configuration keys, and what is to be recorded for each.
    pub secrets: BTreeMap<String, SecretRecord>,
    /// As declared.
    pub enabled: bool,
    /// As declared.
    pub lifecycle: Lifecycle,
}

/// What a lock entry is to say of a secret after the step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecretRecord {
    /// The fingerprint of the present value; an unchanged one keeps its salt.
    Present,
    /// What the lock file says already, untouched.
    Keep,
    /// Unverified.
    Unverified,
}

/// One difference, for people and for JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldChange {
    /// In the manifest's own words: `name`, `tags`, `enabled`, `configuration.subdomain`,
    /// `element`, `lifecycle.protect`, `marker`.
    pub path: String,
    /// What is shown of it.
    pub shown: Shown,
}

/// What of a difference may be shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shown {
    /// Both sides, `None` where there is nothing on that side.
    Values(super::Change<Option<serde_json::Value>>),
    /// A secret: that it changes, and no more.
    Secret,
}
