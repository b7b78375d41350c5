//! What a client is given: credentials, limits, and how it may be stopped.

use http::header::HeaderValue;

use crate::model::{Secret, Timestamp};
use crate::ports::Stop;

/// The two secrets of every platform call (docs/platform.md#authorization).
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The user's.
    pub user: Secret,
    /// The organization's.
    pub organization: Secret,
}

/// How the client behaves.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The most requests under way at once.
    pub at_once: usize,
    /// On the clock's time: nothing is waited for beyond it.
    pub deadline: Option<Timestamp>,
    /// Who may end it early: no pause outlives the wish.
    pub stop: Option<Stop>,
    /// Makes the pauses before retries the same in every run; random without it.
    pub jitter_seed: Option<u64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            at_once: 16,
            deadline: None,
            stop: None,
            jitter_seed: None,
        }
    }
}

impl Credentials {
    /// The `Authorization` header.
    pub(super) fn header(&self) -> Result<HeaderValue, InvalidSecret> {
        let (user, organization) = (self.user.expose(), self.organization.expose());
        let text = format!("User {user}, Organization {organization}");
        let mut header = HeaderValue::from_str(&text).map_err(|_| InvalidSecret)?;
        header.set_sensitive(true);
        Ok(header)
    }
}

/// A secret that no header can hold.
#[derive(Debug, thiserror::Error)]
#[error("a secret has characters that cannot be sent in a header, such as a line break")]
pub struct InvalidSecret;
