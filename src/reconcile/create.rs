//! Steps that create: for what is missing, and for what only a new instance can be.

use std::collections::BTreeSet;

use super::PlanInput;
use super::draft::draft;
use super::index::{Index, markers};
use super::normalize::is_of;
use super::presence::Found;
use super::subject::Subject;
use crate::catalog::Catalog;
use crate::model::plan::SecretRecord;
use crate::model::{
    Action, Change, CreateRequest, DesiredInstance, DesiredValue, ElementRef, FieldChange, Marker,
    NoteCode, ObservedInstance, Reason, RequestValue, Shown, Step,
};

/// The key that chooses the variant of authentication.
const VARIANT: &str = "authentication.type";

/// Nothing exists for this key, or not any more.
pub(super) fn missing(
    input: &PlanInput,
    index: &Index<'_>,
    subject: &Subject<'_>,
    desired: &DesiredInstance,
    reason: Reason,
    found: &mut Found,
) {
    if needs_sign_in(desired) {
        found.note(
            NoteCode::NeedsSignIn,
            subject,
            "signs in with OAuth, and has neither `providerData`, nor a token or refresh token, nor \
             `externalAuthentication: initial`: a person has to sign in first, so it is not created",
        );
        return;
    }
    look_alikes(input, index, subject, desired, found);
    let mut reasons = vec![reason];
    if subject.moved_from.is_some() {
        reasons.push(Reason::Moved);
    }
    found.steps.push(Step {
        key: subject.key.clone(),
        element: desired.element.to_string(),
        id: None,
        moved_from: subject.moved_from.cloned(),
        action: Action::Create(request(input, subject, desired)),
        changes: everything(desired),
        reasons,
    });
}

/// A step that replaces an instance; `retire_tags` is `None` where it is retired already.
pub(super) fn replace(
    input: &PlanInput,
    subject: &Subject<'_>,
    desired: &DesiredInstance,
    old: &ObservedInstance,
    retire_tags: Option<BTreeSet<String>>,
    reasons: Vec<Reason>,
    found: &mut Found,
) {
    let protected = subject
        .locked
        .is_some_and(|locked| locked.lifecycle.protect);
    if protected || desired.lifecycle.protect {
        found.refuse(
            "protected",
            subject,
            format!("instance {} has to be replaced, but is protected", old.id),
            "a replace makes a new id and a new token; apply `protect: false` first",
        );
        return;
    }
    if needs_sign_in(desired) {
        found.note(
            NoteCode::NeedsSignIn,
            subject,
            "has to be replaced, and the new one needs a person's sign-in: nothing is done",
        );
        return;
    }
    let mut changes = everything(desired);
    changes.insert(
        0,
        FieldChange {
            path: "element".to_owned(),
            shown: Shown::Values(Change {
                before: Some(old.element.key.as_str().into()),
                after: Some(desired.element.to_string().into()),
            }),
        },
    );
    found.steps.push(Step {
        key: subject.key.clone(),
        element: desired.element.to_string(),
        id: Some(old.id),
        moved_from: subject.moved_from.cloned(),
        action: Action::Replace {
            old: old.id,
            retire_tags,
            create: Some(request(input, subject, desired)),
        },
        changes,
        reasons,
    });
}

fn request(input: &PlanInput, subject: &Subject<'_>, desired: &DesiredInstance) -> CreateRequest {
    let marker = Marker::live(&input.desired.inventory, subject.key).to_string();
    // Without declared tags: what the platform itself would have tagged (API.md section 2.5).
    let mut tags: Vec<String> = match &desired.tags {
        Some(tags) => tags.iter().cloned().collect(),
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
        entry: draft(desired, None, |_| SecretRecord::Present),
    }
}

/// Every declared value, as it will be.
fn everything(desired: &DesiredInstance) -> Vec<FieldChange> {
    let DesiredInstance {
        element: _,
        name,
        tags,
        configuration,
        provider_data,
        external_authentication,
        retrieve_objects: _,
        enabled,
        lifecycle: _,
    } = desired;
    let new = |path: &str, after: serde_json::Value| FieldChange {
        path: path.to_owned(),
        shown: Shown::Values(Change {
            before: None,
            after: Some(after),
        }),
    };
    let mut changes = vec![new("name", name.as_str().into())];
    if let Some(tags) = tags {
        changes.push(new("tags", tags.iter().cloned().collect()));
    }
    for (name, value) in configuration {
        let path = format!("configuration.{name}");
        changes.push(match value {
            DesiredValue::Plain(value) => new(&path, value.0.clone()),
            DesiredValue::Secret(_) => FieldChange {
                path,
                shown: Shown::Secret,
            },
        });
    }
    if provider_data.is_some() {
        changes.push(FieldChange {
            path: "providerData".to_owned(),
            shown: Shown::Secret,
        });
    }
    if let Some(external) = external_authentication {
        changes.push(new("externalAuthentication", external.as_str().into()));
    }
    if !enabled {
        changes.push(new("enabled", false.into()));
    }
    changes
}

/// Unmarked instances of the same name and element are not ours, however much they look it.
fn look_alikes(
    input: &PlanInput,
    index: &Index<'_>,
    subject: &Subject<'_>,
    desired: &DesiredInstance,
    found: &mut Found,
) {
    let ids: Vec<String> = index
        .observed
        .instances
        .values()
        .filter(|seen| seen.name == desired.name && is_of(&seen.element, &desired.element))
        .filter(|seen| markers(seen).next().is_none())
        .map(|seen| seen.id.to_string())
        .collect();
    if !ids.is_empty() {
        found.note(
            NoteCode::LookAlike,
            subject,
            format!(
                "an instance of the same name and element exists without our marker ({}), and is not \
                 touched; to take it over instead of creating a second one, give it the tag `{}` and \
                 apply",
                ids.join(", "),
                Marker::live(&input.desired.inventory, subject.key)
            ),
        );
    }
}

/// An OAuth element without anything to sign in with (API.md section 2.4).
fn needs_sign_in(desired: &DesiredInstance) -> bool {
    let entry = match &desired.element {
        ElementRef::Key(key) => Catalog::embedded().element(key.as_str()),
        ElementRef::Id(id) => Catalog::embedded().element_by_id(id.0),
    };
    let Some(entry) = entry else {
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
