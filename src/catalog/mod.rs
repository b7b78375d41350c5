//! The catalogue of elements: their configuration keys, types, options and defaults, and which keys
//! are credentials.
//!
//! Must not: do I/O, or know any other module of this crate. The facts were compiled from public
//! documentation; ids differ between landscapes, so an element is looked up by key.

mod credential;
mod data;
mod keys;

pub use credential::{
    contains_credential, holds_credential, is_credential, text_contains_credential,
};
pub use data::{Catalog, ConfigurationKey, ConfigurationType, ElementEntry};
pub(crate) use keys::is_platform_owned;
