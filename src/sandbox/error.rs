//! Why a sandbox does not start. Must not: know how it is started.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a sandbox does not start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The address is another machine's to reach.
    #[error("{0} can be reached by other machines")]
    NotLoopback(SocketAddr),
    /// The port cannot be had.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The state file cannot be read or written.
    #[error("cannot use the sandbox's state file {}", path.display())]
    StateFile {
        /// Which.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The state file is no state.
    #[error("{}:{line}: the sandbox's state file is damaged; delete it to start anew", path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// From 1.
        line: usize,
    },
    /// The state file is of another version.
    #[error("the sandbox's state file {} has version {found}; delete it to start anew", path.display())]
    Version {
        /// Which.
        path: PathBuf,
        /// In the file.
        found: u32,
    },
    /// Another sandbox uses the state file.
    #[error("another sandbox uses the state file {}", path.display())]
    InUse {
        /// Which.
        path: PathBuf,
    },
    /// The operating system has no randomness.
    #[error("the operating system gave no random bytes")]
    NoRandomness,
}
