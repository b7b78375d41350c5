//! The faults in force, and which request fails. Must not: know what a failure looks like.

use serde_json::{Value, json};

use super::fault_spec::{Effect, Fault, FaultKind};

/// The faults in force, in the order they were added.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults(Vec<ActiveFault>);

#[derive(Clone, Debug)]
struct ActiveFault {
    fault: Fault,
    matched: u64,
    /// When the first of them failed.
    began_ms: Option<u64>,
}

impl ActiveFault {
    /// Counts a matching request and returns whether it fails.
    fn strikes(&mut self, now_ms: u64) -> bool {
        let Fault {
            skip,
            count,
            duration,
            ..
        } = self.fault;
        self.matched += 1;
        if self.matched <= skip {
            return false;
        }
        let began = *self.began_ms.get_or_insert(now_ms);
        // Given a duration, it ends by time and not by count.
        let by_time = self.fault.kind == FaultKind::TooMany && !duration.is_zero();
        if by_time {
            u128::from(now_ms.saturating_sub(began)) < duration.as_millis()
        } else {
            self.matched - skip <= count
        }
    }
}

impl Faults {
    pub(super) fn new(faults: Vec<Fault>) -> Self {
        let active = |fault| ActiveFault {
            fault,
            matched: 0,
            began_ms: None,
        };
        Self(faults.into_iter().map(active).collect())
    }

    pub(super) fn add(&mut self, faults: Self) {
        self.0.extend(faults.0);
    }

    pub(super) fn to_json(&self) -> Value {
        let rows = self.0.iter();
        rows.map(|row| json!({"fault": row.fault.spec, "matched": row.matched}))
            .collect()
    }

    /// The fault of this request, if any: the first that matches and is not used up.
    pub(super) fn next(&mut self, method: &str, path: &str, now_ms: u64) -> Option<Fault> {
        for row in &mut self.0 {
            let fault = &row.fault;
            let matching = (fault.method == "*" || fault.method == method)
                && matches(&fault.path, path)
                && fault.kind.effect() != Effect::Permanent;
            if matching && row.strikes(now_ms) {
                return Some(row.fault.clone());
            }
        }
        None
    }

    pub(super) fn has(&self, kind: FaultKind) -> bool {
        self.0.iter().any(|row| row.fault.kind == kind)
    }

    /// The longest time that faults of this kind ask for.
    pub(super) fn longest_ms(&self, kind: FaultKind) -> u64 {
        let rows = self.0.iter().filter(|row| row.fault.kind == kind);
        let longest = rows.map(|row| row.fault.duration).max();
        u64::try_from(longest.unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
    }
}

/// `*` matches any text.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => text.strip_prefix(head).is_some_and(|rest| {
            (0..=rest.len())
                .filter(|at| rest.is_char_boundary(*at))
                .any(|at| matches(tail, &rest[at..]))
        }),
    }
}
