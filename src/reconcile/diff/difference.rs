//! The differences of one instance, field by field, and the request that removes them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::draft::{draft, lifecycle_fields, was_secret};
use super::super::normalize::{declared, same, shown};
use super::super::planner::Planner;
use super::super::subject::{Declared, Subject};
use super::secret::Decision;
use crate::catalog::{Catalog, contains_credential, is_credential};
use crate::model::{
    Action, DesiredInstance, DesiredValue, FieldChange, LockEntryDraft, LockedInstance, Marker,
    NoteCode, ObservedInstance, Reason, RequestValue, SecretRecord, Shown, Step, UpdateRequest,
};

/// The differences of one instance.
pub(super) struct Difference {
    changes: Vec<FieldChange>,
    reasons: BTreeSet<Reason>,
    request: UpdateRequest,
    /// Whether a fingerprint or the token changes in the lock file although nothing is sent.
    rerecord: bool,
}

impl Difference {
    /// Whether there is nothing to send, to show or to record.
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

    pub(super) fn caused_by(&mut self, reason: Reason) {
        self.reasons.insert(reason);
    }

    pub(super) fn step(
        mut self,
        declared: Declared<'_>,
        action: fn(UpdateRequest) -> Action,
    ) -> Step {
        let is_moved = declared.subject.moved_from.is_some();
        if !self.request.sends() && self.reasons.is_empty() && !is_moved {
            self.caused_by(Reason::LockOnly);
        }
        let id = Some(self.request.id);
        declared.step(id, action(self.request), self.changes, self.reasons)
    }
}

impl Planner<'_> {
    /// Compares an instance with the manifest.
    pub(super) fn difference(
        &mut self,
        declared: Declared<'_>,
        seen: &ObservedInstance,
    ) -> Difference {
        let Declared { subject, desired } = declared;
        let decisions = self.secrets(declared, seen);
        let request = UpdateRequest {
            id: seen.id,
            expect_marker: seen.marker().map(str::to_owned),
            name: None,
            tags: None,
            configuration: BTreeMap::new(),
            enabled: None,
            entry: draft(desired, |name| match decisions.get(name) {
                // Its value is not read, so that only the record has the fingerprint.
                Some(Decision::Leave | Decision::LeaveRewritten)
                    if desired.secret_versions.contains_key(name) =>
                {
                    SecretRecord::Keep
                }
                Some(
                    Decision::Leave
                    | Decision::LeaveRewritten
                    | Decision::Accept
                    | Decision::Send(_),
                ) => SecretRecord::Present,
                Some(Decision::NotCompared | Decision::KeyRotated | Decision::NotAccepted)
                | None => SecretRecord::Keep,
            }),
        };
        let mut comparison = Comparison {
            planner: self,
            subject,
            own: subject.locked.filter(|entry| entry.id == seen.id),
            desired,
            seen,
            out: Difference {
                changes: Vec::new(),
                reasons: BTreeSet::new(),
                request,
                rerecord: false,
            },
        };
        comparison.name();
        comparison.tags();
        comparison.enabled(&decisions);
        comparison.plain_values();
        comparison.secrets(decisions);
        comparison.lifecycle();
        comparison.released();
        comparison.token();
        comparison.validity();
        comparison.out
    }
}

/// A comparison in progress.
struct Comparison<'c, 'a> {
    planner: &'c mut Planner<'a>,
    subject: &'c Subject<'c>,
    /// The lock entry, if it is of this very instance: what was sent to another one says nothing.
    own: Option<&'c LockedInstance>,
    desired: &'c DesiredInstance,
    seen: &'c ObservedInstance,
    out: Difference,
}

/// What a comparison came to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Same,
    /// It differs, and stays as it is and as it is recorded.
    Ignored,
    Differs,
}

/// One value on all three sides, in the spelling used for comparison.
struct Sides {
    before: Option<Value>,
    after: Value,
    recorded: Option<Value>,
}

impl Comparison<'_, '_> {
    /// Adds what differs, unless it is ignored.
    fn compare(&mut self, path: &str, sides: Sides) -> Verdict {
        let Sides {
            before,
            after,
            recorded,
        } = sides;
        if before.as_ref() == Some(&after) {
            return Verdict::Same;
        }
        if self.desired.lifecycle.ignore_changes.contains(path) {
            let message = format!("`{path}` differs on the platform; ignored by `ignoreChanges`");
            self.note(NoteCode::Ignored, message);
            return Verdict::Ignored;
        }
        if recorded.as_ref() == Some(&after)
            && let Some(before) = before.as_ref().filter(|before| self.is_kept(path, before))
        {
            let text = before
                .as_str()
                .map_or_else(|| before.to_string(), str::to_owned);
            self.rewritten(path, &format!("`{text}`"));
            return Verdict::Same;
        }
        if recorded.as_ref() != Some(&after) {
            self.out.caused_by(Reason::ConfigurationChanged);
        }
        if recorded.is_some() && recorded != before {
            self.out.caused_by(Reason::Drifted);
        }
        self.show(path, before, after);
        Verdict::Differs
    }

    /// Whether this is what the platform made of the value that was sent last.
    fn is_kept(&self, path: &str, value: &Value) -> bool {
        self.own.is_some_and(|entry| entry.keeps(path, value))
    }

    fn rewritten(&mut self, path: &str, kept: &str) {
        let message = format!(
            "`{path}`: the platform keeps {kept}; declare what it keeps, or add `{path}` to `ignoreChanges`"
        );
        self.note(NoteCode::Rewritten, message);
    }

    fn show(&mut self, path: &str, before: Option<Value>, after: Value) {
        let change = FieldChange::values(path, before, Some(after));
        self.out.changes.push(change);
    }

    fn note(&mut self, code: NoteCode, message: impl Into<String>) {
        self.planner.out.note(code, Some(self.subject.key), message);
    }

    fn name(&mut self) {
        let sides = Sides {
            before: Some(self.seen.name.as_str().into()),
            after: self.desired.name.as_str().into(),
            recorded: self.own.map(|entry| entry.name.as_str().into()),
        };
        match self.compare("name", sides) {
            Verdict::Same => {}
            Verdict::Ignored => {
                let applied = self.own.map_or(&self.seen.name, |entry| &entry.name);
                self.out.request.entry.name.clone_from(applied);
            }
            Verdict::Differs => self.out.request.name = Some(self.desired.name.clone()),
        }
    }

    fn enabled(&mut self, decisions: &BTreeMap<String, Decision>) {
        let sends_secret = decisions.values().any(|it| matches!(it, Decision::Send(_)));
        if self.is_disabled_by_platform() && !sends_secret {
            return;
        }
        let sides = Sides {
            before: Some(self.seen.enabled.into()),
            after: self.desired.enabled.into(),
            recorded: self.own.map(|entry| entry.enabled.into()),
        };
        match self.compare("enabled", sides) {
            Verdict::Same => {}
            Verdict::Ignored => {
                let applied = self.own.map_or(self.seen.enabled, |entry| entry.enabled);
                self.out.request.entry.enabled = applied;
            }
            Verdict::Differs => self.out.request.enabled = Some(self.desired.enabled),
        }
    }

    /// The platform disables an instance whose token it could not refresh five times
    /// (docs/platform.md#q23). Enabling it again is useless before it is signed in to again.
    fn is_disabled_by_platform(&self) -> bool {
        let recorded = self.own.is_some_and(|entry| entry.enabled);
        self.desired.enabled && recorded && !self.seen.enabled && !self.seen.valid
    }

    /// Declared tags are the whole set. Without declared tags all existing ones stay. The marker is
    /// managed in both cases.
    fn tags(&mut self) {
        let before = self.seen.own_tags();
        let mut tags = before.clone();
        if let Some(after) = &self.desired.tags {
            let list = |tags: &BTreeSet<String>| tags.iter().cloned().collect::<Value>();
            let recorded = self.own.and_then(|entry| entry.tags.as_ref());
            let sides = Sides {
                before: Some(list(&before)),
                after: list(after),
                recorded: recorded.map(list),
            };
            match self.compare("tags", sides) {
                Verdict::Same => {}
                Verdict::Ignored => {
                    let applied = self.own.map(|entry| entry.tags.clone());
                    self.out.request.entry.tags = applied.unwrap_or_else(|| Some(before.clone()));
                }
                Verdict::Differs => tags.clone_from(after),
            }
        }
        let own = Marker::live(self.planner.index.inventory(), self.subject.key).to_string();
        let is_right = self.seen.markers().eq([own.as_str()]);
        if !is_right {
            let present = self.seen.marker();
            self.out.caused_by(if present.is_none() {
                Reason::MarkerMissing
            } else if self.desired.lifecycle.moved_from.is_some() {
                Reason::Moved
            } else {
                Reason::ReplaceUnfinished
            });
            self.show("marker", present.map(Value::from), own.as_str().into());
        }
        if !is_right || tags != before {
            tags.insert(own);
            self.out.request.tags = Some(tags);
        }
    }

    fn plain_values(&mut self) {
        let element = Catalog::embedded().entry(&self.desired.element);
        for (name, value) in &self.desired.configuration {
            let DesiredValue::Plain(value) = value else {
                continue;
            };
            let recorded = self.own.and_then(|entry| entry.configuration.get(name));
            // A hidden value is compared with the one that was last sent.
            let before = shown(self.seen, name).or_else(|| recorded.cloned());
            let is_same = |before: &String| same(element, name, value, before);
            if before.as_ref().is_some_and(is_same) {
                continue;
            }
            let sides = Sides {
                before: before.map(Value::from),
                after: declared(value).into(),
                recorded: recorded.map(|text| text.as_str().into()),
            };
            match self.compare(&format!("configuration.{name}"), sides) {
                Verdict::Same => {}
                Verdict::Ignored => {
                    let applied = &mut self.out.request.entry.configuration;
                    match recorded {
                        Some(recorded) => applied.insert(name.clone(), recorded.clone()),
                        None => applied.remove(name),
                    };
                }
                Verdict::Differs => {
                    self.hide_secret(name);
                    let value = RequestValue::Plain(value.clone());
                    self.out.request.configuration.insert(name.clone(), value);
                }
            }
        }
    }

    /// Hides what the change that was just added shows of a value that is or was secret. A value that the
    /// lock file does not have may be of a time before the key left the manifest, when it was secret.
    fn hide_secret(&mut self, name: &str) {
        let Some(change) = self.out.changes.last_mut() else {
            return;
        };
        let seen = Catalog::embedded().element(self.seen.element.key.as_str());
        let locked = self.subject.locked;
        if was_secret(locked, name) || is_credential(seen, name) {
            change.shown = Shown::Secret;
        } else if let Shown::Values(values) = &mut change.shown {
            if values.before.as_ref().is_some_and(contains_credential) {
                change.shown = Shown::Secret;
            } else if locked.is_some_and(|entry| !entry.configuration.contains_key(name)) {
                values.before = None;
            }
        }
    }

    fn secrets(&mut self, decisions: BTreeMap<String, Decision>) {
        for (name, decision) in decisions {
            let path = format!("configuration.{name}");
            let ignored = self.desired.lifecycle.ignore_changes.contains(&path);
            match decision {
                Decision::Leave => {}
                Decision::LeaveRewritten if ignored => {}
                Decision::LeaveRewritten => self.rewritten(&path, "another value than it was sent"),
                Decision::Accept => self.out.rerecord |= !ignored,
                Decision::NotCompared => self.planner.out.not_compared += 1,
                Decision::KeyRotated => self.planner.out.rotated += 1,
                Decision::NotAccepted => {
                    let message =
                        format!("`{path}` on the platform differs from the manifest; not accepted");
                    self.note(NoteCode::NotAccepted, message);
                }
                Decision::Send(reason) if ignored => {
                    let message =
                        format!("`{path}` is not sent ({reason}); ignored by `ignoreChanges`");
                    self.note(NoteCode::Ignored, message);
                    let secrets = &mut self.out.request.entry.secrets;
                    secrets.insert(name, SecretRecord::Keep);
                }
                Decision::Send(reason) => {
                    self.out.caused_by(reason);
                    self.out.changes.push(FieldChange::secret(path));
                    let configuration = &mut self.out.request.configuration;
                    configuration.insert(name, RequestValue::Secret);
                }
            }
        }
    }

    /// The lifecycle is kept in the lock file only.
    fn lifecycle(&mut self) {
        let Some(locked) = self.subject.locked else {
            return;
        };
        let after = lifecycle_fields(&self.desired.lifecycle);
        for ((path, before), (_, after)) in
            lifecycle_fields(&locked.lifecycle).into_iter().zip(after)
        {
            if before != after {
                self.show(path, Some(before), after);
            }
        }
    }

    /// A token is in the lock file only, and nothing of it is shown.
    fn token(&mut self) {
        let is_in_doubt = |entry: &&LockedInstance| entry.is_token_in_doubt(self.seen);
        if let Some(entry) = self.own.filter(is_in_doubt) {
            self.out.rerecord = true;
            self.out.caused_by(match entry.token {
                None => Reason::TokenMissing,
                Some(_) => Reason::TokenChanged,
            });
        }
    }

    /// Values that left the manifest are no longer managed. Nothing is sent, because the platform
    /// cannot reset a value to its default (docs/platform.md#q10).
    fn released(&mut self) {
        let Some(locked) = self.own else {
            return;
        };
        for name in locked.configuration.keys().chain(locked.secrets.keys()) {
            if !self.desired.configuration.contains_key(name) {
                let message = format!(
                    "`configuration.{name}` left the manifest; it is no longer managed and keeps its value"
                );
                self.note(NoteCode::Released, message);
            }
        }
        if locked.tags.is_some() && self.desired.tags.is_none() {
            let message = "`tags` left the manifest; they are no longer managed and stay unchanged";
            self.note(NoteCode::Released, message);
        }
    }

    /// Notes an instance that is not valid if nothing is sent that could change that.
    fn validity(&mut self) {
        if self.seen.valid || !self.out.request.configuration.is_empty() {
            return;
        }
        let (code, what, again) = if self.is_disabled_by_platform() {
            let what = "was disabled by the platform because it could not sign in; sign in again and \
                        enable it";
            let again = ", or send its credentials again, which enables it, with";
            (NoteCode::DisabledByPlatform, what, again)
        } else {
            let what = "is not valid, as the platform reports; fix its credentials";
            (NoteCode::Invalid, what, ", or send them again with")
        };
        let (id, key) = (self.seen.id, self.subject.key);
        let then = match self.may_send_secrets() {
            true => format!("{again} `connectorctl apply --resend-secrets={key}`"),
            false => String::new(),
        };
        self.note(code, format!("instance {id} {what}{then}"));
    }

    /// Whether `--resend-secrets` would send anything.
    fn may_send_secrets(&self) -> bool {
        let ignored = &self.desired.lifecycle.ignore_changes;
        let mut values = self.desired.configuration.iter();
        values.any(|(name, value)| {
            matches!(value, DesiredValue::Secret(_))
                && !ignored.contains(&format!("configuration.{name}"))
        })
    }
}
