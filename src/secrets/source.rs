//! Looks up one reference: a variable, a file or the output of a command.
//!
//! Must not: apply defaults, or show a value.

use std::ffi::OsString;
use std::path::Path;

use super::exec;
use super::text::decode;
use crate::diagnostic::OtherFile;
use crate::files::{self, Limits};
use crate::model::SecretSource;

/// A larger file is not a secret.
const LIMITS: Limits = Limits::bytes(1024 * 1024);

/// Why a reference has no value.
pub(super) struct Unresolved {
    pub(super) message: String,
    pub(super) hint: String,
    /// Whether there is no value, or an empty one. What is there and cannot be used is an error, even
    /// with a default.
    pub(super) is_absent: bool,
}

impl Unresolved {
    fn new(message: String, hint: impl Into<String>) -> Self {
        Self {
            message,
            hint: hint.into(),
            is_absent: false,
        }
    }

    fn absent(message: String, hint: impl Into<String>) -> Self {
        Self {
            is_absent: true,
            ..Self::new(message, hint)
        }
    }
}

/// Where references get their values from.
pub struct Lookups<'a> {
    /// The value of a variable, as the environment has it.
    pub variable: &'a dyn Fn(&str) -> Option<OsString>,
    /// Whether `${exec:…}` may run commands.
    pub allow_exec: bool,
    /// What to do with a reference that has no value.
    pub missing: MissingPolicy,
}

/// What to do with a reference that has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingPolicy {
    /// Report an error.
    Refuse,
    /// Use a placeholder that is the same in every run: for the sandbox.
    StandIn,
}

/// A value, and where it is from.
pub(super) struct Found {
    pub(super) value: String,
    /// For messages.
    pub(super) source: String,
}

impl Found {
    /// Whether a value of one line ends with a line break. A text of several lines may.
    pub(super) fn has_odd_line_break(&self) -> bool {
        let line_break = ['\n', '\r'];
        let line = self.value.trim_end_matches(line_break);
        line.len() < self.value.len() && !line.contains(line_break)
    }
}

impl Lookups<'_> {
    /// The value of a reference. An empty one is an error: a secret is empty only where the manifest
    /// says so.
    pub(super) fn find(&self, source: &SecretSource) -> Result<Found, Unresolved> {
        let (source, value) = match source {
            SecretSource::Env(name) => (format!("variable `{name}`"), self.variable(name)?),
            SecretSource::File { written, path } => {
                (format!("file `{written}`"), file(written, path)?)
            }
            SecretSource::Exec(command) => (
                format!("output of command `{}`", exec::program(command)),
                self.output(command)?,
            ),
        };
        if value.trim().is_empty() {
            return Err(Unresolved::absent(
                format!("{source} is empty"),
                "set a value or add a default with `:-`; to send an empty string, write `\"\"`",
            ));
        }
        Ok(Found { value, source })
    }

    fn variable(&self, name: &str) -> Result<String, Unresolved> {
        let value = (self.variable)(name).ok_or_else(|| {
            Unresolved::absent(
                format!("variable `{name}` is not set"),
                format!("set `{name}`, or add a default: `${{env:{name}:-…}}`"),
            )
        })?;
        value.into_string().map_err(|_| {
            let message = format!("variable `{name}` is not valid UTF-8");
            Unresolved::new(message, "set it to UTF-8 text")
        })
    }

    fn output(&self, command: &str) -> Result<String, Unresolved> {
        if !self.allow_exec {
            return Err(Unresolved::new(
                "`${exec:…}` is disabled".to_owned(),
                "pass `--allow-exec` if you trust the commands in the manifest",
            ));
        }
        exec::run(command).map_err(|message| {
            let hint = "run the command by hand; it gets no shell and no input";
            Unresolved::new(message, hint)
        })
    }
}

fn file(written: &str, path: &Path) -> Result<String, Unresolved> {
    let because = |what: &str, hint| Unresolved::new(format!("file `{written}` {what}"), hint);
    let unusable = |what: &str| {
        let hint = "name a readable UTF-8 file that contains only the secret";
        because(what, hint)
    };
    match files::read(path, LIMITS) {
        Err(error) if error.is_missing() => Err(Unresolved::absent(
            format!("file `{written}` does not exist"),
            "create it or correct the path, which is relative to the manifest",
        )),
        Err(error) => Err(unusable(&format!("cannot be read: {error}"))),
        Ok(bytes) => match OtherFile::of(&bytes) {
            Some(OtherFile { what, hint, .. }) => Err(because(what, hint)),
            None => decode(&bytes)
                .map(str::to_owned)
                .ok_or_else(|| unusable("is not valid UTF-8")),
        },
    }
}
