//! The planner: one pure, synchronous function of one struct, and an independent audit of its plans.
//!
//! Must not: do I/O, read a clock, log, or know how anything is fetched, applied or shown.

#![warn(missing_docs)]

mod audit;
mod create;
mod diff;
mod draft;
mod extra;
mod found;
mod guards;
mod index;
mod input;
mod normalize;
mod notes;
mod policy;
mod presence;
mod removed;
mod subject;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

pub use audit::{Violation, audit};
pub use input::{PlanInput, View};
pub use policy::{Policy, Resend, Selection};

use crate::model::{InstanceId, InstanceKey, Plan, Planned, Step};
use found::Found;

/// Decides what leads from what is to what is wanted. The same input gives the same plan, byte for
/// byte.
pub fn plan(input: &PlanInput) -> Planned {
    let mut found = Found::default();
    if guards::lock_is_sound(input, &mut found) {
        let observed = match &input.view {
            View::Live(observed) => Cow::Borrowed(observed),
            View::Offline => Cow::Owned(normalize::as_recorded(&input.lock)),
        };
        let index = index::Index::new(input, &observed);
        for subject in subject::subjects(input, &index) {
            presence::decide(input, &index, &subject, &mut found);
        }
        removed::orphans(input, &index, &mut found);
        notes::general(input, &index, &mut found);
        guards::check(input, &index, &mut found);
    }
    in_order(input, found)
}

fn in_order(input: &PlanInput, found: Found) -> Planned {
    let Found {
        mut steps,
        mut notes,
        mut refusals,
        unchanged,
        not_compared: _,
        rotated: _,
    } = found;
    steps.sort_by(|a, b| order(a).cmp(&order(b)));
    notes.sort();
    notes.dedup();
    refusals.sort();
    refusals.dedup();
    Planned {
        plan: Plan {
            inventory: input.desired.inventory.clone(),
            steps,
        },
        notes,
        unchanged,
        refusals,
    }
}

/// Steps of one key are carried out in this order: what is current comes first, what is superfluous
/// last.
fn order(step: &Step) -> (&InstanceKey, bool, Option<InstanceId>) {
    (&step.key, step.is_superfluous(), step.id)
}
