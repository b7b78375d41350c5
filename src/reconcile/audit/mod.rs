//! An independent check of every plan. The invariants are derived from the input and not from the
//! planner's own steps. A violation is a bug in this program, and nothing is sent.

mod auditor;
mod request;
mod step;

use std::collections::BTreeSet;

use super::PlanInput;
use crate::model::{InstanceId, InstanceKey, Plan, Step};

pub use auditor::Violation;

use auditor::Auditor;

/// All invariants that the plan violates; empty for a sound plan.
pub fn audit(input: &PlanInput, plan: &Plan) -> Vec<Violation> {
    let mut auditor = Auditor::new(input);
    whole(&mut auditor, plan);
    for step in &plan.steps {
        auditor.step(step);
    }
    auditor.violations.sort();
    auditor.violations.dedup();
    auditor.violations
}

/// Invariants of the plan as a whole.
fn whole(auditor: &mut Auditor<'_>, plan: &Plan) {
    let mut ids: BTreeSet<InstanceId> = BTreeSet::new();
    let mut main_steps: BTreeSet<&InstanceKey> = BTreeSet::new();
    let mut previous: Option<&Step> = None;
    for step in &plan.steps {
        let fresh = step.id.is_none_or(|id| ids.insert(id));
        auditor.expect(fresh, step, "two steps for one instance");
        let superfluous = step.is_superfluous();
        let alone = superfluous || main_steps.insert(&step.key);
        auditor.expect(alone, step, "two steps for one key");
        let sorted = previous.is_none_or(|before| {
            (&before.key, before.is_superfluous()) <= (&step.key, superfluous)
        });
        auditor.expect(sorted, step, "the steps are not in order");
        let selected = auditor.input.policy.selection.includes(step.key.as_str());
        auditor.expect(selected, step, "a step outside the selection");
        previous = Some(step);
    }
    let same = plan.inventory == auditor.input.desired.inventory
        && auditor.input.lock.header.inventory == auditor.input.desired.inventory;
    if let (false, Some(step)) = (same, plan.steps.first()) {
        auditor.expect(false, step, "a plan for another inventory");
    }
}
