//! What a client is given: credentials, limits, and how it may be stopped.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use http::header::HeaderValue;

use crate::model::{Secret, Timestamp};
use crate::ports::{KnownSecrets, Stop};

/// The two secrets of every platform call (docs/platform.md#authorization).
#[derive(Clone, Debug)]
pub struct Credentials {
    pub user: Secret,
    pub organization: Secret,
}

#[derive(Clone, Debug)]
pub struct Settings {
    pub max_in_flight: usize,
    /// On the client's clock: no pause outlasts it.
    pub deadline: Option<Timestamp>,
    /// Ends pauses early.
    pub stop: Option<Stop>,
    /// Makes the pauses before retries reproducible; they are random without it.
    pub jitter_seed: Option<u64>,
    /// What must not be shown of the platform's texts. The client adds what it sends and is sent.
    pub known: Arc<KnownSecrets>,
    pub read: ReadLimits,
    /// Told of what takes long.
    pub waits: Option<Arc<dyn WaitObserver>>,
}

/// The most that one read may take: a list with all its pages, a search, or one instance.
#[derive(Clone, Copy, Debug)]
pub struct ReadLimits {
    pub pages: usize,
    pub bytes: u64,
    pub time: Duration,
}

impl Default for ReadLimits {
    /// 10,000 pages are two million instances, which no tenant has.
    fn default() -> Self {
        Self {
            pages: 10_000,
            bytes: 2 * 1024 * 1024 * 1024,
            time: Duration::from_secs(600),
        }
    }
}

/// Who is told of what a run waits for.
pub trait WaitObserver: Debug + Send + Sync {
    /// It waits for this, such as `GET /instances`: first after 5 s, and then every 30 s.
    fn waiting(&self, what: &str, so_far: Duration);
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_in_flight: 16,
            deadline: None,
            stop: None,
            jitter_seed: None,
            known: Arc::default(),
            read: ReadLimits::default(),
            waits: None,
        }
    }
}

impl Credentials {
    pub(super) fn header(&self) -> Result<HeaderValue, InvalidSecret> {
        let (user, organization) = (self.user.expose(), self.organization.expose());
        let text = format!("User {user}, Organization {organization}");
        let mut header = HeaderValue::from_str(&text).map_err(|_| InvalidSecret)?;
        header.set_sensitive(true);
        Ok(header)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("secret contains characters that a header cannot carry, such as a line break")]
pub struct InvalidSecret;
