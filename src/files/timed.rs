//! Work that may never end, such as opening a pipe.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// The result of `work`, or `None` if it takes longer than this. Its thread stays behind then.
pub(super) fn timed<T: Send + 'static>(
    wait: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        // The receiver is gone after a timeout.
        let _ = send.send(work());
    });
    receive.recv_timeout(wait).ok()
}
