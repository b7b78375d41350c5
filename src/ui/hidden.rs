//! A line of the terminal that is not shown while it is typed.

use crate::model::Secret;

#[cfg(unix)]
pub(super) fn read_line() -> Option<Secret> {
    use std::io::BufRead as _;

    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

    let stdin = std::io::stdin();
    let before = tcgetattr(&stdin).ok()?;
    let mut hidden = before.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&stdin, OptionalActions::Flush, &hidden).ok()?;
    let mut answer = zeroize::Zeroizing::new(String::new());
    let read = stdin.lock().read_line(&mut answer);
    tcsetattr(&stdin, OptionalActions::Flush, &before).ok()?;
    read.ok()?;
    Some(Secret::new(answer.trim_end_matches(['\n', '\r'])))
}

/// There it could only be shown.
#[cfg(not(unix))]
pub(super) fn read_line() -> Option<Secret> {
    None
}
