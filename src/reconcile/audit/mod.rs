//! A second opinion on every plan: its invariants, derived again from the input and not from the
//! planner's own steps. A violation is a bug of this program, and nothing is sent.

mod request;
mod step;

use std::collections::BTreeSet;

use super::{PlanInput, View};
use crate::model::{
    DesiredInstance, InstanceId, InstanceKey, LockedInstance, Marker, ObservedInstance, Plan, Step,
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
    let mut auditor = Auditor::new(input);
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
    /// Every marker that some observed instance carries.
    carried: BTreeSet<&'a str>,
    violations: Vec<Violation>,
}

impl<'a> Auditor<'a> {
    fn new(input: &'a PlanInput) -> Self {
        let inventory = &input.desired.inventory;
        let desired = &input.desired.instances;
        let moved = desired
            .values()
            .filter_map(|instance| instance.lifecycle.moved_from.as_ref());
        let markers = desired
            .keys()
            .chain(moved)
            .chain(input.lock.instances.keys())
            .flat_map(|key| Marker::both(inventory, key))
            .map(|marker| marker.to_string())
            .collect();
        let carried = match &input.view {
            View::Live(observed) => {
                let instances = observed.instances.values();
                instances.flat_map(ObservedInstance::markers).collect()
            }
            View::Offline => BTreeSet::new(),
        };
        let recorded = input.lock.instances.values().map(|entry| entry.id);
        Self {
            input,
            recorded: recorded.collect(),
            markers,
            carried,
            violations: Vec::new(),
        }
    }

    fn expect(&mut self, holds: bool, step: &Step, what: &'static str) {
        if !holds {
            self.violations.push(Violation {
                key: step.key.to_string(),
                what,
            });
        }
    }

    /// What holds of all steps together.
    fn whole(&mut self, plan: &Plan) {
        let mut ids: BTreeSet<InstanceId> = BTreeSet::new();
        let mut main_steps: BTreeSet<&InstanceKey> = BTreeSet::new();
        let mut previous: Option<&Step> = None;
        for step in &plan.steps {
            let fresh = step.id.is_none_or(|id| ids.insert(id));
            self.expect(fresh, step, "two steps for one instance");
            let superfluous = step.is_superfluous();
            let alone = superfluous || main_steps.insert(&step.key);
            self.expect(alone, step, "two steps for one key");
            let sorted = previous.is_none_or(|before| {
                (&before.key, before.is_superfluous()) <= (&step.key, superfluous)
            });
            self.expect(sorted, step, "the steps are not in order");
            let selected = self.input.policy.selection.includes(step.key.as_str());
            self.expect(selected, step, "a step outside the selection");
            previous = Some(step);
        }
        let same = plan.inventory == self.input.desired.inventory
            && self.input.lock.header.inventory == self.input.desired.inventory;
        if let (false, Some(step)) = (same, plan.steps.first()) {
            self.expect(false, step, "a plan for another inventory");
        }
    }

    fn desired(&self, step: &Step) -> Option<&'a DesiredInstance> {
        self.input.desired.instances.get(&step.key)
    }

    /// The entries of the step's key, and of the key it had.
    fn entries(&self, step: &Step) -> impl Iterator<Item = &'a LockedInstance> {
        let entries = &self.input.lock.instances;
        let moved = step.moved_from.as_ref().and_then(|old| entries.get(old));
        entries.get(&step.key).into_iter().chain(moved)
    }

    /// Whether the step's key, or the key it had, records this instance.
    fn records(&self, step: &Step, id: InstanceId) -> bool {
        self.entries(step).any(|entry| entry.id == id)
    }

    fn observed(&self, id: InstanceId) -> Option<&'a ObservedInstance> {
        match &self.input.view {
            View::Live(observed) => observed.instances.get(&id),
            View::Offline => None,
        }
    }

    fn is_our_marker(&self, tag: &str) -> bool {
        Marker::belongs_to(tag, &self.input.desired.inventory) || self.markers.contains(tag)
    }

    fn is_protected(&self, step: &Step) -> bool {
        self.entries(step).any(|entry| entry.lifecycle.protect)
            || self
                .desired(step)
                .is_some_and(|instance| instance.lifecycle.protect)
    }
}

/// How many markers there are among tags that are sent.
fn marker_count<'t>(tags: impl Iterator<Item = &'t String>) -> usize {
    tags.filter(|tag| Marker::state_of(tag).is_some()).count()
}
