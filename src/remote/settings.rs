//! What a client is given: credentials, limits, and how it may be stopped.

use http::header::HeaderValue;

use crate::model::{Secret, Timestamp};
use crate::ports::Stop;

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
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_in_flight: 16,
            deadline: None,
            stop: None,
            jitter_seed: None,
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
