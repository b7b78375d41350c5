//! Guards: what makes a plan more likely a mistake than a wish is refused until it is said twice.

use super::presence::Found;
use super::{PlanInput, View};
use crate::model::{Action, Observed, Reason, Refusal};

/// More than this share of the recorded instances gone at once is more likely other credentials.
const VANISHED_PERCENT: usize = 20;

pub(super) fn check(input: &PlanInput, observed: &Observed, found: &mut Found) {
    vanished(input, observed, found);
    let recorded = input.lock.instances.len();
    let deletes = found
        .steps
        .iter()
        .filter(|step| match step.action {
            Action::Replace { .. } => true,
            // The replace it ends was counted when it began.
            Action::Delete { .. } => !step.reasons.contains(&Reason::ReplaceUnfinished),
            Action::Create(_) | Action::Update(_) | Action::Adopt(_) | Action::Forget => false,
        })
        .count();
    let most = input.policy.max_deletes.of(recorded);
    if deletes > most {
        refuse(
            found,
            "too-many-deletes",
            format!(
                "the plan deletes or replaces {deletes} instances, and at most {most} are allowed"
            ),
            format!("pass --max-deletes={deletes} where that is what you want"),
        );
    }
    let changes = found
        .steps
        .iter()
        .filter(|step| !matches!(step.action, Action::Create(_) | Action::Adopt(_)))
        .count();
    if let Some(most) = input.policy.max_changes
        && changes > most
    {
        refuse(
            found,
            "too-many-changes",
            format!("the plan changes {changes} instances, and at most {most} are allowed"),
            format!("pass --max-changes={changes} where that is what you want"),
        );
    }
}

fn vanished(input: &PlanInput, observed: &Observed, found: &mut Found) {
    if input.policy.recreate_vanished || input.view == View::Offline {
        return;
    }
    let recorded = input.lock.instances.len();
    let gone = input
        .lock
        .instances
        .values()
        .filter(|entry| observed.gone.contains(&entry.id))
        .count();
    let most = (recorded * VANISHED_PERCENT / 100).max(1);
    let suspicious = gone > most || (gone > 0 && input.other_user);
    if suspicious {
        refuse(
            found,
            "many-vanished",
            format!("{gone} of {recorded} recorded instances are gone from the platform"),
            "more likely these credentials do not see them; where they are really gone, pass --recreate-vanished"
                .to_owned(),
        );
    }
}

fn refuse(found: &mut Found, code: &str, message: String, hint: String) {
    found.refusals.push(Refusal {
        code: code.to_owned(),
        key: None,
        message,
        hint,
    });
}
