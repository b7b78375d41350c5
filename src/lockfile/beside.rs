//! The other lock files in the folder of one.

#![expect(
    clippy::disallowed_methods,
    reason = "this edge owns the lock file and the folder beside it"
)]

use std::fs;
use std::path::PathBuf;

use super::{LockPaths, file, format};
use crate::model::{InventoryName, LockHeader};

/// The lock files beside this one that belong to an inventory of the same platform, sorted. What cannot be
/// read is the file of another program, or no run can use it.
pub fn rivals(paths: &LockPaths, inventory: &InventoryName, own: &LockHeader) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(file::parent_of(&paths.lock)) else {
        return Vec::new();
    };
    let found = entries.flatten().map(|entry| entry.path());
    let mut rivals: Vec<PathBuf> = found
        .filter(|path| path.to_string_lossy().ends_with(".lock.json"))
        .filter(|path| path.file_name() != paths.lock.file_name())
        .filter(|path| {
            let bytes = file::read(path).ok().flatten();
            let lock = bytes.and_then(|bytes| format::parse(path, &bytes).ok());
            lock.is_some_and(|lock| {
                let urls = lock.header.api.as_ref().zip(own.api.as_ref());
                let is_elsewhere = urls.is_some_and(|(theirs, own)| theirs.url != own.url);
                lock.header.inventory == *inventory && !is_elsewhere
            })
        })
        .collect();
    rivals.sort();
    rivals
}
