//! Reads files within bounds, and writes them whole. Every input of a run is read, and every output opened,
//! through this room.
//!
//! Must not: know what a file holds, or who asks for it.

mod output;
mod read;
mod replace;
mod stream;
mod timed;

#[cfg(test)]
mod tests;

pub(crate) use output::{Output, OutputError};
pub(crate) use read::{Limits, ReadError, bounded, read, read_standard_input, within};
#[cfg(test)]
pub(crate) use replace::SYNCED;
pub(crate) use replace::{
    append, create_new, create_private, is_mount, parent_of, replace, resolve_symlinks,
    restrict_to_owner, sync_folder, temporary_prefix, update, write_in_place,
};
pub(crate) use stream::{Standard, is_same, is_stream};
