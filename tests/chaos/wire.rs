//! One process and its way into the world: what becomes of each of its requests, and when it dies.
//!
//! Must not: know what the platform answers.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use connectorctl::remote::{TimeoutClass, Transport, TransportError};
use http::{Method, Request, Response};
use tokio::sync::Notify;

use super::checkout::Mistake;
use super::mistaken::as_the_last;
use super::schedule::{Ending, Launch, Mishap, MishapKind};
use super::world::{World, lost};

/// What lies ahead of one process.
pub(crate) struct Process {
    mishaps: Vec<Mishap>,
    /// Creates and other requests sent so far.
    sent: Mutex<(u64, u64)>,
    dies_at: Option<u64>,
    pub(crate) death: Notify,
}

impl Process {
    /// One to which nothing happens.
    pub(crate) fn lucky() -> Self {
        Self {
            mishaps: Vec::new(),
            sent: Mutex::default(),
            dies_at: None,
            death: Notify::new(),
        }
    }

    pub(crate) fn of(launch: &Launch) -> Self {
        Self {
            mishaps: launch.mishaps.clone(),
            dies_at: match launch.ending {
                Ending::DiesAtRequest(nth) => Some(u64::from(nth)),
                _ => None,
            },
            ..Self::lucky()
        }
    }

    /// What becomes of the next request, and whether the process dies before it hears of it.
    fn next(&self, create: bool) -> (Option<MishapKind>, bool) {
        let mut sent = self.sent.lock().expect("the count");
        let dies = self.dies_at == Some(sent.0 + sent.1);
        let count = if create { &mut sent.0 } else { &mut sent.1 };
        let nth = *count;
        *count += 1;
        let met = |mishap: &&Mishap| mishap.create == create && u64::from(mishap.nth) == nth;
        (
            self.mishaps.iter().find(met).map(|mishap| mishap.kind),
            dies,
        )
    }
}

/// The way of one process into the world.
pub(crate) struct Wire {
    pub(crate) world: Arc<World>,
    pub(crate) process: Arc<Process>,
    pub(crate) mistake: Mistake,
}

#[async_trait]
impl Transport for Wire {
    async fn send(
        &self,
        request: Request<Bytes>,
        _timeout_class: TimeoutClass,
    ) -> Result<Response<Bytes>, TransportError> {
        // A network takes time, and lets others go first.
        tokio::time::sleep(self.world.latency()).await;
        let create = request.method() == Method::POST;
        let retries = self.mistake == Mistake::RetryAtOnce;
        let again = (retries && create).then(|| request.clone());
        let path = request.uri().path();
        let is_list = path.ends_with("/instances") && !request.uri().to_string().contains("tags");
        let believes = self.mistake == Mistake::BelieveLists && is_list && !create;
        let (mishap, mut dies) = self.process.next(create);
        let mut result = if dies {
            tokio::select! {
                biased;
                result = self.world.carry(request, mishap) => result,
                // A slow request is on its way, and its sender is dead.
                () = std::future::ready(()) => Err(lost()),
            }
        } else {
            self.world.carry(request, mishap).await
        };
        if let (Err(_), Some(request), false) = (&result, again, dies) {
            let mishap;
            (mishap, dies) = self.process.next(create);
            result = self.world.carry(request, mishap).await;
        }
        if dies {
            self.process.death.notify_one();
            // Nobody is there any more to hear the answer.
            std::future::pending::<()>().await;
        }
        if believes {
            return result.map(as_the_last);
        }
        result
    }
}
