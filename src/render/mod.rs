//! Writes a plan, a report or diagnostics, for people or as JSON.
//!
//! Must not: decide or fetch anything, or know where the text goes. It never sees a secret: a plan
//! has none. Text for people has ANSI styles, which a stream such as those of `anstream` takes out
//! where they are not wanted.

mod count;
pub mod diagnostics;
pub mod drift;
mod escape;
pub mod human;
pub mod import;
pub mod instance;
pub mod json;
pub mod list;
pub mod relabel;
pub mod report;
pub mod scaffold;
pub mod stanza;
mod style;
#[cfg(test)]
mod tests;
mod yaml;

pub use count::many;
pub use escape::{json_line, one_line, printed};

/// The version of all JSON output. Readers ignore unknown members and reject another major version.
pub const FORMAT_VERSION: &str = "1.0";
