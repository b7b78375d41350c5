//! A plan: decisions as data. It leaves no choice to `apply` and can be saved.
//!
//! Must not hold a secret.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    ElementRef, InstanceId, InstanceKey, InventoryName, Lifecycle, Marker, NoteCode, PlainValue,
    Reason, RefusalCode,
};

/// The result of planning.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// What to do.
    pub plan: Plan,
    /// How the recipients of tokens change, if they do.
    pub recipients: Option<RecipientsChange>,
    /// Findings without a step; sorted.
    pub notes: Vec<Note>,
    /// How many managed instances need no step.
    pub unchanged: usize,
    /// The declared instances that have no step although they are not unchanged.
    pub standing: Standing,
    /// Why the plan must not be applied; sorted. Empty if it may be.
    pub refusals: Vec<Refusal>,
}

/// Tokens are sealed for others than before. It never counts as a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecipientsChange {
    /// Whether nothing is sealed yet.
    #[serde(skip)]
    pub is_first: bool,
    /// They can read what is sealed from now on.
    pub added: BTreeSet<String>,
    /// They can read what was sealed before.
    pub removed: BTreeSet<String>,
}

/// How many instances are declared, and how many of them have no step although they are not unchanged: a
/// summary that left them out would read as if nothing were to be done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Standing {
    /// Declared, whatever becomes of them.
    pub declared: usize,
    /// Left for a person, who has to sign in.
    pub needs_sign_in: usize,
    /// Refused, because somebody else claims the instance.
    pub contested: usize,
    /// Refused for another reason.
    pub refused: usize,
    /// Not selected by `--target` or `--exclude`.
    pub excluded: usize,
}

/// A finding without a step. It never counts as a change and never changes the exit code.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Note {
    /// The kind of finding.
    pub code: NoteCode,
    /// The instance, if the note is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<InstanceKey>,
    /// The finding, for a person.
    pub message: String,
}

/// Why a plan must not be applied.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Refusal {
    /// The guard or protection.
    pub code: RefusalCode,
    /// The instance, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<InstanceKey>,
    /// What is refused, and why.
    pub message: String,
    /// What to do, or which option to pass, to allow it.
    pub hint: String,
}

/// The steps from the observed to the desired state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The inventory it was made for.
    pub inventory: InventoryName,
    /// In the order in which they are shown and reported: by key, with at most one step for each key
    /// besides superfluous ones, which follow it in order of id.
    pub steps: Vec<Step>,
}

/// One decision about one key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// The key.
    pub key: InstanceKey,
    /// The connector, as shown to people.
    pub element: String,
    /// The existing instance, if there is one.
    pub id: Option<InstanceId>,
    /// The key before a rename whose entry or open intent moves to this key.
    pub moved_from: Option<InstanceKey>,
    /// The key before a rename as declared. An instance may carry its marker although nothing that is
    /// known says so, so a search for the marker of this key includes it.
    pub former_key: Option<InstanceKey>,
    /// What to do.
    pub action: Action,
    /// The differences, for people only; sorted by path.
    pub changes: Vec<FieldChange>,
    /// Why, for people only.
    pub reasons: Vec<Reason>,
}

impl Step {
    /// The secret configuration keys that it sends.
    pub fn sent_secrets(&self) -> impl Iterator<Item = &String> {
        let configuration = match &self.action {
            Action::Create(request) => Some(&request.configuration),
            Action::Update(request) | Action::Adopt(request) => Some(&request.configuration),
            Action::Replace(request) => Some(&request.create.configuration),
            Action::Delete(_) | Action::Forget => None,
        };
        let values = configuration.into_iter().flatten();
        let secrets = values.filter(|(_, value)| matches!(value, RequestValue::Secret));
        secrets.map(|(name, _)| name)
    }

    /// Whether it deletes an instance other than the current one of its key.
    pub fn is_superfluous(&self) -> bool {
        matches!(&self.action, Action::Delete(request) if !request.drop_entry)
    }
}

/// What a step does, with everything it sends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// `POST` a new instance.
    Create(CreateRequest),
    /// `PATCH` an instance, enable or disable it, or only change its lock entry.
    Update(UpdateRequest),
    /// Retire the old instance, create a new one, delete the old one.
    Replace(ReplaceRequest),
    /// `DELETE` an instance.
    Delete(DeleteRequest),
    /// Record an instance that has our marker, and update it.
    Adopt(UpdateRequest),
    /// Remove a lock entry whose instance is missing.
    Forget,
}

impl Action {
    /// Its name in JSON, text and reports.
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

/// The old and the new instance of a replace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplaceRequest {
    /// The instance to retire and delete.
    pub old: InstanceId,
    /// The marker it must have right before it is retired. With `None`, it must have none: it is ours
    /// by the lock file alone.
    pub expect_marker: Option<String>,
    /// The marker of the retired instance, which it must have right before it is deleted.
    pub retired_marker: String,
    /// The complete new set of tags of the old instance, with the retired marker instead of the live
    /// one. `None` if it is already retired.
    pub retire_tags: Option<BTreeSet<String>>,
    /// The new instance.
    pub create: CreateRequest,
}

/// The instance to delete.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteRequest {
    /// The instance.
    pub id: InstanceId,
    /// The marker it must have right before the delete. With `None`, it must have none: it is ours by
    /// the lock file alone.
    pub expect_marker: Option<String>,
    /// Whether to remove the lock entry of the key; `false` for a superfluous instance.
    pub drop_entry: bool,
}

/// The body of a create without its secrets, and what to record once the instance exists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateRequest {
    /// The connector.
    pub element: ElementRef,
    /// The name.
    pub name: String,
    /// All tags; the marker is the first one.
    pub tags: Vec<String>,
    /// The live marker, which is one of the tags.
    pub marker: String,
    /// By configuration key.
    pub configuration: BTreeMap<String, RequestValue>,
    /// Whether to send the `providerData` of the resolved secrets.
    pub provider_data: bool,
    /// `none` or `initial` (docs/platform.md#credentials).
    pub external_authentication: Option<String>,
    /// Whether the response lists the instance's objects (docs/platform.md#create).
    pub retrieve_objects: Option<bool>,
    /// Whether it stays enabled; if not, it is disabled after the create.
    pub enabled: bool,
    /// What to record.
    pub entry: LockEntryDraft,
}

/// A configuration value in a request of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RequestValue {
    /// Sent as it is.
    Plain(PlainValue),
    /// Taken from the resolved secrets.
    Secret,
}

/// The changes to an existing instance. `None` and missing keys are not sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateRequest {
    /// The instance.
    pub id: InstanceId,
    /// The marker it must have right before the first write. With `None`, it must have none, and this
    /// update adds it.
    pub expect_marker: Option<String>,
    /// The new name.
    pub name: Option<String>,
    /// The complete new set of tags, the marker included.
    pub tags: Option<BTreeSet<String>>,
    /// The configuration keys that change.
    pub configuration: BTreeMap<String, RequestValue>,
    /// Enable or disable.
    pub enabled: Option<bool>,
    /// What to record.
    pub entry: LockEntryDraft,
}

impl UpdateRequest {
    /// Whether it makes a retired instance the current one of its key again.
    pub fn restores(&self) -> bool {
        let expected = self.expect_marker.as_deref();
        self.tags.is_some() && expected.is_some_and(Marker::is_retired)
    }

    /// Whether a `PATCH` is needed.
    pub fn patches(&self) -> bool {
        self.name.is_some() || self.tags.is_some() || !self.configuration.is_empty()
    }

    /// Whether anything is sent, or only the lock entry changes.
    pub fn sends(&self) -> bool {
        self.patches() || self.enabled.is_some()
    }
}

/// The declared part of a lock entry. The rest comes from the platform's response and from the
/// resolved secrets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LockEntryDraft {
    /// As declared. An instance with another one is recorded with its own.
    pub element: ElementRef,
    /// As declared; where it is ignored and differs, as last applied.
    pub name: String,
    /// As the name.
    pub tags: Option<BTreeSet<String>>,
    /// Plain values in canonical spelling; without those that are ignored and were never applied.
    pub configuration: BTreeMap<String, String>,
    /// What to record of each secret configuration key.
    pub secrets: BTreeMap<String, SecretRecord>,
    /// As the name.
    pub enabled: bool,
    /// As declared.
    pub lifecycle: Lifecycle,
}

/// What to record of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecretRecord {
    /// The fingerprint of the current value.
    Present,
    /// What is already recorded of the same instance. Without a record the secret is unverified.
    Keep,
}

/// One difference, for text and JSON output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldChange {
    /// As in the manifest: `name`, `tags`, `enabled`, `configuration.subdomain`, `element`,
    /// `lifecycle.protect`; or `marker`.
    pub path: String,
    /// What may be shown of it.
    pub shown: Shown,
}

impl FieldChange {
    /// Of a value that may be shown.
    pub fn values(path: impl Into<String>, before: Option<Value>, after: Option<Value>) -> Self {
        Self {
            path: path.into(),
            shown: Shown::Values(Change { before, after }),
        }
    }

    /// Of a secret.
    pub fn secret(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            shown: Shown::Secret,
        }
    }
}

/// A value before and after a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Change<T> {
    /// What is there now.
    pub before: T,
    /// What will be there.
    pub after: T,
}

/// The part of a difference that may be shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shown {
    /// The values before and after; `None` on a side without a value.
    Values(Change<Option<Value>>),
    /// Only that a secret changes.
    Secret,
}
