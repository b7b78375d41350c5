//! The planner: one pure, synchronous function of one struct, and an independent audit of its plans.
//!
//! Must not: do I/O, read a clock, log, or know how anything is fetched, applied or shown.

#![warn(missing_docs)]

mod audit;
mod builder;
mod create;
mod diff;
mod draft;
mod duplicates;
mod guards;
mod index;
mod input;
mod normalize;
mod notes;
mod planner;
mod policy;
mod presence;
mod recipients;
mod relabel;
mod removed;
mod subject;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

pub use audit::{Violation, audit};
pub use input::PlanInput;
pub use normalize::{has, shown, unlike_recorded};
pub use policy::{Policy, Resend, Selection};
pub use recipients::{recipients_change, recipients_missing};
pub use relabel::{RelabelInput, Relabeled, relabel};

use crate::model::Planned;
use builder::PlanBuilder;
use index::Index;
use planner::Planner;

/// Computes the plan. The same input gives the same plan, byte for byte.
pub fn plan(input: &PlanInput) -> Planned {
    let observed = match &input.observed {
        Some(observed) => Cow::Borrowed(observed),
        None => Cow::Owned(normalize::as_recorded(&input.lock)),
    };
    let index = Index::new(input, &observed);
    let mut planner = Planner {
        input,
        index: &index,
        out: PlanBuilder::default(),
    };
    planner.check_lock();
    planner.check_recipients();
    if planner.out.refusals.is_empty() {
        for subject in subject::subjects(&index) {
            planner.decide(&subject);
        }
        planner.orphans();
        planner.general_notes();
        planner.check_limits();
    }
    planner.out.build(input)
}
