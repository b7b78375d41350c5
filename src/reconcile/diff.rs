//! What differs on an instance that exists, and the update that brings it in line. Both sides are
//! normalised before; desired, recorded and observed tell drift from a change of the manifest.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::draft::{differs, draft};
use super::index::markers;
use super::normalize::{ShownValue, is_of, own_tags, shown, wanted};
use super::presence::Found;
use super::secret::{self, Entry, Uncompared};
use super::subject::Subject;
use super::{PlanInput, create};
use crate::model::plan::SecretRecord;
use crate::model::{
    Action, Change, DesiredInstance, DesiredValue, FieldChange, Marker, NoteCode, ObservedInstance,
    Reason, RequestValue, SecretFact, Shown, Step, UpdateRequest, VersusLock, VersusPlatform,
};

/// A recorded instance that is there: unchanged, an update, or a replace.
pub(super) fn compare(
    input: &PlanInput,
    subject: &Subject<'_>,
    seen: &ObservedInstance,
    found: &mut Found,
) {
    let Some(desired) = subject.desired else {
        return;
    };
    let other_element = !is_of(&seen.element, &desired.element);
    if other_element || input.policy.replace.contains(subject.key) {
        let reason = if other_element {
            Reason::ElementChanged
        } else {
            Reason::ReplaceRequested
        };
        let inventory = &input.desired.inventory;
        let mut tags = own_tags(seen);
        tags.insert(Marker::retired(inventory, subject.key).to_string());
        create::replace(
            input,
            subject,
            desired,
            seen,
            Some(tags),
            vec![reason],
            found,
        );
        return;
    }
    if seen.configuration.is_none() || seen.tags.is_none() {
        return found.refuse(
            "unreadable",
            subject,
            format!(
                "the platform does not show tags and configuration of instance {}",
                seen.id
            ),
            "run again; what cannot be read is not changed",
        );
    }
    let difference = Difference::of(input, subject, desired, seen, Entry::There, found);
    let entry_differs = subject
        .locked
        .is_some_and(|locked| differs(&difference.request.entry, locked));
    if difference.changes.is_empty()
        && !difference.request.sends()
        && !difference.rerecord
        && !entry_differs
        && subject.moved_from.is_none()
    {
        found.unchanged += 1;
        return;
    }
    let step = difference.step(subject, Action::Update);
    found.steps.push(step);
}

/// An instance that carries our marker and is not recorded.
pub(super) fn adopt(
    input: &PlanInput,
    subject: &Subject<'_>,
    seen: &ObservedInstance,
    reason: Reason,
    found: &mut Found,
) {
    let Some(desired) = subject.desired else {
        return;
    };
    if !is_of(&seen.element, &desired.element) {
        let mut tags = own_tags(seen);
        tags.insert(Marker::retired(&input.desired.inventory, subject.key).to_string());
        let reasons = vec![reason, Reason::ElementChanged];
        create::replace(input, subject, desired, seen, Some(tags), reasons, found);
        return;
    }
    let mut difference = Difference::of(input, subject, desired, seen, Entry::None, found);
    difference.reasons.insert(reason);
    let step = difference.step(subject, Action::Adopt);
    found.steps.push(step);
}

/// The old instance of a replace that is not wanted any more becomes the current one again.
pub(super) fn restore(
    input: &PlanInput,
    subject: &Subject<'_>,
    seen: &ObservedInstance,
    found: &mut Found,
) {
    let Some(desired) = subject.desired else {
        return;
    };
    let entry = if subject.locked.is_some() {
        Entry::There
    } else {
        Entry::None
    };
    let mut difference = Difference::of(input, subject, desired, seen, entry, found);
    difference.reasons.insert(Reason::ReplaceUnfinished);
    let step = difference.step(subject, Action::Update);
    found.steps.push(step);
}

struct Difference {
    changes: Vec<FieldChange>,
    reasons: BTreeSet<Reason>,
    request: UpdateRequest,
    /// Whether the entry changes although nothing is sent.
    rerecord: bool,
}

impl Difference {
    fn of(
        input: &PlanInput,
        subject: &Subject<'_>,
        desired: &DesiredInstance,
        seen: &ObservedInstance,
        entry: Entry,
        found: &mut Found,
    ) -> Self {
        let records = secret_decisions(input, subject, desired, seen, entry, found);
        let own_marker = Marker::live(&input.desired.inventory, subject.key);
        let mut difference = Self {
            changes: Vec::new(),
            reasons: BTreeSet::new(),
            request: UpdateRequest {
                id: seen.id,
                expect_marker: markers(seen).next().map(str::to_owned),
                name: None,
                tags: None,
                configuration: BTreeMap::new(),
                enabled: None,
                entry: draft(desired, Some(&seen.element), |name| {
                    records
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
        difference.name(&scope, found);
        difference.tags(&scope, &own_marker, found);
        difference.enabled(&scope, found);
        difference.plain_values(&scope, found);
        difference.secrets(&scope, &records, found);
        difference.lifecycle(&scope);
        released(&scope, found);
        if !seen.valid && difference.request.configuration.is_empty() {
            found.note(
                NoteCode::Invalid,
                subject,
                format!(
                    "the platform says that instance {} is not valid; mend its credentials, or send \
                     them again with `connectorctl apply --resend-secrets={}`",
                    seen.id, subject.key
                ),
            );
        }
        difference.changes.sort_by(|a, b| a.path.cmp(&b.path));
        difference
    }

    fn step(mut self, subject: &Subject<'_>, action: fn(UpdateRequest) -> Action) -> Step {
        if subject.moved_from.is_some() {
            self.reasons.insert(Reason::Moved);
        }
        if !self.request.sends() && self.reasons.is_empty() {
            self.reasons.insert(Reason::LockOnly);
        }
        Step {
            key: subject.key.clone(),
            element: subject
                .desired
                .map(|desired| desired.element.to_string())
                .unwrap_or_default(),
            id: Some(self.request.id),
            moved_from: subject.moved_from.cloned(),
            action: action(self.request),
            changes: self.changes,
            reasons: self.reasons.into_iter().collect(),
        }
    }

    /// Notes a difference, unless it is to be ignored; answers whether it counts.
    fn counts(
        &mut self,
        scope: &Scope<'_>,
        path: &str,
        values: Change<Value>,
        recorded: Option<Value>,
        found: &mut Found,
    ) -> bool {
        if scope.desired.lifecycle.ignore_changes.contains(path) {
            let message = format!("`{path}` differs on the platform, and is ignored");
            found.note(NoteCode::Ignored, scope.subject, message);
            return false;
        }
        let Change { before, after } = values;
        let (changed, drifted) = match &recorded {
            Some(recorded) => (*recorded != after, *recorded != before),
            None => (true, false),
        };
        if changed {
            self.reasons.insert(Reason::ConfigurationChanged);
        }
        if drifted {
            self.reasons.insert(Reason::Drifted);
        }
        self.changes.push(FieldChange {
            path: path.to_owned(),
            shown: Shown::Values(Change {
                before: Some(before),
                after: Some(after),
            }),
        });
        true
    }

    fn name(&mut self, scope: &Scope<'_>, found: &mut Found) {
        let (before, after) = (&scope.seen.name, &scope.desired.name);
        if before == after {
            return;
        }
        let values = Change {
            before: before.as_str().into(),
            after: after.as_str().into(),
        };
        let recorded = scope.subject.locked.map(|entry| entry.name.as_str().into());
        if self.counts(scope, "name", values, recorded, found) {
            self.request.name = Some(after.clone());
        }
    }

    fn tags(&mut self, scope: &Scope<'_>, own_marker: &Marker, found: &mut Found) {
        let before = own_tags(scope.seen);
        let mut wanted_tags = before.clone();
        if let Some(after) = &scope.desired.tags
            && *after != before
        {
            let list = |tags: &BTreeSet<String>| tags.iter().cloned().collect::<Value>();
            let values = Change {
                before: list(&before),
                after: list(after),
            };
            let recorded = scope
                .subject
                .locked
                .and_then(|entry| entry.tags.as_ref())
                .map(list);
            if self.counts(scope, "tags", values, recorded, found) {
                wanted_tags.clone_from(after);
            }
        }
        let present: Vec<&str> = markers(scope.seen).collect();
        let marker_right = present == [own_marker.as_str()];
        if !marker_right {
            if present.is_empty() {
                self.reasons.insert(Reason::MarkerMissing);
            }
            self.changes.push(FieldChange {
                path: "marker".to_owned(),
                shown: Shown::Values(Change {
                    before: present.first().map(|marker| Value::from(*marker)),
                    after: Some(own_marker.as_str().into()),
                }),
            });
        }
        if !marker_right || wanted_tags != before {
            wanted_tags.insert(own_marker.to_string());
            self.request.tags = Some(wanted_tags);
        }
    }

    fn enabled(&mut self, scope: &Scope<'_>, found: &mut Found) {
        let (before, after) = (scope.seen.enabled, scope.desired.enabled);
        if before == after {
            return;
        }
        let values = Change {
            before: before.into(),
            after: after.into(),
        };
        let recorded = scope.subject.locked.map(|entry| entry.enabled.into());
        if self.counts(scope, "enabled", values, recorded, found) {
            self.request.enabled = Some(after);
        }
    }

    fn plain_values(&mut self, scope: &Scope<'_>, found: &mut Found) {
        for (name, value) in &scope.desired.configuration {
            let DesiredValue::Plain(value) = value else {
                continue;
            };
            let after = wanted(value);
            let recorded = scope
                .subject
                .locked
                .and_then(|entry| entry.configuration.get(name));
            let before = match shown(scope.seen, name) {
                ShownValue::Clear(before) => before,
                // What cannot be seen is compared with what was last sent.
                ShownValue::Hidden => match recorded {
                    Some(recorded) => recorded.clone(),
                    None => String::new(),
                },
            };
            if before == after {
                continue;
            }
            let values = Change {
                before: before.as_str().into(),
                after: after.as_str().into(),
            };
            let recorded = recorded.map(|text| text.as_str().into());
            let path = format!("configuration.{name}");
            if self.counts(scope, &path, values, recorded, found) {
                self.request
                    .configuration
                    .insert(name.clone(), RequestValue::Plain(value.clone()));
            }
        }
    }

    fn secrets(
        &mut self,
        scope: &Scope<'_>,
        records: &BTreeMap<String, secret::Decision>,
        found: &mut Found,
    ) {
        for (name, decision) in records {
            self.rerecord |= decision.rerecord;
            let Some(reason) = decision.send else {
                continue;
            };
            let path = format!("configuration.{name}");
            if scope.desired.lifecycle.ignore_changes.contains(&path) {
                let message = format!("`{path}` differs, and is ignored");
                found.note(NoteCode::Ignored, scope.subject, message);
                self.request
                    .entry
                    .secrets
                    .insert(name.clone(), SecretRecord::Keep);
                continue;
            }
            self.reasons.insert(reason);
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
    fn lifecycle(&mut self, scope: &Scope<'_>) {
        let Some(locked) = scope.subject.locked else {
            return;
        };
        let (before, after) = (&locked.lifecycle, &self.request.entry.lifecycle);
        let mut changes = Vec::new();
        let mut change = |path: &str, before: Value, after: Value| {
            if before != after {
                changes.push(FieldChange {
                    path: format!("lifecycle.{path}"),
                    shown: Shown::Values(Change {
                        before: Some(before),
                        after: Some(after),
                    }),
                });
            }
        };
        change("protect", before.protect.into(), after.protect.into());
        change(
            "onRemove",
            serde_json::to_value(before.on_remove).unwrap_or_default(),
            serde_json::to_value(after.on_remove).unwrap_or_default(),
        );
        change(
            "ignoreChanges",
            before.ignore_changes.iter().cloned().collect(),
            after.ignore_changes.iter().cloned().collect(),
        );
        self.changes.extend(changes);
    }
}

#[derive(Clone, Copy)]
struct Scope<'a> {
    subject: &'a Subject<'a>,
    desired: &'a DesiredInstance,
    seen: &'a ObservedInstance,
}

fn secret_decisions(
    input: &PlanInput,
    subject: &Subject<'_>,
    desired: &DesiredInstance,
    seen: &ObservedInstance,
    entry: Entry,
    found: &mut Found,
) -> BTreeMap<String, secret::Decision> {
    let facts = input.secrets.get(subject.key);
    // An instance that was made but refused by the vendor: its own credentials are sent once more.
    let repair = entry == Entry::None && !seen.valid;
    let mut decisions = BTreeMap::new();
    for (name, value) in &desired.configuration {
        if !matches!(value, DesiredValue::Secret(_)) {
            continue;
        }
        let fact = facts.and_then(|facts| facts.get(name)).copied();
        let fact = fact.unwrap_or(SecretFact {
            versus_lock: VersusLock::NotCompared,
            versus_platform: VersusPlatform::Hidden,
        });
        let decision = secret::decide(input, subject.key, fact, entry, repair);
        match decision.uncompared {
            Some(Uncompared::NoCredentials) => found.not_compared += 1,
            Some(Uncompared::KeyRotated) => found.rotated += 1,
            None => {}
        }
        decisions.insert(name.clone(), decision);
    }
    decisions
}

/// Keys that left the manifest are no longer managed; nothing is sent, for the platform has no way
/// back to a default (API.md Q10).
fn released(scope: &Scope<'_>, found: &mut Found) {
    let Some(locked) = scope.subject.locked else {
        return;
    };
    for name in locked.configuration.keys().chain(locked.secrets.keys()) {
        if !scope.desired.configuration.contains_key(name) {
            found.note(
                NoteCode::Released,
                scope.subject,
                format!("`configuration.{name}` left the manifest: it is no longer managed and stays as it is"),
            );
        }
    }
}
