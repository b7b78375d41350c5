//! `connectorctl`: a repository-managed inventory of SAP Open Connectors instances.
//!
//! The library is layered (`docs/architecture.md` has the diagram, `tests/architecture` holds
//! the walls):
//!
//! * layer 0, pure: [`model`], [`diagnostic`], [`catalog`];
//! * layer 1, pure: [`ports`], [`reconcile`], [`render`], [`outputs`], [`import`];
//! * layer 1½, files: `files`, through which every edge reads and writes;
//! * layer 1½, crypto: [`sealing`], with which tokens are recorded;
//! * layer 2, edges: [`manifest`], [`secrets`], [`lockfile`], [`remote`], [`apply`], [`sandbox`];
//! * layer 2½, one run: [`session`];
//! * layer 3, the shell: `cli`, `commands`, `ui`, `error`. A library user sees its [`main`], its [`Cli`],
//!   its [`Exit`] codes and its [`SystemClock`].

pub mod apply;
pub mod catalog;
mod cli;
mod commands;
pub mod diagnostic;
mod error;
mod files;
pub mod import;
pub mod lockfile;
pub mod manifest;
pub mod model;
pub mod outputs;
pub mod ports;
pub mod reconcile;
pub mod remote;
pub mod render;
pub mod sandbox;
pub mod sealing;
pub mod secrets;
pub mod session;
mod ui;

pub use cli::Cli;
pub use commands::{SystemClock, main};
pub use error::Exit;
