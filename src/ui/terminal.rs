//! stdout, stderr and the terminal, used as the global options say.

use std::io::{self, BufRead as _, IsTerminal as _, Write};

use anstream::{AutoStream, ColorChoice};

use super::color::{Variable, is_colored};
use crate::cli::GlobalArgs;
use crate::error::CliError;
use crate::render;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Ui {
    stdout: ColorChoice,
    stderr: ColorChoice,
    quiet: bool,
    may_ask: bool,
}

impl Ui {
    /// As the global options and the environment say.
    pub(crate) fn new(global: &GlobalArgs, variable: Variable<'_>) -> Self {
        let may_ask = !global.no_input && io::stdin().is_terminal() && io::stderr().is_terminal();
        Self {
            quiet: global.output.quiet,
            may_ask,
            ..Self::colored(global.output.color, variable)
        }
    }

    fn colored(color: clap::ColorChoice, variable: Variable<'_>) -> Self {
        let choice = |is_terminal| match is_colored(color, variable, is_terminal) {
            true => ColorChoice::Always,
            false => ColorChoice::Never,
        };
        Self {
            stdout: choice(io::stdout().is_terminal()),
            stderr: choice(io::stderr().is_terminal()),
            quiet: false,
            may_ask: false,
        }
    }

    /// Prints what the command line itself says: help, or what is wrong with it.
    pub(crate) fn usage(error: &clap::Error, variable: Variable<'_>) {
        let ui = Self::colored(clap::ColorChoice::Auto, variable);
        let text = error.render();
        // A closed stream cannot be reported anywhere.
        let _ = match error.use_stderr() {
            true => write!(ui.stderr(), "{}", text.ansi()),
            false => ui.print(|out| write!(out, "{}", text.ansi())),
        };
    }

    /// Prints a result on stdout.
    pub(crate) fn print(
        &self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut out = io::BufWriter::new(AutoStream::new(io::stdout().lock(), self.stdout));
        write(&mut out)?;
        out.flush()
    }

    pub(crate) fn stderr(&self) -> impl Write + use<> {
        AutoStream::new(io::stderr().lock(), self.stderr)
    }

    /// Prints a line on stderr, unless `--quiet` is given.
    pub(crate) fn say(&self, line: &str) {
        if !self.quiet {
            // A closed stderr cannot be reported anywhere.
            let _ = writeln!(self.stderr(), "{line}");
        }
    }

    /// Prints a warning on stderr, even with `--quiet`.
    pub(crate) fn warn(&self, line: &str) {
        let _ = writeln!(self.stderr(), "warning: {line}");
    }

    /// Prints an error with its diagnostics, causes and hints.
    pub(crate) fn error(&self, error: &CliError) {
        let _ = self.write_error(error);
    }

    fn write_error(&self, error: &CliError) -> io::Result<()> {
        let mut out = self.stderr();
        if let Some(diagnostics) = error.diagnostics() {
            render::diagnostics::human(diagnostics, &mut out)?;
        }
        writeln!(out, "error: {}", error.summary())?;
        for cause in error.causes() {
            writeln!(out, "  caused by: {cause}")?;
        }
        for hint in error.hints() {
            writeln!(out, "  hint: {hint}")?;
        }
        Ok(())
    }

    pub(crate) fn may_ask(&self) -> bool {
        self.may_ask
    }

    pub(crate) fn confirm(&self, question: &str) -> io::Result<bool> {
        let mut err = self.stderr();
        write!(err, "{question} Type `yes` to confirm: ")?;
        err.flush()?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        Ok(answer.trim() == "yes")
    }

    pub(super) fn has_bar(&self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }
}
