//! SIGINT and SIGTERM: the first waits for requests in flight, the second does not.

use crate::ports::{Stop, StopHandle};
use crate::ui::Ui;

const FIRST: &str = "Stopping: waiting for in-flight requests. Interrupt again to stop now (safe).";

/// The signals of this process. Until `listen`, one ends the process at once.
pub(super) struct Signals {
    stop: Stop,
    /// What a signal escalates; taken by `listen`.
    idle: Option<StopHandle>,
}

impl Signals {
    pub(super) fn new() -> Self {
        let (handle, stop) = Stop::new();
        Self {
            stop,
            idle: Some(handle),
        }
    }

    pub(super) fn stop(&self) -> Stop {
        self.stop.clone()
    }

    /// Listens for as long as the runtime lives. The first signal is answered on the terminal, where
    /// the command has something to finish.
    pub(super) fn listen(&mut self, ui: Option<Ui>) {
        if let Some(handle) = self.idle.take() {
            forward(handle, ui);
        }
    }
}

fn escalate(handle: &StopHandle, ui: &mut Option<Ui>) {
    handle.escalate();
    if let Some(ui) = ui.take() {
        ui.say(FIRST);
    }
}

#[cfg(unix)]
fn forward(handle: StopHandle, mut ui: Option<Ui>) {
    use tokio::signal::unix::{SignalKind, signal};

    let (Ok(mut interrupt), Ok(mut terminate)) = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    ) else {
        return;
    };
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            escalate(&handle, &mut ui);
        }
    });
}

#[cfg(not(unix))]
fn forward(handle: StopHandle, mut ui: Option<Ui>) {
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            escalate(&handle, &mut ui);
        }
    });
}
