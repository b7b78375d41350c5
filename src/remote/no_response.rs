//! Why a request has no response, and what that proves.

use super::breaker::MAX_OUTAGE;
use super::retry::RetryAdvice;
use super::transport_error::TransportError;

/// Why a request got no response.
#[derive(Debug)]
pub(super) enum NoResponse {
    /// The transport failed.
    Lost(TransportError),
    /// It was not sent, for this reason.
    NotSent(&'static str),
    /// The breaker is open.
    Disconnected {
        /// Whether the request was in flight, and was abandoned.
        in_flight: bool,
        /// Why the last request before did not reach the platform.
        cause: String,
    },
}

impl NoResponse {
    /// Whether any of the request may have reached the platform.
    pub(super) fn may_have_arrived(&self) -> bool {
        match self {
            Self::Lost(error) => error.may_have_arrived,
            Self::NotSent(_) => false,
            Self::Disconnected { in_flight, .. } => *in_flight,
        }
    }

    /// Whether to send an idempotent request again.
    pub(super) fn advice(&self) -> RetryAdvice {
        match self {
            Self::Lost(error) if error.is_permanent => RetryAdvice::Misconfigured,
            Self::Lost(error) if error.may_have_arrived => RetryAdvice::AfterBackoff,
            Self::Lost(_) => RetryAdvice::Unreachable,
            Self::NotSent(_) | Self::Disconnected { .. } => RetryAdvice::No,
        }
    }

    pub(super) fn message(&self) -> String {
        match self {
            Self::Lost(error) => error.what.clone(),
            Self::NotSent(why) => (*why).to_owned(),
            Self::Disconnected { in_flight, cause } => {
                let what = if *in_flight { "abandoned" } else { "not sent" };
                let seconds = MAX_OUTAGE.as_secs();
                format!("{what}: no request has reached the platform for {seconds} s ({cause})")
            }
        }
    }

    pub(super) fn hint(&self) -> Option<String> {
        match self {
            Self::Lost(error) => error.hint.clone(),
            Self::NotSent(_) => None,
            Self::Disconnected { .. } => {
                Some("check the platform and the network, then run the command again".to_owned())
            }
        }
    }
}
