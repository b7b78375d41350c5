//! Where the lock file, its journal and the sandbox's state live.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::file;

/// The folder beside the lock file that holds what is not committed.
const STATE_FOLDER: &str = ".connectorctl";

/// Whether a lock file is of a real platform or of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockKind {
    /// Of a real one.
    Real,
    /// Of the embedded one.
    Sandbox,
}

/// The paths that belong to one inventory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockPaths {
    /// The lock file.
    pub lock: PathBuf,
    /// `.connectorctl/` beside it.
    pub state_folder: PathBuf,
    /// The journal, on which the exclusive lock is held.
    pub journal: PathBuf,
    /// Who holds the lock.
    pub holder: PathBuf,
}

impl LockPaths {
    /// As docs/lockfile.md says: `--lock FILE`, else beside the first manifest, `prod.yaml` having
    /// `prod.lock.json` and a folder `instances.lock.json` inside; under `--sandbox` always
    /// `….sandbox.lock.json`, so that a trial cannot mix with the real inventory.
    ///
    /// A lock file that is a symbolic link has its folder where it points to: two checkouts that
    /// share one lock file so must share its journal, and the lock on it.
    pub fn new(
        explicit: Option<&Path>,
        first_manifest: &Path,
        manifest_is_folder: bool,
        kind: LockKind,
    ) -> Self {
        let lock = match explicit {
            Some(path) => path.to_owned(),
            None => beside(first_manifest, manifest_is_folder, kind),
        };
        let real = file::target(&lock);
        let folder = match real.parent() {
            Some(parent) => parent.join(STATE_FOLDER),
            None => PathBuf::from(STATE_FOLDER),
        };
        let named = |ending: &str| {
            let mut name = OsString::from(real.file_name().unwrap_or_default());
            name.push(ending);
            folder.join(name)
        };
        Self {
            journal: named(".journal"),
            holder: named(".holder"),
            state_folder: folder,
            lock,
        }
    }

    /// The state of the embedded platform, one per inventory.
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
    let stem = manifest.file_stem().map_or_else(
        || "instances".to_owned(),
        |stem| stem.to_string_lossy().into_owned(),
    );
    // Standard input has no name of its own.
    let stem = if stem == "-" {
        "instances".to_owned()
    } else {
        stem
    };
    manifest.with_file_name(format!("{stem}.{ending}"))
}
