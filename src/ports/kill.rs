//! Points at which a test may ask the process to die, as a killed runner does. Only builds with debug
//! assertions have them, so that all tests share one build; in a release every call is empty.
//!
//! It stands among the ports since two edges have such points and may not know each other.

/// A place between two things that must survive each other's loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KillPoint {
    /// Nothing is recorded yet, nothing is sent.
    BeforeIntent,
    /// The intent is durable, nothing is sent.
    AfterIntent,
    /// The request has left, and its answer is not read.
    RequestSent,
    /// The answer is here and not yet recorded.
    ResponseReceived,
    /// The result is durable.
    AfterResult,
    /// The new lock file is written under its temporary name.
    BeforeRename,
    /// The lock file is replaced, the journal is not yet emptied.
    DuringFold,
}

impl KillPoint {
    /// Every point, in the order a create passes them.
    pub const ALL: &'static [Self] = &[
        Self::BeforeIntent,
        Self::AfterIntent,
        Self::RequestSent,
        Self::ResponseReceived,
        Self::AfterResult,
        Self::BeforeRename,
        Self::DuringFold,
    ];

    /// The word for it in `CONNECTORCTL_KILL_AT=word:nth`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BeforeIntent => "before-intent",
            Self::AfterIntent => "after-intent",
            Self::RequestSent => "request-sent",
            Self::ResponseReceived => "response-received",
            Self::AfterResult => "after-result",
            Self::BeforeRename => "before-rename",
            Self::DuringFold => "during-fold",
        }
    }
}

/// Nothing: this is a release.
#[cfg(not(debug_assertions))]
pub fn at(_point: KillPoint) {}

/// Dies here where `CONNECTORCTL_KILL_AT` says so: no destructor runs, nothing is flushed.
#[cfg(debug_assertions)]
#[expect(
    clippy::disallowed_methods,
    reason = "a test's wish reaches the process by its environment"
)]
pub fn at(point: KillPoint) {
    use std::collections::BTreeMap;
    use std::sync::{Mutex, PoisonError};

    static PASSED: Mutex<BTreeMap<&'static str, u64>> = Mutex::new(BTreeMap::new());

    let Ok(wish) = std::env::var("CONNECTORCTL_KILL_AT") else {
        return;
    };
    let mut passed = PASSED.lock().unwrap_or_else(PoisonError::into_inner);
    let count = passed.entry(point.as_str()).or_default();
    *count += 1;
    if wish == format!("{}:{count}", point.as_str()) {
        std::process::abort();
    }
}
