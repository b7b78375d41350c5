//! Progress of an apply on stderr.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::terminal::Ui;
use crate::apply::Progress;
use crate::model::{InstanceKey, OutcomeKind, Step, StepOutcome};
use crate::render::one_line;

/// A bar on a terminal, plain lines in a log, or nothing under `--quiet`.
pub(crate) struct ApplyProgress {
    ui: Ui,
    bar: Option<ProgressBar>,
}

impl ApplyProgress {
    pub(crate) fn new(ui: Ui, steps: usize) -> Self {
        let bar = ui.has_bar().then(|| {
            let bar = ProgressBar::new(steps as u64);
            if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}") {
                bar.set_style(style);
            }
            bar
        });
        Self { ui, bar }
    }

    fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(one_line(text)),
            None => self.ui.say(text),
        }
    }
}

impl Drop for ApplyProgress {
    /// Removes the bar, so that only the result remains.
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Progress for ApplyProgress {
    fn started(&self, step: &Step) {
        let (action, key) = (step.action.as_str(), &step.key);
        match &self.bar {
            Some(bar) => bar.set_message(one_line(&format!("{action} {key}"))),
            None => self.line(&format!("{key}: {action} …")),
        }
    }

    fn finished(&self, outcome: &StepOutcome) {
        let StepOutcome {
            key,
            action,
            outcome: kind,
            id,
            error,
            changed: _,
        } = outcome;
        let id = id.map(|id| format!(" (id {id})")).unwrap_or_default();
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
        if *kind != OutcomeKind::Applied {
            let error = error.as_deref().unwrap_or("unknown reason");
            self.line(&format!("{key}: {action} {}{id}: {error}", kind.as_str()));
        } else if self.bar.is_none() {
            self.line(&format!("{key}: {action} done{id}"));
        }
    }

    fn waiting(&self, key: &InstanceKey, why: &str, at_most: Duration) {
        let seconds = at_most.as_secs().max(1);
        self.line(&format!(
            "{key}: {why}. Waiting up to {seconds} s; stopping is safe; the next apply resumes from here"
        ));
    }
}
