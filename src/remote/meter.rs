//! One read: how much of the platform's answers it takes, and for how long. Must not: know what is read.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::call::Call;
use super::client::Client;
use super::settings::ReadLimits;
use crate::ports::{RemoteError, RemoteErrorKind};

/// What one read has taken so far. Some of its requests are sent at the same time.
pub(super) struct Meter {
    limits: ReadLimits,
    responses: AtomicUsize,
    bytes: AtomicU64,
}

impl Meter {
    pub(super) fn new(limits: ReadLimits) -> Self {
        Self {
            limits,
            responses: AtomicUsize::new(0),
            bytes: AtomicU64::new(0),
        }
    }

    /// Counts one response of a list.
    ///
    /// # Errors
    /// If the read takes too much.
    pub(super) fn count(
        &self,
        client: &Client,
        call: &Call,
        size: usize,
    ) -> Result<(), RemoteError> {
        let ReadLimits {
            pages,
            bytes,
            time: _,
        } = self.limits;
        let pages_so_far = self.responses.fetch_add(1, Ordering::Relaxed) + 1;
        let size = size as u64;
        let bytes_so_far = self.bytes.fetch_add(size, Ordering::Relaxed) + size;
        if pages_so_far > pages {
            return Err(too_much(
                client,
                call,
                &format!("{pages} pages"),
                "--read-pages",
            ));
        }
        if bytes_so_far > bytes {
            return Err(too_much(
                client,
                call,
                &format!("{bytes} bytes"),
                "--read-bytes",
            ));
        }
        Ok(())
    }

    /// How far it has come.
    fn progress(&self) -> String {
        match self.responses.load(Ordering::Relaxed) {
            0 => String::new(),
            1 => ", 1 page read".to_owned(),
            read => format!(", {read} pages read"),
        }
    }
}

fn too_much(client: &Client, call: &Call, limit: &str, option: &str) -> RemoteError {
    let message = format!("the platform returns more than {limit}");
    RemoteError {
        hint: Some(format!(
            "check the base URL; if the tenant is so large, raise `{option}`"
        )),
        ..client
            .context(call)
            .error(RemoteErrorKind::Unreachable, message)
    }
}

impl Client {
    /// One read, which ends in time, and is told of while it takes long. Abandoning a read changes nothing.
    ///
    /// # Errors
    /// Those of the read, or that it took too long.
    pub(super) async fn bounded<T>(
        &self,
        call: &Call,
        meter: &Meter,
        read: impl Future<Output = Result<T, RemoteError>>,
    ) -> Result<T, RemoteError> {
        let limit = meter.limits.time;
        let what = || format!("GET {}{}", call.path, meter.progress());
        tokio::select! {
            biased;
            result = self.watched(what, read) => return result,
            () = self.sleep(limit) => {}
        }
        let seconds = limit.as_secs();
        let message = format!(
            "no complete response within {seconds} s{}",
            meter.progress()
        );
        let hint = "check the platform and the network, or raise `--read-timeout`";
        Err(RemoteError {
            hint: Some(hint.to_owned()),
            ..self
                .context(call)
                .error(RemoteErrorKind::Unreachable, message)
        })
    }

    pub(super) fn meter(&self) -> Meter {
        Meter::new(self.read_limits())
    }
}
