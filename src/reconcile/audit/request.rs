//! Invariants of requests: they send what the manifest declares and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use super::auditor::{Auditor, marker_count};
use crate::catalog::{Catalog, holds_credential};
use crate::model::{
    CreateRequest, DesiredValue, LockEntryDraft, MASK, MAX_TAG, Marker, RequestValue, UpdateRequest,
};

impl Auditor<'_> {
    pub(super) fn create(&mut self, request: &CreateRequest) {
        let CreateRequest {
            element,
            name,
            tags,
            marker,
            configuration,
            provider_data,
            external_authentication: _,
            retrieve_objects: _,
            enabled,
            entry,
        } = request;
        let Some(wanted) = self.desired() else {
            return self.expect(false, "a create of an undeclared instance");
        };
        let declared = *element == wanted.element
            && *name == wanted.name
            && *enabled == wanted.enabled
            && *provider_data == wanted.provider_data.is_some()
            && configuration.keys().eq(wanted.configuration.keys());
        self.expect(declared, "a create that differs from the manifest");
        let live = Marker::live(&self.input.desired.inventory, &self.step.key);
        self.expect(marker == live.as_str(), "a create with a wrong marker");
        self.expect(tags.contains(marker), "a create without its marker");
        let is_first = tags.first() == Some(marker);
        self.expect(is_first, "a create whose marker is not its first tag");
        self.expect(marker_count(tags.iter()) == 1, "a create with two markers");
        self.expect(marker.len() <= MAX_TAG, "a marker that is too long");
        if let Some(declared) = &wanted.tags {
            let all = declared.iter().all(|tag| tags.contains(tag));
            self.expect(
                all && tags.len() == declared.len() + 1,
                "a create with undeclared tags",
            );
        }
        self.values(configuration);
        self.entry_is_declared(entry);
    }

    pub(super) fn update(&mut self, request: &UpdateRequest) {
        let UpdateRequest {
            id,
            expect_marker,
            name,
            tags: sent,
            configuration,
            enabled,
            entry,
        } = request;
        self.expect(self.step.id == Some(*id), "an update of another instance");
        self.expected_marker(*id, expect_marker.as_deref());
        self.values(configuration);
        self.entry_is_declared(entry);
        let Some(wanted) = self.desired() else {
            return self.expect(false, "an update of an undeclared instance");
        };
        let declared = name.as_ref().is_none_or(|name| *name == wanted.name)
            && enabled.is_none_or(|enabled| enabled == wanted.enabled);
        self.expect(declared, "an update to undeclared values");
        let ignored = &wanted.lifecycle.ignore_changes;
        let keeps = (name.is_none() || !ignored.contains("name"))
            && (enabled.is_none() || !ignored.contains("enabled"))
            && !configuration
                .keys()
                .any(|name| ignored.contains(&format!("configuration.{name}")));
        self.expect(keeps, "an update of an ignored field");
        let Some(sent) = sent else {
            return;
        };
        let live = Marker::live(&self.input.desired.inventory, &self.step.key);
        self.expect(
            sent.contains(live.as_str()),
            "an update that drops the marker",
        );
        self.expect(
            marker_count(sent.iter()) == 1,
            "an update that leaves two markers",
        );
        let own: BTreeSet<&str> = sent
            .iter()
            .map(String::as_str)
            .filter(|tag| *tag != live.as_str())
            .collect();
        match &wanted.tags {
            Some(declared) if !ignored.contains("tags") => self.expect(
                own.iter().copied().eq(declared.iter().map(String::as_str)),
                "an update to undeclared tags",
            ),
            Some(_) | None => {
                let keeps = self.observed(*id).is_none_or(|seen| {
                    let there = seen.own_tags();
                    own.iter().copied().eq(there.iter().map(String::as_str))
                });
                self.expect(keeps, "an update of unmanaged tags");
            }
        }
    }

    /// Only declared values are sent, secrets only as secrets, and never a mask.
    fn values(&mut self, values: &BTreeMap<String, RequestValue>) {
        let wanted = self.desired();
        let entry = wanted.and_then(|instance| Catalog::embedded().entry(&instance.element));
        for (name, value) in values {
            let declared = wanted.and_then(|instance| instance.configuration.get(name));
            let fits = match (value, declared) {
                (RequestValue::Plain(plain), Some(DesiredValue::Plain(other))) => plain == other,
                (RequestValue::Secret, Some(DesiredValue::Secret(_))) => true,
                (RequestValue::Plain(_), Some(DesiredValue::Secret(_)) | None)
                | (RequestValue::Secret, Some(DesiredValue::Plain(_)) | None) => false,
            };
            self.expect(fits, "a value that is not in the manifest");
            if let RequestValue::Plain(plain) = value {
                self.expect(plain.canonical() != MASK, "a mask is sent");
                self.expect(
                    !holds_credential(entry, name, &plain.0),
                    "a credential as a plain value",
                );
            }
        }
    }

    /// The lock entry records what is declared, apart from what is ignored.
    fn entry_is_declared(&mut self, entry: &LockEntryDraft) {
        let LockEntryDraft {
            element,
            name,
            tags,
            configuration,
            secrets,
            enabled,
            lifecycle,
        } = entry;
        let Some(wanted) = self.desired() else {
            return;
        };
        let (mut plain, mut secret) = (BTreeSet::new(), BTreeSet::new());
        for (name, value) in &wanted.configuration {
            match value {
                DesiredValue::Plain(_) => plain.insert(name),
                DesiredValue::Secret(_) => secret.insert(name),
            };
        }
        let ignored = &wanted.lifecycle.ignore_changes;
        let declared = *element == wanted.element
            && (*name == wanted.name || ignored.contains("name"))
            && (*tags == wanted.tags || ignored.contains("tags"))
            && (*enabled == wanted.enabled || ignored.contains("enabled"))
            && lifecycle.protect == wanted.lifecycle.protect
            && lifecycle.on_remove == wanted.lifecycle.on_remove
            && lifecycle.ignore_changes == wanted.lifecycle.ignore_changes
            && lifecycle.moved_from.is_none();
        self.expect(declared, "a lock entry that differs from the manifest");
        plain.retain(|name| {
            configuration.contains_key(*name) || !ignored.contains(&format!("configuration.{name}"))
        });
        self.expect(
            configuration.keys().eq(plain) && secrets.keys().eq(secret),
            "a lock entry with undeclared values",
        );
    }
}
