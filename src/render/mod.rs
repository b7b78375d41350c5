//! A plan, a report or diagnostics into a `Write`: for people and as JSON.
//!
//! Must not: decide anything, fetch anything, or know where the text goes. No secret gets here: a
//! plan has none.

mod count;
pub mod diagnostics;
pub mod human;
pub mod json;
pub mod report;
mod style;
#[cfg(test)]
mod tests;
mod yaml;

pub use count::instances;
pub use style::Color;

/// The version of every JSON form: unknown members are to be ignored, another major refused.
pub const FORMAT_VERSION: &str = "1.0";
