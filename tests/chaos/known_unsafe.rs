//! Where the product is known to be wrong: answers of the platform, each with its reason. They are left
//! out of the schedules that have to hold.

/// Answers under which the product is known to be wrong, and why. They are left out of the random
/// schedules and of the end-to-end runs. Whoever makes the product right under one removes it here.
pub(crate) const KNOWN_UNSAFE: &[(&str, &str)] = &[];

/// Whether the product is known to be wrong under this answer.
pub(crate) fn is_known_unsafe(assumption: &str) -> bool {
    KNOWN_UNSAFE.iter().any(|(known, _)| *known == assumption)
}
