//! stdout, stderr and the terminal, used as the global options say.

use std::io::{self, BufRead as _, IsTerminal as _, Write};

use anstream::{AutoStream, ColorChoice};

use crate::cli::{Color, GlobalArgs};
use crate::error::CliError;
use crate::render;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Ui {
    color: ColorChoice,
    quiet: bool,
    may_ask: bool,
}

impl Ui {
    /// As the global options say.
    pub(crate) fn new(global: &GlobalArgs) -> Self {
        let color = match global.color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        let may_ask = !global.no_input && io::stdin().is_terminal() && io::stderr().is_terminal();
        Self {
            color,
            quiet: global.quiet,
            may_ask,
        }
    }

    /// The result, buffered; the caller flushes it.
    pub(crate) fn stdout(&self) -> impl Write + use<> {
        io::BufWriter::new(AutoStream::new(io::stdout().lock(), self.color))
    }

    pub(crate) fn stdout_color(&self) -> render::Color {
        render_color(AutoStream::new(io::stdout(), self.color).current_choice())
    }

    pub(crate) fn stderr_color(&self) -> render::Color {
        render_color(AutoStream::new(io::stderr(), self.color).current_choice())
    }

    pub(crate) fn stderr(&self) -> impl Write + use<> {
        AutoStream::new(io::stderr().lock(), self.color)
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
            render::diagnostics::human(diagnostics, self.stderr_color(), &mut out)?;
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

fn render_color(choice: ColorChoice) -> render::Color {
    match choice {
        ColorChoice::Never => render::Color::Never,
        ColorChoice::Auto | ColorChoice::Always | ColorChoice::AlwaysAnsi => render::Color::Always,
    }
}
