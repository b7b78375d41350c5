//! Where the lock file, its journal and the sandbox's state live.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The folder beside the lock file that holds what is not committed.
const STATE_FOLDER: &str = ".connectorctl";

/// Whether a lock file is of a real platform or of the sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockKind {
    Real,
    Sandbox,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockPaths {
    pub lock: PathBuf,
    /// `.connectorctl/` beside the lock file.
    pub state_folder: PathBuf,
    /// The journal, on which the exclusive lock is held.
    pub journal: PathBuf,
    /// Names the process that holds the lock.
    pub holder: PathBuf,
    /// A copy of the lock file while that is written in place.
    pub copy: PathBuf,
}

impl LockPaths {
    /// The lock file is `explicit`, or stands beside the first manifest: `prod.lock.json` beside
    /// `prod.yaml`, `instances.lock.json` in a folder. With [`LockKind::Sandbox`] it ends in
    /// `.sandbox.lock.json`, so that a trial cannot mix with the real inventory.
    pub fn new(
        explicit: Option<&Path>,
        first_manifest: &Path,
        manifest_is_folder: bool,
        kind: LockKind,
    ) -> Self {
        let beside = || beside(first_manifest, manifest_is_folder, kind);
        let lock = explicit.map_or_else(beside, Path::to_owned);
        let folder = match lock.parent() {
            Some(parent) => parent.join(STATE_FOLDER),
            None => PathBuf::from(STATE_FOLDER),
        };
        let named = |ending: &str| {
            let mut name = OsString::from(lock.file_name().unwrap_or_default());
            name.push(ending);
            folder.join(name)
        };
        Self {
            journal: named(".journal"),
            holder: named(".holder"),
            copy: named(".copy"),
            state_folder: folder,
            lock,
        }
    }

    /// The state of the sandbox, one file for each inventory.
    pub fn sandbox_state(&self, inventory: &str) -> PathBuf {
        self.state_folder.join(format!("{inventory}.sandbox.json"))
    }
}

fn beside(manifest: &Path, is_folder: bool, kind: LockKind) -> PathBuf {
    let ending = match kind {
        LockKind::Real => "lock.json",
        LockKind::Sandbox => "sandbox.lock.json",
    };
    if is_folder {
        return manifest.join(format!("instances.{ending}"));
    }
    // `-` is standard input.
    let stem = manifest.file_stem().filter(|stem| *stem != "-");
    // Two names that are not UTF-8 stay two names.
    let mut name = stem.unwrap_or(OsStr::new("instances")).to_owned();
    name.push(".");
    name.push(ending);
    manifest.with_file_name(name)
}
