//! The HTTP client of the platform, behind `ReadRemote` and `WriteRemote`.
//!
//! Must not: plan, know the lock file, or log a header or a body. Every assumption about how the
//! platform answers is here and in `reconcile::normalize`:
//!
//! * a 404 is an empty list only in the platform's words for instances, or where a number agrees, after
//!   one positive answer (docs/platform.md#empty-lists);
//! * a list proves that an instance is absent only if it is complete by the rules of
//!   docs/platform.md#paging;
//! * a `POST` is sent once: what its answer proves is one table, in `outcome`.

mod address;
mod breaker;
mod call;
mod channel;
mod client;
mod context;
mod error_body;
mod limiter;
mod list;
mod meter;
mod no_response;
mod outcome;
mod read;
mod redactor;
mod retry;
mod settings;
mod transport;
mod transport_error;
mod view;
mod wire;
mod write;

pub use address::{Address, AddressError};
pub use read::RemoteReader;
pub use settings::{Credentials, InvalidSecret, ReadLimits, Settings, WaitObserver};
pub use transport::{HttpTransport, TimeoutClass, Transport, TransportSetupError};
pub use transport_error::TransportError;
pub use write::RemoteWriter;
