//! A second opinion on every plan: its invariants, derived again from the input and not from the
//! planner's own steps. A violation is a bug of this program, and nothing is sent.

use std::collections::{BTreeMap, BTreeSet};

use super::{PlanInput, View};
use crate::catalog::{Catalog, is_credential};
use crate::model::marker::MAX_TAG;
use crate::model::observed::MASK;
use crate::model::{
    Action, CreateRequest, DesiredValue, ElementRef, InstanceId, Marker, ObservedInstance,
    OnRemove, Plan, Reason, RequestValue, Step, UpdateRequest,
};

/// An invariant that a plan breaks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// The key of the step.
    pub key: String,
    /// What is wrong with it.
    pub what: &'static str,
}

/// Every invariant that the plan breaks; empty for a sound one.
pub fn audit(input: &PlanInput, plan: &Plan) -> Vec<Violation> {
    let inventory = &input.desired.inventory;
    let moved = input.desired.instances.values();
    let moved = moved.filter_map(|instance| instance.lifecycle.moved_from.as_ref());
    let keys = input.desired.instances.keys().chain(moved);
    let mut auditor = Auditor {
        input,
        recorded: input
            .lock
            .instances
            .values()
            .map(|entry| entry.id)
            .collect(),
        markers: keys
            .chain(input.lock.instances.keys())
            .flat_map(|key| {
                [
                    Marker::live(inventory, key),
                    Marker::retired(inventory, key),
                ]
            })
            .map(|marker| marker.to_string())
            .collect(),
        violations: Vec::new(),
    };
    auditor.whole(plan);
    for step in &plan.steps {
        auditor.step(step);
    }
    auditor.violations.sort();
    auditor.violations.dedup();
    auditor.violations
}

struct Auditor<'a> {
    input: &'a PlanInput,
    recorded: BTreeSet<InstanceId>,
    /// Every marker of every key anybody knows.
    markers: BTreeSet<String>,
    violations: Vec<Violation>,
}

impl Auditor<'_> {
    fn expect(&mut self, holds: bool, step: &Step, what: &'static str) {
        if !holds {
            self.violations.push(Violation {
                key: step.key.to_string(),
                what,
            });
        }
    }

    fn whole(&mut self, plan: &Plan) {
        let mut ids: BTreeMap<InstanceId, usize> = BTreeMap::new();
        let mut main_steps: BTreeMap<&str, usize> = BTreeMap::new();
        for step in &plan.steps {
            if let Some(id) = step.id {
                *ids.entry(id).or_default() += 1;
            }
            if !matches!(
                step.action,
                Action::Delete {
                    drop_entry: false,
                    ..
                }
            ) {
                *main_steps.entry(step.key.as_str()).or_default() += 1;
            }
            let once = step.id.is_none_or(|id| ids.get(&id) == Some(&1));
            self.expect(once, step, "two steps for one instance");
            let one = main_steps
                .get(step.key.as_str())
                .is_none_or(|count| *count == 1);
            self.expect(one, step, "two steps for one key");
            let selected = self.input.policy.selection.includes(step.key.as_str());
            self.expect(selected, step, "a step outside the selection");
        }
        let sorted = plan.steps.windows(2).all(|pair| pair[0].key <= pair[1].key);
        if let (false, Some(step)) = (sorted, plan.steps.first()) {
            self.expect(false, step, "the steps are not sorted");
        }
    }

    fn observed(&self, id: InstanceId) -> Option<&ObservedInstance> {
        match &self.input.view {
            View::Live(observed) => observed.instances.get(&id),
            View::Offline => None,
        }
    }

    /// Ours by the lock file, or by a marker of this inventory.
    fn is_ours(&self, id: InstanceId) -> bool {
        let recorded = self.recorded.contains(&id);
        let marked = self.observed(id).is_some_and(|instance| {
            self.tags(instance)
                .iter()
                .any(|tag| self.is_our_marker(tag))
        });
        recorded || marked
    }

    fn is_our_marker(&self, tag: &str) -> bool {
        Marker::belongs_to(tag, &self.input.desired.inventory) || self.markers.contains(tag)
    }

    fn tags<'o>(&self, instance: &'o ObservedInstance) -> BTreeSet<&'o str> {
        instance.tags.iter().flatten().map(String::as_str).collect()
    }

    fn step(&mut self, step: &Step) {
        if let Some(id) = step.id {
            self.expect(
                self.is_ours(id),
                step,
                "a step on an instance that is not ours",
            );
        }
        match &step.action {
            Action::Create(request) => {
                self.expect(step.id.is_none(), step, "a create of what exists");
                self.create(step, request);
            }
            Action::Update(request) => self.update(step, request),
            Action::Adopt(request) => {
                let recorded = self
                    .input
                    .lock
                    .instances
                    .get(&step.key)
                    .is_some_and(|entry| entry.id == request.id);
                self.expect(!recorded, step, "an adoption of what is recorded");
                self.update(step, request);
            }
            Action::Replace { old, create, .. } => {
                let protected = self.is_protected(step);
                self.expect(!protected, step, "a replace of a protected instance");
                self.expect(step.id == Some(*old), step, "a replace of another instance");
                if let Some(request) = create {
                    self.create(step, request);
                }
            }
            Action::Delete { drop_entry, .. } => self.delete(step, *drop_entry),
            Action::Forget => {
                let gone = match (&self.input.view, step.id) {
                    (View::Live(observed), Some(id)) => observed.gone.contains(&id),
                    _ => false,
                };
                self.expect(
                    gone,
                    step,
                    "forgets an instance that is not known to be gone",
                );
                let wanted = self.input.desired.instances.contains_key(&step.key);
                self.expect(!wanted, step, "forgets an instance that is wanted");
            }
        }
    }

    fn is_protected(&self, step: &Step) -> bool {
        let recorded = self.input.lock.instances.get(&step.key);
        let wanted = self.input.desired.instances.get(&step.key);
        recorded.is_some_and(|entry| entry.lifecycle.protect)
            || wanted.is_some_and(|instance| instance.lifecycle.protect)
    }

    fn delete(&mut self, step: &Step, drop_entry: bool) {
        let policy = &self.input.policy;
        let has = |reason: Reason| step.reasons.contains(&reason);
        let asked = if drop_entry {
            let on_remove = self
                .input
                .lock
                .instances
                .get(&step.key)
                .is_some_and(|entry| entry.lifecycle.on_remove == OnRemove::Delete);
            policy.prune_removed || on_remove
        } else {
            has(Reason::ReplaceUnfinished)
                || (has(Reason::Duplicate) && policy.prune_duplicates)
                || policy.prune_orphans
        };
        self.expect(asked, step, "a delete that nobody asked for");
        if drop_entry {
            self.expect(
                !self.is_protected(step),
                step,
                "a delete of a protected instance",
            );
            let wanted = self.input.desired.instances.contains_key(&step.key);
            self.expect(!wanted, step, "a delete of an instance that is wanted");
        } else {
            let recorded = self
                .input
                .lock
                .instances
                .get(&step.key)
                .is_some_and(|entry| Some(entry.id) == step.id);
            let retired = has(Reason::ReplaceUnfinished);
            self.expect(
                !recorded || retired,
                step,
                "a delete of the recorded instance",
            );
        }
    }

    fn create(&mut self, step: &Step, request: &CreateRequest) {
        let marker = Marker::live(&self.input.desired.inventory, &step.key);
        let tags = &request.tags;
        self.expect(
            request.marker == marker.as_str(),
            step,
            "a create with a wrong marker",
        );
        self.expect(
            tags.contains(&request.marker),
            step,
            "a create without its marker",
        );
        self.expect(
            request.marker.len() <= MAX_TAG,
            step,
            "a marker that is too long",
        );
        self.values(step, &request.configuration);
    }

    fn update(&mut self, step: &Step, request: &UpdateRequest) {
        self.expect(
            step.id == Some(request.id),
            step,
            "an update of another instance",
        );
        self.values(step, &request.configuration);
        let Some(tags) = &request.tags else {
            return;
        };
        let marker = Marker::live(&self.input.desired.inventory, &step.key);
        self.expect(
            tags.contains(marker.as_str()),
            step,
            "an update that drops the marker",
        );
        let markers = tags
            .iter()
            .filter(|tag| Marker::state_of(tag).is_some())
            .count();
        self.expect(markers == 1, step, "an update that leaves two markers");
        let declared = self
            .input
            .desired
            .instances
            .get(&step.key)
            .is_some_and(|instance| instance.tags.is_some());
        if let (false, Some(seen)) = (declared, self.observed(request.id)) {
            let keeps = seen
                .tags
                .iter()
                .flatten()
                .filter(|tag| Marker::state_of(tag).is_none())
                .all(|tag| tags.contains(tag));
            self.expect(keeps, step, "an update that drops tags nobody declared");
        }
    }

    fn values(&mut self, step: &Step, values: &BTreeMap<String, RequestValue>) {
        let wanted = self.input.desired.instances.get(&step.key);
        let entry = wanted.and_then(|instance| match &instance.element {
            ElementRef::Key(key) => Catalog::embedded().element(key.as_str()),
            ElementRef::Id(id) => Catalog::embedded().element_by_id(id.0),
        });
        for (name, value) in values {
            let declared = wanted.and_then(|instance| instance.configuration.get(name));
            let fits = match (value, declared) {
                (RequestValue::Plain(plain), Some(DesiredValue::Plain(other))) => plain == other,
                (RequestValue::Secret, Some(DesiredValue::Secret(_))) => true,
                _ => false,
            };
            self.expect(fits, step, "a value that the manifest does not have");
            if let RequestValue::Plain(plain) = value {
                self.expect(plain.canonical() != MASK, step, "a mask is sent");
                let credential = is_credential(entry, name);
                self.expect(!credential, step, "a credential in plain sight");
            }
        }
    }
}
