//! stdout, stderr and the terminal, used as the global options say.

use std::io::{self, BufRead as _, IsTerminal as _, Write};

use anstream::ColorChoice;

use super::color::{Variable, is_colored};
use super::stream::Stream;
use crate::cli::GlobalArgs;
use crate::diagnostic::Length;
use crate::error::CliError;
use crate::model::Secret;
use crate::render::{self, one_line};

const STDOUT: Stream = Stream::Out(ColorChoice::Never);
const STDERR: Stream = Stream::Err(ColorChoice::Never);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Ui {
    stdout: Stream,
    stderr: Stream,
    quiet: bool,
    may_ask: bool,
    length: Length,
}

impl Ui {
    /// As the global options and the environment say.
    pub(crate) fn new(global: &GlobalArgs, variable: Variable<'_>) -> Self {
        let may_ask = !global.no_input && io::stdin().is_terminal() && STDERR.is_terminal();
        Self {
            quiet: global.output.quiet,
            may_ask,
            length: match global.output.full {
                true => Length::Full,
                false => Length::Short,
            },
            ..Self::colored(global.output.color, variable)
        }
    }

    fn colored(color: clap::ColorChoice, variable: Variable<'_>) -> Self {
        let choice = |stream: Stream| match is_colored(color, variable, stream.is_terminal()) {
            true => ColorChoice::Always,
            false => ColorChoice::Never,
        };
        Self {
            stdout: Stream::Out(choice(STDOUT)),
            stderr: Stream::Err(choice(STDERR)),
            quiet: false,
            may_ask: false,
            length: Length::Short,
        }
    }

    /// Prints what the command line itself says: help, or what is wrong with it.
    pub(crate) fn usage(error: &clap::Error, variable: Variable<'_>) {
        let ui = Self::colored(clap::ColorChoice::Auto, variable);
        let text = error.render();
        let stream = match error.use_stderr() {
            true => ui.stderr,
            false => ui.stdout,
        };
        // A closed stream cannot be reported anywhere.
        let _ = stream.print(|out| write!(out, "{}", text.ansi()));
    }

    /// Prints a result on stdout.
    pub(crate) fn print(
        &self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        self.stdout.print(write)
    }

    /// Writes ids and tokens to stdout as they are, for the program that reads them.
    pub(crate) fn hand_out(&self, bytes: &[u8]) -> io::Result<()> {
        self.stdout.hand_out(bytes)
    }

    /// Prints what goes with a result on stderr.
    pub(crate) fn print_aside(
        &self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        self.stderr.print(write)
    }

    fn line(&self, line: &str) {
        // A closed stderr cannot be reported anywhere.
        let _ = self.stderr.print(|out| writeln!(out, "{}", one_line(line)));
    }

    /// Prints a line on stderr, unless `--quiet` is given.
    pub(crate) fn say(&self, line: &str) {
        if !self.quiet {
            self.line(line);
        }
    }

    /// Prints a warning on stderr, even with `--quiet`.
    pub(crate) fn warn(&self, line: &str) {
        self.line(&format!("warning: {line}"));
    }

    /// Prints an error with its diagnostics, causes and hints.
    pub(crate) fn error(&self, error: &CliError) {
        let _ = self.stderr.print(|out| {
            if let Some(diagnostics) = error.diagnostics() {
                render::diagnostics::human(diagnostics, self.length, out)?;
            }
            writeln!(out, "error: {}", one_line(&error.summary()))?;
            for cause in error.causes() {
                writeln!(out, "  caused by: {}", one_line(&cause))?;
            }
            for hint in error.hints() {
                writeln!(out, "  hint: {}", one_line(hint))?;
            }
            Ok(())
        });
    }

    /// How much of many findings of one kind is shown.
    pub(crate) fn length(&self) -> Length {
        self.length
    }

    /// Whether nothing is left out (`--full`).
    pub(crate) fn shows_all(&self) -> bool {
        self.length == Length::Full
    }

    /// Whether a person sees what is printed on stdout.
    pub(crate) fn shows_stdout(&self) -> bool {
        self.stdout.is_terminal()
    }

    pub(crate) fn may_ask(&self) -> bool {
        self.may_ask
    }

    pub(crate) fn confirm(&self, question: &str) -> io::Result<bool> {
        let question = one_line(question);
        self.stderr
            .print(|out| write!(out, "{question} Type `yes` to confirm: "))?;
        Ok(read_line()? == "yes")
    }

    /// Asks for a text.
    pub(crate) fn ask(&self, question: &str) -> io::Result<String> {
        let question = one_line(question);
        self.stderr.print(|out| write!(out, "{question}"))?;
        read_line()
    }

    /// Asks for a secret without showing what is typed; `None` where that is not possible.
    pub(crate) fn ask_hidden(&self, question: &str) -> Option<Secret> {
        if !self.may_ask {
            return None;
        }
        let question = one_line(question);
        self.stderr.print(|out| write!(out, "{question}")).ok()?;
        let answer = super::hidden::read_line();
        // What ended the line was not shown either.
        self.stderr.print(|out| writeln!(out)).ok()?;
        answer
    }

    /// Whether a person sees what is said on stderr.
    pub(crate) fn has_terminal(&self) -> bool {
        self.stderr.is_terminal()
    }

    pub(super) fn has_bar(&self) -> bool {
        !self.quiet && self.stderr.is_terminal()
    }
}

/// A line of standard input without blanks around it.
fn read_line() -> io::Result<String> {
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim().to_owned())
}
