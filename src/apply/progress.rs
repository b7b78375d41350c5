//! Progress of a running apply, for people.

use std::time::Duration;

use crate::model::{InstanceKey, Step, StepOutcome};

/// Receives the progress of a run. Calls come from one thread at a time.
pub trait Progress: Send + Sync {
    /// A step has started.
    fn started(&self, step: &Step);
    /// A step, or the settling of an intent without a step, has ended.
    fn finished(&self, outcome: &StepOutcome);
    /// The outcome of a create is unknown. The step checks repeatedly, for `at_most` this long.
    fn waiting(&self, key: &InstanceKey, why: &str, at_most: Duration);
}

/// Shows nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn started(&self, _step: &Step) {}
    fn finished(&self, _outcome: &StepOutcome) {}
    fn waiting(&self, _key: &InstanceKey, _why: &str, _at_most: Duration) {}
}
