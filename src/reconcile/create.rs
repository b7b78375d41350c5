//! Creates and replaces.

use serde_json::Value;

use super::draft::{draft, lifecycle_fields};
use super::planner::Planner;
use super::subject::Subject;
use crate::catalog::Catalog;
use crate::model::{
    Action, Change, CreateRequest, DesiredInstance, DesiredValue, FieldChange, InventoryName,
    Lifecycle, Marker, NoteCode, ObservedInstance, Reason, RefusalCode, ReplaceRequest,
    RequestValue, SecretRecord, Shown, Step,
};

/// The configuration key that selects the authentication method.
const VARIANT: &str = "authentication.type";

impl Planner<'_> {
    /// Creates the instance of a key that has none.
    pub(super) fn create(
        &mut self,
        subject: &Subject<'_>,
        desired: &DesiredInstance,
        reason: Reason,
    ) {
        if needs_sign_in(desired) {
            self.out.note(
                NoteCode::NeedsSignIn,
                Some(subject.key),
                "not created: OAuth needs an interactive sign-in. To create the instance without one, \
                 declare `providerData`, a token, a refresh token or `externalAuthentication: initial`",
            );
            return;
        }
        self.look_alikes(subject, desired);
        let mut reasons = vec![reason];
        if subject.moved_from.is_some() {
            reasons.push(Reason::Moved);
        }
        self.out.steps.push(Step {
            key: subject.key.clone(),
            element: desired.element.to_string(),
            id: None,
            moved_from: subject.moved_from.cloned(),
            former_key: desired.lifecycle.moved_from.clone(),
            action: Action::Create(request(self.index.inventory(), subject, desired)),
            changes: all_values(desired),
            reasons,
        });
    }

    /// Replaces an instance, or continues a replace of an earlier run.
    pub(super) fn replace(
        &mut self,
        subject: &Subject<'_>,
        desired: &DesiredInstance,
        old: &ObservedInstance,
        mut reasons: Vec<Reason>,
    ) {
        let own_entry = self.input.lock.instances.get(subject.key);
        let mut entries = subject.locked.into_iter().chain(own_entry);
        if desired.lifecycle.protect || entries.any(|entry| entry.lifecycle.protect) {
            self.out.refuse(
                RefusalCode::Protected,
                Some(subject.key),
                format!("instance {} must be replaced but is protected", old.id),
                "apply `protect: false` first; a replace changes id and token",
            );
            return;
        }
        if needs_sign_in(desired) {
            self.out.note(
                NoteCode::NeedsSignIn,
                Some(subject.key),
                "not replaced: the new instance needs an interactive sign-in",
            );
            return;
        }
        let mut changes = all_values(desired);
        if !desired.element.names(&old.element) {
            changes.push(FieldChange {
                path: "element".to_owned(),
                shown: Shown::Values(Change {
                    before: Some(old.element.key.as_str().into()),
                    after: Some(desired.element.to_string().into()),
                }),
            });
            changes.sort_by(|a, b| a.path.cmp(&b.path));
        }
        let inventory = self.index.inventory();
        let retired = Marker::retired(inventory, subject.key).to_string();
        let mut tags = old.own_tags();
        tags.insert(retired.clone());
        if subject.moved_from.is_some() {
            reasons.push(Reason::Moved);
        }
        reasons.sort();
        self.out.steps.push(Step {
            key: subject.key.clone(),
            element: desired.element.to_string(),
            id: Some(old.id),
            moved_from: subject.moved_from.cloned(),
            former_key: desired.lifecycle.moved_from.clone(),
            action: Action::Replace(ReplaceRequest {
                old: old.id,
                retire_tags: (old.marker() != Some(&retired)).then_some(tags),
                expect_marker: old.marker().map(str::to_owned),
                retired_marker: retired,
                create: request(inventory, subject, desired),
            }),
            changes,
            reasons,
        });
    }

    /// Notes unmarked instances with the same name and element. They are never treated as ours.
    fn look_alikes(&mut self, subject: &Subject<'_>, desired: &DesiredInstance) {
        let index = self.index;
        let ids: Vec<String> = index
            .observed
            .instances
            .values()
            .filter(|seen| seen.name == desired.name && desired.element.names(&seen.element))
            .filter(|seen| seen.marker().is_none() && !index.is_recorded(seen.id))
            .map(|seen| seen.id.to_string())
            .collect();
        if !ids.is_empty() {
            let message = format!(
                "unmarked instances with the same name and element are left alone: {}. To adopt one \
                 instead of creating another, give it the tag `{}` first",
                ids.join(", "),
                Marker::live(index.inventory(), subject.key)
            );
            self.out
                .note(NoteCode::LookAlike, Some(subject.key), message);
        }
    }
}

fn request(
    inventory: &InventoryName,
    subject: &Subject<'_>,
    desired: &DesiredInstance,
) -> CreateRequest {
    let marker = Marker::live(inventory, subject.key).to_string();
    // The platform itself tags an instance with its name if no tags are sent
    // (docs/platform.md#tags).
    let mut tags: Vec<String> = match &desired.tags {
        Some(tags) => tags.iter().cloned().collect(),
        // A name in the form of a marker would claim the instance for another key.
        None if Marker::state_of(&desired.name).is_some() => Vec::new(),
        None => vec![desired.name.clone()],
    };
    tags.push(marker.clone());
    CreateRequest {
        element: desired.element.clone(),
        name: desired.name.clone(),
        tags,
        marker,
        configuration: desired
            .configuration
            .iter()
            .map(|(name, value)| {
                let value = match value {
                    DesiredValue::Plain(plain) => RequestValue::Plain(plain.clone()),
                    DesiredValue::Secret(_) => RequestValue::Secret,
                };
                (name.clone(), value)
            })
            .collect(),
        provider_data: desired.provider_data.is_some(),
        external_authentication: desired.external_authentication.clone(),
        retrieve_objects: desired.retrieve_objects,
        enabled: desired.enabled,
        entry: draft(desired, |_| SecretRecord::Present),
    }
}

/// All declared values as changes, sorted by path.
fn all_values(desired: &DesiredInstance) -> Vec<FieldChange> {
    let DesiredInstance {
        element: _,
        name,
        tags,
        configuration,
        provider_data,
        external_authentication,
        retrieve_objects,
        enabled,
        lifecycle,
    } = desired;
    let mut changes = Vec::new();
    let mut new = |path: &str, shown| {
        changes.push(FieldChange {
            path: path.to_owned(),
            shown,
        });
    };
    let added = |after: Value| {
        let after = Some(after);
        Shown::Values(Change {
            before: None,
            after,
        })
    };
    new("name", added(name.as_str().into()));
    if let Some(tags) = tags {
        new("tags", added(tags.iter().cloned().collect()));
    }
    if let Some(external) = external_authentication {
        new("externalAuthentication", added(external.as_str().into()));
    }
    if let Some(retrieve) = retrieve_objects {
        new(
            "retrieveObjectsAfterInstantiation",
            added((*retrieve).into()),
        );
    }
    if !enabled {
        new("enabled", added(false.into()));
    }
    let defaults = lifecycle_fields(&Lifecycle::default());
    for (field, default) in lifecycle_fields(lifecycle).into_iter().zip(defaults) {
        if field != default {
            new(field.0, added(field.1));
        }
    }
    for (name, value) in configuration {
        let shown = match value {
            DesiredValue::Plain(value) => added(value.0.clone()),
            DesiredValue::Secret(_) => Shown::Secret,
        };
        new(&format!("configuration.{name}"), shown);
    }
    if provider_data.is_some() {
        new("providerData", Shown::Secret);
    }
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    changes
}

/// Whether an OAuth element has no token to sign in with (docs/platform.md#credentials).
fn needs_sign_in(desired: &DesiredInstance) -> bool {
    let Some(entry) = Catalog::embedded().entry(&desired.element) else {
        return false;
    };
    let method = match desired.configuration.get(VARIANT) {
        Some(DesiredValue::Plain(value)) => value.canonical(),
        Some(DesiredValue::Secret(_)) | None => entry.authentication.clone(),
    };
    let has_token = ["oauth.user.token", "oauth.user.refresh_token"]
        .iter()
        .any(|name| desired.configuration.contains_key(*name));
    method.to_ascii_lowercase().starts_with("oauth")
        && desired.provider_data.is_none()
        && !has_token
        && desired.external_authentication.as_deref() != Some("initial")
}
