//! What a person is told while an apply runs.

use std::time::Duration;

use crate::model::{InstanceKey, Step, StepOutcome};

/// Takes news of the run. Calls come from one thread at a time.
pub trait Progress: Send + Sync {
    /// A step starts talking to the platform.
    fn started(&self, step: &Step);
    /// A step, or the settling of an intent without a step, has ended.
    fn finished(&self, outcome: &StepOutcome);
    /// A create is waited for: why, and for how long at most.
    fn waiting(&self, key: &InstanceKey, why: &str, at_most: Duration);
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn started(&self, _step: &Step) {}
    fn finished(&self, _outcome: &StepOutcome) {}
    fn waiting(&self, _key: &InstanceKey, _why: &str, _at_most: Duration) {}
}
