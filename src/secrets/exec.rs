//! Runs the command of `${exec:command}`, which prints a secret, without a shell.
//!
//! Must not: show what the command prints.

use std::io::Read as _;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use super::text::decode;

/// A command that takes longer probably waits for input that never comes.
const TIMEOUT: Duration = Duration::from_secs(30);
/// A secret is never larger.
const MAX_BYTES: u64 = 64 * 1024;

/// The first word of a command; the others may be secret.
pub(super) fn program(command: &str) -> &str {
    command.split_whitespace().next().unwrap_or_default()
}

/// Runs a command and returns its output without the trailing line break.
pub(super) fn run(command: &str) -> Result<String, String> {
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
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = stdout.take(MAX_BYTES + 1).read_to_end(&mut bytes);
        // The receiver is gone after a timeout.
        let _ = send.send(read.map(|_| bytes));
    });
    let read = match receive.recv_timeout(TIMEOUT) {
        Err(_) => Err(format!(
            "command `{program}` timed out after {} s",
            TIMEOUT.as_secs()
        )),
        Ok(Err(error)) => Err(format!(
            "cannot read the output of command `{program}`: {error}"
        )),
        Ok(Ok(bytes)) if bytes.len() as u64 > MAX_BYTES => Err(format!(
            "the output of command `{program}` is larger than {MAX_BYTES} bytes"
        )),
        Ok(Ok(bytes)) => Ok(bytes),
    };
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
