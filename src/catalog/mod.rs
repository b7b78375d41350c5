//! The catalogue of elements: their configuration keys, types, options and defaults, and which keys
//! are credentials.
//!
//! Must not: do I/O, or know any other module of this crate. The facts were compiled from public
//! documentation; ids differ between landscapes, so an element is looked up by key.

mod data;
mod keys;

pub use data::{Catalog, ConfigurationKey, ConfigurationType, ElementEntry};
pub use keys::is_credential;
pub(crate) use keys::is_platform_owned;
