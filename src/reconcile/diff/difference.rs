//! The differences of one instance, field by field, and the request that removes them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::PlanInput;
use super::super::draft::draft;
use super::super::found::Found;
use super::super::normalize::{ShownValue, same, shown, wanted};
use super::super::presence::{expected_marker, not_valid};
use super::super::subject::Subject;
use super::secret::{self, Uncompared};
use crate::model::{
    Action, Change, DesiredInstance, DesiredValue, FieldChange, InventoryName, Lifecycle,
    LockEntryDraft, Marker, NoteCode, ObservedInstance, Reason, RequestValue, SecretRecord, Shown,
    Step, UpdateRequest,
};

/// What differs on one instance.
pub(super) struct Difference {
    changes: Vec<FieldChange>,
    reasons: BTreeSet<Reason>,
    request: UpdateRequest,
    /// Whether the entry changes although nothing is sent.
    rerecord: bool,
}

/// Whom it is about.
#[derive(Clone, Copy)]
struct Scope<'a> {
    subject: &'a Subject<'a>,
    desired: &'a DesiredInstance,
    seen: &'a ObservedInstance,
}

/// One value on all three sides, in one spelling.
struct Sides {
    before: Option<Value>,
    after: Value,
    recorded: Option<Value>,
}

impl Difference {
    pub(super) fn of(
        input: &PlanInput,
        subject: &Subject<'_>,
        desired: &DesiredInstance,
        seen: &ObservedInstance,
        found: &mut Found,
    ) -> Self {
        let decisions = secret::decisions(input, subject, desired, seen, found);
        let mut difference = Self {
            changes: Vec::new(),
            reasons: BTreeSet::new(),
            request: UpdateRequest {
                id: seen.id,
                expect_marker: expected_marker(seen),
                name: None,
                tags: None,
                configuration: BTreeMap::new(),
                enabled: None,
                entry: draft(desired, |name| {
                    decisions
                        .get(name)
                        .map_or(SecretRecord::Unverified, |decision| decision.record)
                }),
            },
            rerecord: false,
        };
        let scope = Scope {
            subject,
            desired,
            seen,
        };
        difference.name(scope, found);
        difference.tags(scope, &input.desired.inventory, found);
        difference.enabled(scope, found);
        difference.plain_values(scope, found);
        difference.secrets(scope, &decisions, found);
        difference.lifecycle(scope);
        released(scope, found);
        if !seen.valid && difference.request.configuration.is_empty() {
            not_valid(subject, seen, found);
        }
        difference.changes.sort_by(|a, b| a.path.cmp(&b.path));
        difference
    }

    /// Whether there is nothing to send, to show or to record anew.
    pub(super) fn is_empty(&self) -> bool {
        let Self {
            changes,
            reasons: _,
            request,
            rerecord,
        } = self;
        changes.is_empty() && !request.sends() && !rerecord
    }

    pub(super) fn entry(&self) -> &LockEntryDraft {
        &self.request.entry
    }

    pub(super) fn because(&mut self, reason: Reason) {
        self.reasons.insert(reason);
    }

    pub(super) fn step(
        mut self,
        subject: &Subject<'_>,
        desired: &DesiredInstance,
        action: fn(UpdateRequest) -> Action,
    ) -> Step {
        if subject.moved_from.is_some() {
            self.because(Reason::Moved);
        }
        if !self.request.sends() && self.reasons.is_empty() {
            self.because(Reason::LockOnly);
        }
        Step {
            key: subject.key.clone(),
            element: desired.element.to_string(),
            id: Some(self.request.id),
            moved_from: subject.moved_from.cloned(),
            action: action(self.request),
            changes: self.changes,
            reasons: self.reasons.into_iter().collect(),
        }
    }

    /// Notes a difference, unless it is to be ignored; answers whether it counts.
    fn counts(&mut self, scope: Scope<'_>, path: &str, sides: Sides, found: &mut Found) -> bool {
        if scope.desired.lifecycle.ignore_changes.contains(path) {
            let message = format!("`{path}` differs on the platform, and is ignored");
            found.note(NoteCode::Ignored, scope.subject, message);
            return false;
        }
        let Sides {
            before,
            after,
            recorded,
        } = sides;
        if recorded.as_ref() != Some(&after) {
            self.because(Reason::ConfigurationChanged);
        }
        if recorded.is_some() && recorded != before {
            self.because(Reason::Drifted);
        }
        self.show(path, before, Some(after));
        true
    }

    fn show(&mut self, path: &str, before: Option<Value>, after: Option<Value>) {
        self.changes.push(FieldChange {
            path: path.to_owned(),
            shown: Shown::Values(Change { before, after }),
        });
    }

    fn name(&mut self, scope: Scope<'_>, found: &mut Found) {
        let (before, after) = (&scope.seen.name, &scope.desired.name);
        if before == after {
            return;
        }
        let recorded = scope.subject.locked.map(|entry| entry.name.as_str().into());
        let sides = Sides {
            before: Some(before.as_str().into()),
            after: after.as_str().into(),
            recorded,
        };
        if self.counts(scope, "name", sides, found) {
            self.request.name = Some(after.clone());
        }
    }

    /// Declared tags are the whole set; where none are declared, every tag stays. The marker is
    /// ours in both cases.
    fn tags(&mut self, scope: Scope<'_>, inventory: &InventoryName, found: &mut Found) {
        let before = scope.seen.own_tags();
        let mut tags = before.clone();
        if let Some(after) = &scope.desired.tags
            && *after != before
        {
            let list = |tags: &BTreeSet<String>| tags.iter().cloned().collect::<Value>();
            let recorded = scope.subject.locked.and_then(|entry| entry.tags.as_ref());
            let sides = Sides {
                before: Some(list(&before)),
                after: list(after),
                recorded: recorded.map(list),
            };
            if self.counts(scope, "tags", sides, found) {
                tags.clone_from(after);
            }
        }
        let own = Marker::live(inventory, scope.subject.key).to_string();
        let present: Vec<&str> = scope.seen.markers().collect();
        let is_right = present == [own.as_str()];
        if !is_right {
            self.because(if present.is_empty() {
                Reason::MarkerMissing
            } else if scope.desired.lifecycle.moved_from.is_some() {
                Reason::Moved
            } else {
                Reason::ReplaceUnfinished
            });
            let before = present.first().map(|marker| Value::from(*marker));
            self.show("marker", before, Some(own.as_str().into()));
        }
        if !is_right || tags != before {
            tags.insert(own);
            self.request.tags = Some(tags);
        }
    }

    fn enabled(&mut self, scope: Scope<'_>, found: &mut Found) {
        let (before, after) = (scope.seen.enabled, scope.desired.enabled);
        if before == after {
            return;
        }
        let sides = Sides {
            before: Some(before.into()),
            after: after.into(),
            recorded: scope.subject.locked.map(|entry| entry.enabled.into()),
        };
        if self.counts(scope, "enabled", sides, found) {
            self.request.enabled = Some(after);
        }
    }

    fn plain_values(&mut self, scope: Scope<'_>, found: &mut Found) {
        for (name, value) in &scope.desired.configuration {
            let DesiredValue::Plain(value) = value else {
                continue;
            };
            let recorded = scope
                .subject
                .locked
                .and_then(|entry| entry.configuration.get(name));
            let before = match shown(scope.seen, name) {
                ShownValue::Clear(before) => Some(before),
                // What cannot be seen is compared with what was last sent.
                ShownValue::Hidden => recorded.cloned(),
            };
            let is_same = before
                .as_deref()
                .is_some_and(|before| same(&scope.desired.element, name, value, before));
            if is_same {
                continue;
            }
            let sides = Sides {
                before: before.map(Value::from),
                after: wanted(value).into(),
                recorded: recorded.map(|text| text.as_str().into()),
            };
            if self.counts(scope, &format!("configuration.{name}"), sides, found) {
                self.request
                    .configuration
                    .insert(name.clone(), RequestValue::Plain(value.clone()));
            }
        }
    }

    fn secrets(
        &mut self,
        scope: Scope<'_>,
        decisions: &BTreeMap<String, secret::Decision>,
        found: &mut Found,
    ) {
        for (name, decision) in decisions {
            let path = format!("configuration.{name}");
            let ignored = scope.desired.lifecycle.ignore_changes.contains(&path);
            self.rerecord |= decision.rerecord && !ignored;
            if decision.uncompared == Some(Uncompared::NotAccepted) {
                let message = format!(
                    "`{path}` is visibly another on the platform than in the manifest, so it is \
                     not accepted as it is"
                );
                found.note(NoteCode::NotAccepted, scope.subject, message);
            }
            let Some(reason) = decision.send else {
                continue;
            };
            if ignored {
                let message = format!("`{path}` would be sent ({reason}), and is ignored");
                found.note(NoteCode::Ignored, scope.subject, message);
                self.request
                    .entry
                    .secrets
                    .insert(name.clone(), SecretRecord::Keep);
                continue;
            }
            self.because(reason);
            self.changes.push(FieldChange {
                path,
                shown: Shown::Secret,
            });
            self.request
                .configuration
                .insert(name.clone(), RequestValue::Secret);
        }
    }

    /// How this tool treats the instance stands in the lock file alone.
    fn lifecycle(&mut self, scope: Scope<'_>) {
        let Some(locked) = scope.subject.locked else {
            return;
        };
        let Lifecycle {
            protect,
            on_remove,
            moved_from: _,
            ignore_changes,
        } = &locked.lifecycle;
        let after = self.request.entry.lifecycle.clone();
        let word = |on_remove| serde_json::to_value(on_remove).unwrap_or_default();
        let list = |paths: &BTreeSet<String>| paths.iter().cloned().collect::<Value>();
        let sides = [
            ("protect", (*protect).into(), after.protect.into()),
            ("onRemove", word(*on_remove), word(after.on_remove)),
            (
                "ignoreChanges",
                list(ignore_changes),
                list(&after.ignore_changes),
            ),
        ];
        for (path, before, after) in sides {
            if before != after {
                self.show(&format!("lifecycle.{path}"), Some(before), Some(after));
            }
        }
    }
}

/// What left the manifest is no longer managed; nothing is sent, for the platform has no way back to
/// a default (docs/platform.md#q10).
fn released(scope: Scope<'_>, found: &mut Found) {
    let Some(locked) = scope.subject.locked else {
        return;
    };
    for name in locked.configuration.keys().chain(locked.secrets.keys()) {
        if !scope.desired.configuration.contains_key(name) {
            let message = format!(
                "`configuration.{name}` left the manifest: it is no longer managed and stays as it is"
            );
            found.note(NoteCode::Released, scope.subject, message);
        }
    }
    if locked.tags.is_some() && scope.desired.tags.is_none() {
        let message = "`tags` left the manifest: they are no longer managed and stay as they are";
        found.note(NoteCode::Released, scope.subject, message);
    }
}
