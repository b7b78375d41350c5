//! Faults in force: which request meets which.

use super::fault_spec::{Fault, Kind};

/// The faults in force, with how often each was met.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults(Vec<(Fault, u64)>);

impl Faults {
    pub(super) fn new(faults: Vec<Fault>) -> Self {
        Self(faults.into_iter().map(|fault| (fault, 0)).collect())
    }

    pub(super) fn add(&mut self, fault: Fault) {
        self.0.push((fault, 0));
    }

    pub(super) fn list(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0
            .iter()
            .map(|(fault, met)| (fault.spec.as_str(), *met))
    }

    /// The fault this request meets, if any: the first that matches and is not used up.
    pub(super) fn meet(&mut self, method: &str, path: &str) -> Option<Fault> {
        for (fault, met) in &mut self.0 {
            let matching = (fault.method == "*" || fault.method == method)
                && matches(&fault.path, path)
                && !matches!(fault.kind, Kind::ListLag | Kind::Volatile);
            if !matching {
                continue;
            }
            *met += 1;
            let turn = *met;
            if turn > fault.skip && turn - fault.skip <= fault.count {
                return Some(fault.clone());
            }
        }
        None
    }

    /// How long what is created stays out of lists.
    pub(super) fn list_lag_ms(&self) -> u64 {
        self.0
            .iter()
            .filter(|(fault, _)| fault.kind == Kind::ListLag)
            .map(|(fault, _)| u64::try_from(fault.duration.as_millis()).unwrap_or(u64::MAX))
            .max()
            .unwrap_or(0)
    }

    pub(super) fn is_volatile(&self) -> bool {
        self.0.iter().any(|(fault, _)| fault.kind == Kind::Volatile)
    }
}

/// `*` stands for any text.
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
