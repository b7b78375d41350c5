//! No core dump: it would hold every secret that the process has read.

/// What the system allowed before.
#[derive(Clone, Copy, Debug)]
pub(super) struct CoreLimit(#[cfg(unix)] rustix::process::Rlimit);

/// Forbids core dumps, as far as the system lets it. Returns what was allowed before.
#[cfg(unix)]
pub(super) fn forbid() -> CoreLimit {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let before = getrlimit(Resource::Core);
    // Linux hands the dump to a program, as systemd does, whatever the limit, except for one of a byte
    // (core(5)). A file of a byte is never written.
    let none = Rlimit {
        current: Some(before.maximum.map_or(1, |most| most.min(1))),
        maximum: before.maximum,
    };
    // Some sandboxes forbid it. Nothing else depends on it.
    let _ = setrlimit(Resource::Core, none);
    CoreLimit(before)
}

/// Lets another program dump core again: `exec` runs the user's own.
#[cfg(unix)]
pub(super) fn allow(CoreLimit(before): CoreLimit) {
    let _ = rustix::process::setrlimit(rustix::process::Resource::Core, before);
}

#[cfg(not(unix))]
pub(super) fn forbid() -> CoreLimit {
    CoreLimit()
}

#[cfg(not(unix))]
pub(super) fn allow(CoreLimit(): CoreLimit) {}
