//! `${exec:command}`: a program that prints a secret, run without a shell.

use std::io::Read as _;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use super::text::trimmed;

/// A program that takes longer waits for a person, and nobody is there.
const TIMEOUT: Duration = Duration::from_secs(30);
/// No secret is larger.
const MAX_BYTES: u64 = 64 * 1024;

/// Runs a command and answers what it printed, one trailing newline trimmed.
pub(super) fn run(command: &str) -> Result<String, String> {
    let mut words = command.split_whitespace();
    let program = words.next().ok_or("names no command")?;
    let mut child = Command::new(program)
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("the command `{program}` cannot be run: {error}"))?;
    let stdout = child.stdout.take().ok_or("the command has no output")?;
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = stdout.take(MAX_BYTES + 1).read_to_end(&mut bytes);
        // Who waited may have given up.
        let _ = send.send(read.map(|_| bytes));
    });
    let Ok(read) = receive.recv_timeout(TIMEOUT) else {
        let _ = child.kill();
        let _ = child.wait();
        return Err(format!(
            "the command `{program}` printed nothing in {} s",
            TIMEOUT.as_secs()
        ));
    };
    let bytes = read.map_err(|error| format!("cannot read what `{program}` prints: {error}"))?;
    if bytes.len() as u64 > MAX_BYTES {
        let _ = child.kill();
        let _ = child.wait();
        return Err(format!(
            "the command `{program}` prints more than {MAX_BYTES} bytes"
        ));
    }
    let status = child
        .wait()
        .map_err(|error| format!("the command `{program}` was lost: {error}"))?;
    if !status.success() {
        return Err(format!("the command `{program}` failed with {status}"));
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| format!("the command `{program}` prints no UTF-8 text"))?;
    Ok(trimmed(&text).to_owned())
}
