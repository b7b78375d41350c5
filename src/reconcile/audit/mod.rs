//! An independent check of every plan. The invariants are derived from the input and not from the
//! planner's own steps. A violation is a bug in this program, and nothing is sent.

mod auditor;
mod request;
mod step;

use std::collections::BTreeSet;

use super::PlanInput;
use crate::model::{Action, InstanceId, InstanceKey, Plan, Step};

pub use auditor::Violation;

use auditor::Auditor;

/// All invariants that the plan violates; empty for a sound plan.
pub fn audit<'a>(input: &'a PlanInput, plan: &'a Plan) -> Vec<Violation> {
    let Some(first) = plan.steps.first() else {
        return Vec::new();
    };
    let mut auditor = Auditor::new(input, plan, first);
    let inventory = &input.desired.inventory;
    let same = plan.inventory == *inventory && input.lock.header.inventory == *inventory;
    auditor.expect(same, "a plan for another inventory");
    let mut ids: BTreeSet<InstanceId> = BTreeSet::new();
    let mut main_steps: BTreeSet<&InstanceKey> = BTreeSet::new();
    let mut previous = first;
    for step in &plan.steps {
        auditor.step = step;
        // An entry is forgotten where its instance became that of another key, which has steps of its own.
        let forgets = matches!(step.action, Action::Forget);
        let fresh = forgets || step.id.is_none_or(|id| ids.insert(id));
        auditor.expect(fresh, "two steps for one instance");
        let alone = step.is_superfluous() || main_steps.insert(&step.key);
        auditor.expect(alone, "two steps for one key");
        let order = |step: &'a Step| (&step.key, step.is_superfluous());
        let sorted = order(previous) <= order(step);
        auditor.expect(sorted, "the steps are not in order");
        auditor.step();
        previous = step;
    }
    auditor.violations.sort();
    auditor.violations.dedup();
    auditor.violations
}
