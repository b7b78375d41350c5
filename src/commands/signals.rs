//! SIGINT and SIGTERM: the first drains, the second stops.

use crate::apply::{Stop, StopHandle};
use crate::ui::Ui;

const FIRST: &str = "Stopping: nothing new is started, and what is in flight is finished and \
     recorded. A second signal stops at once, which is safe too.";

/// Listens for signals for as long as the runtime lives.
pub(super) fn listen(ui: Ui) -> Stop {
    let (handle, stop) = Stop::new();
    tokio::spawn(forward(handle, Some(ui)));
    stop
}

/// The same without a word.
pub(super) fn listen_quietly() -> Stop {
    let (handle, stop) = Stop::new();
    tokio::spawn(forward(handle, None));
    stop
}

#[cfg(unix)]
async fn forward(handle: StopHandle, mut ui: Option<Ui>) {
    use tokio::signal::unix::{SignalKind, signal};

    // Listening starts here: what came earlier has ended the process already.
    let (Ok(mut interrupt), Ok(mut terminate)) = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    ) else {
        return;
    };
    loop {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        handle.escalate();
        if let Some(ui) = ui.take() {
            ui.say(FIRST);
        }
    }
}

#[cfg(not(unix))]
async fn forward(handle: StopHandle, mut ui: Option<Ui>) {
    while tokio::signal::ctrl_c().await.is_ok() {
        handle.escalate();
        if let Some(ui) = ui.take() {
            ui.say(FIRST);
        }
    }
}
