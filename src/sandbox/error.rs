//! Why a sandbox does not start. Must not: know how it is started.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// Other machines can reach the address, and that was not allowed.
    #[error("{0} is reachable from other machines")]
    NotLoopback(SocketAddr),
    #[error("cannot listen on {address}")]
    Listen {
        address: SocketAddr,
        #[source]
        source: io::Error,
    },
    #[error("cannot use the sandbox state file `{}`", path.display())]
    StateFile {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{}:{line}: sandbox state file is damaged; delete it to start over", path.display())]
    Damaged {
        path: PathBuf,
        /// The first line that does not parse, from 1.
        line: usize,
    },
    #[error("sandbox state file `{}` has version {found}, which is not supported; delete it to start over", path.display())]
    Version { path: PathBuf, found: u32 },
    #[error("sandbox state file `{}` is in use by another sandbox", path.display())]
    InUse { path: PathBuf },
    #[error("the operating system returned no random bytes")]
    NoRandomness,
}
