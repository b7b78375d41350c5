//! What is said at the end of an import.

use super::context::Context;
use super::draft::Draft;
use crate::model::{ApplyReport, InstanceKey, OutcomeKind, StepOutcome};
use crate::session::{Found, Import, Marked};

/// What is marked and recorded is done, whatever else was to be said of it.
pub(super) fn report_of(run: &Import<'_>, marked: &Marked) -> ApplyReport {
    let outcome = |key: &InstanceKey| marked.report.outcomes.iter().find(|row| row.key == *key);
    let rows = run.imported.iter().map(|it| {
        let is_done = marked.done.contains(&it.key);
        let row = outcome(&it.key).filter(|_| !is_done);
        StepOutcome {
            key: it.key.clone(),
            action: "import".to_owned(),
            outcome: row.map_or(OutcomeKind::Applied, |row| row.outcome),
            id: Some(it.seen.id),
            error: row.and_then(|row| row.error.clone()),
            changed: false,
        }
    });
    ApplyReport {
        outcomes: rows.collect(),
        ..marked.report.clone()
    }
}

/// Says what a person has to do.
pub(super) fn next(context: &Context, found: &Found, draft: &Draft, is_accepted: bool) {
    let ui = context.ui;
    let imported = &found.choice.imported;
    for it in imported.iter().filter(|it| it.seen.token.is_none()) {
        ui.warn(&format!(
            "{}: the platform showed no token, so the lock file has none; run `connectorctl apply` with the \
             credentials of the user who owns the instance",
            it.key
        ));
    }
    let variables = || draft.stanzas.iter().flat_map(|stanza| stanza.variables());
    if is_accepted || variables().next().is_none() {
        return;
    }
    ui.say("Secrets were not imported. Set these variables to the present values:");
    for (variable, _) in variables() {
        ui.say(&format!("  export {variable}="));
    }
    // Two lines: one would be longer than a terminal is wide.
    ui.say("Then run `connectorctl apply --accept-secrets`.");
    ui.say("A plain `apply` sends each of them once.");
}
