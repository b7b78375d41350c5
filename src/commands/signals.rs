//! SIGINT and SIGTERM: the first drains, the second stops.

use crate::error::{CliError, Exit};
use crate::ports::{Stop, StopHandle, StopLevel};
use crate::ui::Ui;

const FIRST: &str = "Stopping: nothing new is started, and what is in flight is finished and \
     recorded. A second signal stops at once, which is safe too.";

/// The signals of this process. Until it listens, one ends the process at once.
pub(super) struct Signals {
    stop: Stop,
    /// Who is told, and in whose words; gone once it listens.
    idle: Option<(StopHandle, Option<Ui>)>,
}

impl Signals {
    /// For a command that has something to finish.
    pub(super) fn new(ui: Ui) -> Self {
        Self::with(Some(ui))
    }

    /// The same without a word, listening from now on.
    pub(super) fn quiet() -> Self {
        let mut signals = Self::with(None);
        signals.listen();
        signals
    }

    fn with(ui: Option<Ui>) -> Self {
        let (handle, stop) = Stop::new();
        Self {
            stop,
            idle: Some((handle, ui)),
        }
    }

    pub(super) fn stop(&self) -> Stop {
        self.stop.clone()
    }

    /// Listens for as long as the runtime lives.
    pub(super) fn listen(&mut self) {
        if let Some((handle, ui)) = self.idle.take() {
            forward(handle, ui);
        }
    }
}

/// What `work` comes to, unless a signal comes first.
pub(super) async fn unless_stopped<T>(stop: &Stop, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        () = stop.reached(StopLevel::Drain) => None,
        result = work => Some(result),
    }
}

/// The end of a run that was stopped before it sent anything that writes.
pub(super) fn stopped_early() -> CliError {
    CliError::new(Exit::Interrupted, "interrupted; nothing was changed")
}

fn told(handle: &StopHandle, ui: &mut Option<Ui>) {
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
            told(&handle, &mut ui);
        }
    });
}

#[cfg(not(unix))]
fn forward(handle: StopHandle, mut ui: Option<Ui>) {
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            told(&handle, &mut ui);
        }
    });
}
