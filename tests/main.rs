//! The one integration test binary: a module each for the laws, the walls and the documents.

#![expect(
    clippy::disallowed_methods,
    reason = "tests read files and environment of their own"
)]

mod architecture;
mod chaos;
mod conformance;
mod documents;
mod end_to_end;
mod exactly_once;
mod messages;
mod model;
mod support;
