//! Progress of an apply on stderr.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::Ui;
use crate::apply::Progress;
use crate::model::{InstanceKey, OutcomeKind, Step, StepOutcome};

/// A bar on a terminal, plain lines in a log, or nothing.
pub struct ApplyProgress {
    ui: Ui,
    quiet: bool,
    bar: Option<ProgressBar>,
}

impl ApplyProgress {
    pub(super) fn new(ui: Ui, terminal: bool, steps: usize) -> Self {
        let quiet = ui.quiet;
        let bar = (terminal && !quiet).then(|| {
            let bar = ProgressBar::new(steps as u64);
            if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}") {
                bar.set_style(style);
            }
            bar
        });
        Self { ui, quiet, bar }
    }

    fn line(&self, text: String) {
        if let Some(bar) = &self.bar {
            bar.println(text);
        } else if !self.quiet {
            self.ui.say(&text);
        }
    }
}

impl Drop for ApplyProgress {
    /// The result stands alone, without the bar.
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Progress for ApplyProgress {
    fn started(&self, step: &Step) {
        if let Some(bar) = &self.bar {
            bar.set_message(format!("{} {}", step.action.as_str(), step.key));
        } else {
            self.line(format!("{}: {} …", step.key, step.action.as_str()));
        }
    }

    fn finished(&self, outcome: &StepOutcome) {
        let StepOutcome {
            key,
            action,
            outcome: kind,
            id,
            error,
        } = outcome;
        let id = id.map(|id| format!(" (id {id})")).unwrap_or_default();
        match (kind, error) {
            (OutcomeKind::Applied, _) => {
                if let Some(bar) = &self.bar {
                    bar.inc(1);
                } else {
                    self.line(format!("{key}: {action} done{id}"));
                }
            }
            (_, error) => {
                if let Some(bar) = &self.bar {
                    bar.inc(1);
                }
                let error = error.as_deref().unwrap_or("no reason given");
                self.line(format!("{key}: {action} {}{id}: {error}", kind.as_str()));
            }
        }
    }

    fn waiting(&self, key: &InstanceKey, why: &str, at_most: Duration) {
        let seconds = at_most.as_secs().max(1);
        self.line(format!(
            "{key}: {why}. Waiting up to {seconds} s; stopping is safe, the next apply goes on from here"
        ));
    }
}
