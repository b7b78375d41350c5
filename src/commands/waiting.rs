//! How long a command may wait for the platform, and what it says meanwhile.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::clock::SystemClock;
use super::context::Context;
use crate::cli::ConnectionArgs;
use crate::error::CliError;
use crate::model::Timestamp;
use crate::ports::Clock as _;
use crate::remote::{ReadLimits, Settings, WaitObserver};
use crate::session::{SessionError, before};
use crate::ui::Ui;

/// On a terminal a person looks on; a log is read later.
const SILENCE_ON_TERMINAL: Duration = Duration::from_secs(5);
const SILENCE_IN_LOG: Duration = Duration::from_secs(30);

/// The moment of `--deadline`, from now on.
pub(super) fn deadline(left: Option<Duration>) -> Option<Timestamp> {
    left.map(|left| SystemClock.now() + left)
}

/// What reads the platform, until the deadline.
pub(super) async fn until<T>(
    deadline: Option<Timestamp>,
    work: impl Future<Output = Result<T, SessionError>>,
) -> Result<T, CliError> {
    let read = before(&SystemClock, deadline, work).await;
    Ok(read.unwrap_or(Err(SessionError::Deadline))?)
}

/// The limits of a client that the options and the deadline set.
pub(super) fn settings(context: &Context, deadline: Option<Timestamp>) -> Settings {
    let ConnectionArgs {
        sandbox: _,
        url: _,
        ca_file: _,
        allow_http: _,
        read_timeout,
        read_pages,
        read_bytes,
    } = &context.global.connection;
    let default = ReadLimits::default();
    Settings {
        deadline,
        read: ReadLimits {
            pages: read_pages.unwrap_or(default.pages),
            bytes: read_bytes.unwrap_or(default.bytes),
            time: read_timeout.unwrap_or(default.time),
        },
        waits: Some(Arc::new(Waits {
            ui: context.ui,
            said: Mutex::new(None),
        })),
        ..Settings::default()
    }
}

/// Says what the run waits for.
#[derive(Debug)]
struct Waits {
    ui: Ui,
    /// When something was said last.
    said: Mutex<Option<Timestamp>>,
}

impl WaitObserver for Waits {
    fn waiting(&self, what: &str, so_far: Duration) {
        let on_terminal = self.ui.has_terminal();
        let now = SystemClock.now();
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if !is_due(on_terminal, so_far, said.map(|said| now.since(said))) {
            return;
        }
        *said = Some(now);
        let seconds = so_far.as_secs();
        if on_terminal {
            self.ui
                .say(&format!("Waiting for {what}: {seconds} s so far"));
        } else {
            tracing::warn!("waiting for {what}: {seconds} s so far");
        }
    }
}

/// Where several requests wait, one line is enough.
fn is_due(on_terminal: bool, so_far: Duration, since_last: Option<Duration>) -> bool {
    let silence = if on_terminal {
        SILENCE_ON_TERMINAL
    } else {
        SILENCE_IN_LOG
    };
    so_far >= silence && since_last.is_none_or(|since| since >= silence)
}

#[cfg(test)]
mod tests {
    use super::is_due;
    use std::time::Duration;

    #[test]
    fn a_terminal_hears_soon_a_log_late_and_neither_twice() {
        let s = Duration::from_secs;
        for (on_terminal, so_far, since_last, expected) in [
            (true, 4, None, false),
            (true, 5, None, true),
            (true, 6, Some(1), false),
            (true, 30, Some(25), true),
            (false, 5, None, false),
            (false, 30, None, true),
            (false, 30, Some(29), false),
            (false, 60, Some(30), true),
        ] {
            let found = is_due(on_terminal, s(so_far), since_last.map(s));
            assert_eq!(found, expected, "{so_far} s, {since_last:?}");
        }
    }
}
