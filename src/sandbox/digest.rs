//! What is left of a secret after a restart: whether another value is the same, and whether the vendor rejects it.

use super::random::Random;

/// No value that is sent starts like this.
const ACCEPTED: &str = "\u{1}digest:";
/// The digest of one that the vendor rejects.
const REJECTED: &str = "\u{1}rejected:";

/// A vendor rejects these, so that a user can see what a rejection looks like.
pub(super) fn is_rejected(value: &str) -> bool {
    value == "wrong" || value.starts_with("invalid-") || value.starts_with(REJECTED)
}

pub(super) fn digest(random: &Random, text: &str) -> String {
    if text.is_empty() || is_sealed(text) {
        return text.to_owned();
    }
    let kind = if is_rejected(text) {
        REJECTED
    } else {
        ACCEPTED
    };
    format!("{kind}{}", random.digest(text))
}

/// Whether only the digest of this value is known.
pub(super) fn is_sealed(text: &str) -> bool {
    text.starts_with(ACCEPTED) || text.starts_with(REJECTED)
}

/// Whether a value that was sent is the stored one.
pub(super) fn is_same(random: &Random, stored: Option<&str>, sent: Option<&str>) -> bool {
    match (stored, sent) {
        (Some(stored), Some(sent)) if is_sealed(stored) => digest(random, sent) == stored,
        _ => stored == sent,
    }
}
