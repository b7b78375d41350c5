//! The one integration test binary, with a module for each kind of test.

#![expect(
    clippy::disallowed_methods,
    reason = "tests read files and environment of their own"
)]

mod architecture;
mod bounds;
mod chaos;
mod conformance;
mod documents;
mod end_to_end;
mod exactly_once;
mod field;
mod importing;
mod messages;
mod model;
mod outage;
mod sealing;
mod support;
