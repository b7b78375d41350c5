//! The hooks of an import and a forget, and what both are handed.

use std::io;

use super::context::Context;
use super::signals::Signals;
use super::{git, inputs, sealing, shell, waiting};
use crate::apply::{ApplyOptions, Progress};
use crate::cli::{OutputFormat, WriteArgs};
use crate::error::CliError;
use crate::lockfile::{Finished, LockPaths, LockStore};
use crate::model::{Desired, Planned, Timestamp};
use crate::remote::Settings;
use crate::session::{Hooks, SessionError};
use crate::ui::ApplyProgress;

pub(super) struct Marking<'a> {
    context: &'a Context,
    pub(super) paths: LockPaths,
    pub(super) signals: Signals,
    pub(super) deadline: Option<Timestamp>,
    pub(super) arguments: &'a WriteArgs,
}

impl<'a> Marking<'a> {
    pub(super) fn new(context: &'a Context, arguments: &'a WriteArgs) -> Result<Self, CliError> {
        let mut signals = Signals::new();
        if arguments.yes {
            signals.listen(Some(context.ui));
        }
        Ok(Self {
            context,
            paths: inputs::paths(context)?,
            signals,
            deadline: waiting::deadline(arguments.deadline),
            arguments,
        })
    }

    /// Seals the tokens that are recorded from now on, where the manifest says so.
    ///
    /// # Errors
    /// With `--strict`, if a commit would take plain tokens.
    pub(super) fn seal(&self, desired: &Desired, store: &mut LockStore) -> Result<(), CliError> {
        git::check_plain(self.context, desired, &self.paths.lock)?;
        if let Some(sealer) = sealing::sealer(self.context, desired) {
            store.seal_with(sealer);
        }
        Ok(())
    }

    /// The limits of the client.
    pub(super) fn settings(&self) -> Settings {
        Settings {
            max_in_flight: usize::from(self.arguments.parallelism) + 2,
            stop: Some(self.signals.stop()),
            ..waiting::settings(self.context, self.deadline)
        }
    }

    pub(super) fn options(&self) -> ApplyOptions {
        ApplyOptions {
            parallelism: usize::from(self.arguments.parallelism),
            deadline: self.deadline,
            ..ApplyOptions::default()
        }
    }

    /// Shows what is about to happen, and asks. Where the result is JSON it is talk.
    pub(super) fn agreed(
        &self,
        show: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
        question: &str,
    ) -> Result<(), CliError> {
        let ui = self.context.ui;
        let shown = match self.arguments.output {
            OutputFormat::Text => ui.print(show),
            OutputFormat::Json if self.context.global.output.quiet => Ok(()),
            OutputFormat::Json => ui.print_aside(show),
        };
        shown.map_err(CliError::output)?;
        if self.arguments.yes || ui.confirm(question).map_err(SessionError::Question)? {
            return Ok(());
        }
        Err(SessionError::Declined.into())
    }
}

impl Hooks for Marking<'_> {
    fn lock_is_readable_by_others(&mut self) {
        inputs::warn_of_permissions(&self.paths);
    }

    /// What is about to happen was shown in words of its own.
    fn show_plan(&mut self, _planned: &Planned) -> io::Result<()> {
        Ok(())
    }

    fn confirm(&mut self) -> io::Result<bool> {
        Ok(true)
    }

    fn listen(&mut self) {
        self.signals.listen(Some(self.context.ui));
    }

    fn progress(&mut self, steps: usize) -> Box<dyn Progress + '_> {
        Box::new(ApplyProgress::new(self.context.ui, steps))
    }

    fn recorded(&mut self, finished: &Finished) {
        shell::say_recorded(self.context, &self.paths, finished);
    }
}
