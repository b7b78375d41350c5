//! Counts: of anything in words, and of the steps of a plan by action, for the summary line and for JSON.

use serde::Serialize;

use crate::model::{Action, Planned};

/// `1 instance`, `2 instances`.
pub fn many(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        many => format!("{many} {noun}s"),
    }
}

/// The number of steps by action; in JSON the `summary` of a plan.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Counts {
    create: usize,
    update: usize,
    replace: usize,
    delete: usize,
    adopt: usize,
    forget: usize,
    unchanged: usize,
}

impl Counts {
    pub(super) fn of(planned: &Planned) -> Self {
        let mut counts = Self {
            unchanged: planned.unchanged,
            ..Self::default()
        };
        for step in &planned.plan.steps {
            let count = match step.action {
                Action::Create(_) => &mut counts.create,
                Action::Update(_) => &mut counts.update,
                Action::Replace(_) => &mut counts.replace,
                Action::Delete(_) => &mut counts.delete,
                Action::Adopt(_) => &mut counts.adopt,
                Action::Forget => &mut counts.forget,
            };
            *count += 1;
        }
        counts
    }

    /// In words, such as `2 to create, 1 to update`; empty if there is no step.
    pub(super) fn in_words(&self) -> String {
        let Self {
            create,
            update,
            replace,
            delete,
            adopt,
            forget,
            unchanged: _,
        } = self;
        let parts: Vec<String> = [
            (create, "create"),
            (adopt, "adopt"),
            (update, "update"),
            (replace, "replace"),
            (delete, "delete"),
            (forget, "forget"),
        ]
        .into_iter()
        .filter(|(count, _)| **count > 0)
        .map(|(count, word)| format!("{count} to {word}"))
        .collect();
        parts.join(", ")
    }
}
