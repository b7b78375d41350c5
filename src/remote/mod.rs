//! The HTTP client of the platform, behind `ReadRemote` and `WriteRemote`.
//!
//! Must not: plan, know the lock file, or log a header or a body. Every assumption about how the
//! platform answers is here and in `reconcile::normalize`:
//!
//! * a 404 is an empty list only in the platform's own words, after one positive answer
//!   (docs/platform.md#empty-lists);
//! * pages end by the rules of docs/platform.md#paging, whichever of them the platform follows;
//! * a `POST` is sent once: what its answer proves is one table, in `outcome`.

mod address;
mod breaker;
mod call;
mod channel;
mod client;
mod context;
mod error_body;
mod limiter;
mod no_response;
mod outcome;
mod read;
mod redactor;
mod retry;
mod settings;
mod transport;
mod wire;
mod write;

pub use address::{Address, AddressError};
pub use read::RemoteReader;
pub use settings::{Credentials, InvalidSecret, Settings};
pub use transport::{HttpTransport, TimeoutClass, Transport, TransportError, TransportSetupError};
pub use write::RemoteWriter;
