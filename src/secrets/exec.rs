//! Runs the command of `${exec:command}`, which prints a secret, without a shell.
//!
//! Must not: show what the command prints.

use std::process::{Command, Stdio};
use std::time::Duration;

use super::text::decode;
use crate::files::{self, Limits, ReadError};

const LIMITS: Limits = Limits {
    // A secret is never larger.
    bytes: 64 * 1024,
    // A command that takes longer probably waits for input that never comes.
    wait: Duration::from_secs(30),
};

/// The first word of a command; the others may be secret.
pub(super) fn program(command: &str) -> &str {
    command.split_whitespace().next().unwrap_or_default()
}

/// Runs a command and returns its output without the trailing line break.
pub(crate) fn run(command: &str) -> Result<String, String> {
    let mut words = command.split_whitespace();
    let program = words.next().ok_or("the command is empty")?;
    let mut child = Command::new(program)
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("cannot run command `{program}`: {error}"))?;
    let stdout = child
        .stdout
        .take()
        .ok_or("the output of the command is missing")?;
    let read = files::within(LIMITS, move || Ok(stdout)).map_err(|error| match error {
        ReadError::Endless { seconds } => {
            format!("command `{program}` timed out after {seconds} s")
        }
        ReadError::TooLarge { limit } => {
            format!("the output of command `{program}` is larger than {limit} bytes")
        }
        error => format!("cannot read the output of command `{program}`: {error}"),
    });
    if read.is_err() {
        let _ = child.kill();
    }
    let status = child
        .wait()
        .map_err(|error| format!("cannot wait for command `{program}`: {error}"))?;
    let bytes = read?;
    if !status.success() {
        return Err(format!("command `{program}` failed: {status}"));
    }
    decode(&bytes)
        .map(str::to_owned)
        .ok_or_else(|| format!("the output of command `{program}` is not valid UTF-8"))
}
