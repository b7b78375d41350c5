//! A model of the exactly-once protocol.

mod explore;
mod inside;
mod laws;
mod mistakes;
mod outside;
mod plan;
mod platform;
mod protocol;
mod scope;
mod state;
mod step;
mod store;
