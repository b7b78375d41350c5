//! Counts: of anything in words, and of the steps of a plan by action, for the summary line and for JSON.

use serde::Serialize;

use crate::model::{Action, Planned, Standing};

/// `1 instance`, `2 instances`.
pub fn many(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        many => format!("{many} {noun}s"),
    }
}

/// The declared instances without a step: only how many are unchanged, if that is all.
pub(super) fn without_step(unchanged: usize, standing: &Standing) -> String {
    let Standing {
        declared,
        needs_sign_in,
        contested,
        refused,
        excluded,
    } = standing;
    let need = match needs_sign_in {
        1 => "needs a sign-in",
        _ => "need a sign-in",
    };
    let others: Vec<String> = [
        (needs_sign_in, need),
        (contested, "contested"),
        (refused, "refused"),
        (excluded, "excluded"),
    ]
    .into_iter()
    .filter(|(count, _)| **count > 0)
    .map(|(count, word)| format!(", {count} {word}"))
    .collect();
    if others.is_empty() {
        format!("{unchanged} unchanged")
    } else {
        format!(
            "{declared} declared: {unchanged} unchanged{}",
            others.concat()
        )
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
    #[serde(flatten)]
    standing: Standing,
}

impl Counts {
    pub(super) fn of(planned: &Planned) -> Self {
        let mut counts = Self {
            unchanged: planned.unchanged,
            standing: planned.standing,
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
            standing: _,
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
