//! What a run is about: the manifest, and the platform it is for.

use crate::manifest::Places;
use crate::model::{Desired, Secret};

/// A manifest that has no errors.
#[derive(Debug)]
pub struct Manifest {
    pub desired: Desired,
    pub places: Places,
}

/// Which platform a run talks to, and as whom.
#[derive(Clone, Debug)]
pub struct Identity {
    /// What the lock file records: the full base URL, or `sandbox:`.
    pub url: String,
    pub user: Secret,
    /// The organization secret; the key of fingerprints is derived from it.
    pub organization: Secret,
    /// Whether it is the embedded platform, for which a tenant pin does not count.
    pub is_sandbox: bool,
}

/// What every part of a run needs to know.
#[derive(Clone, Copy, Debug)]
pub struct Session<'a> {
    pub desired: &'a Desired,
    pub identity: &'a Identity,
}
