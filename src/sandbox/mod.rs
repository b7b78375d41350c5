//! The embedded platform: a real HTTP server with the real API's behaviour, to try manifests on
//! without an account, and to test every promise against.
//!
//! Must not: know anything of the tool but `catalog` and `files`; nobody else knows its insides. Where a fact of
//! the platform belongs:
//!
//! * `routes`: which paths there are and what they answer;
//! * `behaviour`: what the platform does to names, tags, configuration and secrets;
//! * `assumptions`: the open questions, each with a switch;
//! * `faults`: failures on demand;
//! * `state`: what is stored, and `state_file` how it survives;
//! * `handler`: one request to one reply, without a socket or a clock; `server` puts it on a port.

mod assumptions;
mod authorization;
mod behaviour;
mod digest;
mod error;
mod fault_spec;
mod faults;
mod foreign;
mod handler;
mod host;
mod platform;
mod random;
mod reply;
mod request;
mod request_log;
mod rewrite;
mod routes;
mod sealed;
mod server;
mod state;
mod state_file;

pub use assumptions::{Assumptions, InvalidAssumption};
pub use error::SandboxError;
pub use fault_spec::{Fault, InvalidFault};
pub use platform::{Platform, Seed};
pub use reply::{Cut, Reply};
pub use server::{Running, SandboxOptions, start};
pub use state_file::rename_state;
