//! The HTTP client of the platform, behind `ReadRemote` and `WriteRemote`.
//!
//! Must not: plan, know the lock file, or log a header or a body. Every assumption about how the
//! platform answers is here and in `reconcile::normalize`:
//!
//! * a 404 is an empty list only in the platform's own words, after one positive answer (
//!   docs/platform.md#empty-lists);
//! * pages end by the rules of section 1.7, whichever of them the platform follows;
//! * a `POST` is sent once: what its answer proves is one table, in `outcome`.

mod address;
mod answer;
mod client;
mod limiter;
mod outcome;
mod read;
mod retry;
mod transport;
mod wire;
mod write;

pub use address::{Address, AddressError};
pub use client::{Credentials, InvalidSecret, RemoteReader, RemoteWriter, Settings};
pub use transport::{HttpTransport, TimeoutClass, Transport, TransportError, TransportSetupError};
