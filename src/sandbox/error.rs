//! Why a sandbox does not start. Must not: know how it is started.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a sandbox does not start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// Other machines can reach the address, and that was not allowed.
    #[error("{0} is reachable from other machines")]
    NotLoopback(SocketAddr),
    /// The port cannot be bound.
    #[error("cannot listen on {address}")]
    Listen {
        /// The requested address.
        address: SocketAddr,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The state file cannot be read or written.
    #[error("cannot use the sandbox state file `{}`", path.display())]
    StateFile {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The state file does not parse.
    #[error("{}:{line}: sandbox state file is damaged; delete it to start over", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The first line that does not parse, from 1.
        line: usize,
    },
    /// The state file has another version.
    #[error("sandbox state file `{}` has version {found}, which is not supported; delete it to start over", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// The version in the file.
        found: u32,
    },
    /// Another sandbox holds the state file.
    #[error("sandbox state file `{}` is in use by another sandbox", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The operating system has no randomness.
    #[error("the operating system returned no random bytes")]
    NoRandomness,
}
