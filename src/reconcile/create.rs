//! Creates and replaces.

use std::collections::BTreeSet;

use serde_json::Value;

use super::draft::{draft, lifecycle_fields, was_secret};
use super::planner::Planner;
use super::subject::Declared;
use crate::catalog::Catalog;
use crate::model::{
    Action, CreateRequest, DesiredInstance, DesiredValue, FieldChange, Lifecycle, Marker, NoteCode,
    ObservedInstance, Reason, RefusalCode, ReplaceRequest, RequestValue, SecretRecord,
};

/// The configuration key that selects the authentication method.
const VARIANT: &str = "authentication.type";
/// Of how many similar instances the ids are listed: names are not unique, and every key may have the same.
const MAX_ALIKE: usize = 20;

impl Planner<'_> {
    /// Creates the instance of a key that has none.
    pub(super) fn create(&mut self, declared: Declared<'_>, reason: Reason) {
        if needs_sign_in(declared.desired) {
            self.out.note(
                NoteCode::NeedsSignIn,
                Some(declared.subject.key),
                "not created: OAuth needs an interactive sign-in. To create the instance without one, \
                 declare `providerData`, a token, a refresh token or `externalAuthentication: initial`",
            );
            return;
        }
        self.look_alikes(declared);
        let action = Action::Create(self.request(declared));
        let changes = all_values(declared);
        self.out
            .steps
            .push(declared.step(None, action, changes, [reason].into()));
    }

    /// Replaces an instance, or continues a replace of an earlier run.
    pub(super) fn replace(
        &mut self,
        declared: Declared<'_>,
        old: &ObservedInstance,
        reasons: impl Into<BTreeSet<Reason>>,
    ) {
        let Declared { subject, desired } = declared;
        let own_entry = self.input.lock.instances.get(subject.key);
        let mut entries = subject.locked.into_iter().chain(own_entry);
        if desired.lifecycle.protect || entries.any(|entry| entry.lifecycle.protect) {
            // A plan with a refusal is not applied, so `protect: false` needs one without the replace.
            let first = if desired.element.names(&old.element) {
                "apply `protect: false` without `--replace` first".to_owned()
            } else {
                let element = &old.element.key;
                format!(
                    "declare element `{element}` again, apply `protect: false`, and then change the element"
                )
            };
            self.out.refuse(
                RefusalCode::Protected,
                Some(subject.key),
                format!("instance {} must be replaced but is protected", old.id),
                format!("{first}; a replace changes id and token"),
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
        let mut changes = all_values(declared);
        if !desired.element.names(&old.element) {
            let before = Some(old.element.key.as_str().into());
            let after = Some(desired.element.to_string().into());
            changes.push(FieldChange::values("element", before, after));
        }
        let retired = Marker::retired(self.index.inventory(), subject.key).to_string();
        let mut tags = old.own_tags();
        tags.insert(retired.clone());
        let action = Action::Replace(ReplaceRequest {
            old: old.id,
            retire_tags: (old.marker() != Some(&retired)).then_some(tags),
            expect_marker: old.marker().map(str::to_owned),
            retired_marker: retired,
            create: self.request(declared),
        });
        let step = declared.step(Some(old.id), action, changes, reasons.into());
        self.out.steps.push(step);
    }

    /// Notes unmarked instances with the same name and element. They are never treated as ours.
    fn look_alikes(&mut self, declared: Declared<'_>) {
        let Declared { subject, desired } = declared;
        let index = self.index;
        let alike = index.unmarked(&desired.name);
        let mut alike = alike.filter(|seen| desired.element.names(&seen.element));
        let ids: Vec<String> = alike
            .by_ref()
            .take(MAX_ALIKE)
            .map(|seen| seen.id.to_string())
            .collect();
        if !ids.is_empty() {
            let more = match alike.count() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let message = format!(
                "unmarked instances with the same name and element are left alone: {}{more}. To adopt one \
                 instead of creating another, run `connectorctl import {} {}`",
                ids.join(", "),
                subject.key,
                ids[0]
            );
            self.out
                .note(NoteCode::LookAlike, Some(subject.key), message);
        }
    }

    fn request(&self, declared: Declared<'_>) -> CreateRequest {
        let Declared { subject, desired } = declared;
        let marker = Marker::live(self.index.inventory(), subject.key).to_string();
        // The platform itself tags an instance with its name if no tags are sent
        // (docs/platform.md#tags).
        let declared = match &desired.tags {
            Some(tags) => tags.iter().cloned().collect(),
            // A name in the form of a marker would claim the instance for another key.
            None if Marker::state_of(&desired.name).is_some() => Vec::new(),
            None => vec![desired.name.clone()],
        };
        // A platform that limits tags is likeliest to keep the first.
        let tags = std::iter::once(marker.clone()).chain(declared).collect();
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
}

/// All declared values as changes.
fn all_values(declared: Declared<'_>) -> Vec<FieldChange> {
    let Declared { subject, desired } = declared;
    let DesiredInstance {
        element: _,
        name,
        tags,
        configuration,
        // What a version stands for is shown as a secret.
        secret_versions: _,
        provider_data,
        external_authentication,
        retrieve_objects,
        enabled,
        lifecycle,
    } = desired;
    let added = |path: &str, after: Value| FieldChange::values(path, None, Some(after));
    let mut changes = vec![added("name", name.as_str().into())];
    if let Some(tags) = tags {
        changes.push(added("tags", tags.iter().cloned().collect()));
    }
    if let Some(external) = external_authentication {
        changes.push(added("externalAuthentication", external.as_str().into()));
    }
    if let Some(retrieve) = *retrieve_objects {
        changes.push(added("retrieveObjectsAfterInstantiation", retrieve.into()));
    }
    if !enabled {
        changes.push(added("enabled", false.into()));
    }
    let defaults = lifecycle_fields(&Lifecycle::default());
    let fields = lifecycle_fields(lifecycle).into_iter().zip(defaults);
    let declared = fields.filter(|(field, default)| field != default);
    changes.extend(declared.map(|((path, value), _)| added(path, value)));
    changes.extend(configuration.iter().map(|(name, value)| {
        let path = format!("configuration.{name}");
        match value {
            DesiredValue::Plain(_) if was_secret(subject.locked, name) => FieldChange::secret(path),
            DesiredValue::Plain(value) => added(&path, value.0.clone()),
            DesiredValue::Secret(_) => FieldChange::secret(path),
        }
    }));
    if provider_data.is_some() {
        changes.push(FieldChange::secret("providerData"));
    }
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
