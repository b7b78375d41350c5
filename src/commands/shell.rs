//! What a person sees of an apply, and how they interrupt it: the hooks of its run.

use std::io;

use super::context::Context;
use super::signals::Signals;
use super::{git, inputs};
use crate::apply::Progress;
use crate::cli::{ApplyArgs, OutputFormat};
use crate::error::CliError;
use crate::lockfile::{Finished, LockPaths};
use crate::model::{ApplyReport, Desired, InventoryName, Planned};
use crate::render;
use crate::session::Hooks;
use crate::ui::ApplyProgress;

pub(super) struct Shell<'a> {
    pub(super) context: &'a Context,
    pub(super) arguments: &'a ApplyArgs,
    pub(super) paths: LockPaths,
    pub(super) signals: Signals,
    /// The manifest, where unchanged values are shown too.
    pub(super) full: Option<Desired>,
}

impl<'a> Shell<'a> {
    pub(super) fn new(context: &'a Context, arguments: &'a ApplyArgs) -> Result<Self, CliError> {
        let paths = inputs::paths(context)?;
        let mut signals = Signals::new();
        if arguments.yes {
            // Otherwise once the question is answered: until then Ctrl-C ends the process at once.
            signals.listen(Some(context.ui));
        }
        Ok(Self {
            context,
            arguments,
            paths,
            signals,
            full: None,
        })
    }

    pub(super) fn show_report(
        &self,
        inventory: &InventoryName,
        report: &ApplyReport,
    ) -> Result<(), CliError> {
        let printed = self.context.ui.print(|out| match self.arguments.output {
            OutputFormat::Json => render::report::json(inventory, report, out),
            OutputFormat::Text if report.outcomes.is_empty() => Ok(()),
            OutputFormat::Text => render::report::human(report, out),
        });
        printed.map_err(CliError::output)
    }
}

impl Hooks for Shell<'_> {
    fn lock_is_readable_by_others(&mut self) {
        inputs::warn_of_permissions(&self.paths);
    }

    /// For a person the plan is the first half of the result; where the result is JSON it is talk.
    fn show_plan(&mut self, planned: &Planned) -> io::Result<()> {
        let ui = self.context.ui;
        let (full, length) = (self.full.as_ref(), ui.length());
        match self.arguments.output {
            OutputFormat::Text => ui.print(|out| render::human::plan(planned, full, length, out)),
            OutputFormat::Json if self.context.global.output.quiet => Ok(()),
            OutputFormat::Json => {
                ui.print_aside(|out| render::human::plan(planned, full, length, out))
            }
        }
    }

    fn confirm(&mut self) -> io::Result<bool> {
        self.context.ui.confirm("Apply this plan?")
    }

    fn listen(&mut self) {
        self.signals.listen(Some(self.context.ui));
    }

    fn progress(&mut self, steps: usize) -> Box<dyn Progress + '_> {
        Box::new(ApplyProgress::new(self.context.ui, steps))
    }

    fn recorded(&mut self, finished: &Finished) {
        say_recorded(self.context, &self.paths, finished);
    }
}

/// Says that the lock file was written, and who can read its tokens.
pub(super) fn say_recorded(context: &Context, paths: &LockPaths, finished: &Finished) {
    if finished.rewritten {
        let tokens = match finished.sealed {
            true => "sealed; only an identity of a recipient opens them",
            false => "plaintext; only the file's owner can read them",
        };
        // Two lines: one would be longer than a terminal is wide.
        context.ui.say(&format!(
            "Lock file {}: {}.",
            paths.lock.display(),
            render::many(finished.instances, "instance"),
        ));
        context.ui.say(&format!("Its tokens are {tokens}."));
    }
    if finished.newly_sealed {
        git::warn_of_history(context, &paths.lock);
    }
}
