//! Two manifests in one folder whose lock files would have one name. Must not: read more than it takes to see
//! that a file is a manifest.

#![expect(
    clippy::disallowed_methods,
    reason = "this edge reads the manifest's folder; its entries are sorted"
)]

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::source::{LIMITS, is_manifest};
use crate::files;

/// The manifest beside this one that has its name with another ending, such as `a.yml` beside `a.yaml`. `inputs`
/// are the manifests of this run, which share the lock file on purpose.
pub(crate) fn rival(manifest: &Path, inputs: &[PathBuf]) -> Option<PathBuf> {
    let folder = match manifest.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let entries = fs::read_dir(folder).ok()?;
    let mut names: Vec<OsString> = entries.flatten().map(|entry| entry.file_name()).collect();
    names.sort();
    let stem = |path: &Path, fold: bool| {
        let stem = path.file_stem().unwrap_or_default().to_owned();
        if fold {
            stem.to_ascii_lowercase()
        } else {
            stem
        }
    };
    let fold = ignores_case(manifest, &names);
    let others = names.iter().map(|name| manifest.with_file_name(name));
    let mut same = others.filter(|other| {
        stem(other, fold) == stem(manifest, fold)
            && other.file_name() != manifest.file_name()
            && !inputs.contains(other)
    });
    same.find(|other| is_manifest(other) && names_an_inventory(other))
}

/// Whether the file system finds a file under a name in another case, which its folder does not list.
fn ignores_case(manifest: &Path, names: &[OsString]) -> bool {
    let Some(name) = manifest.file_name() else {
        return false;
    };
    [name.to_ascii_uppercase(), name.to_ascii_lowercase()]
        .iter()
        .filter(|other| !names.contains(other))
        .any(|other| manifest.with_file_name(other).exists())
}

fn names_an_inventory(path: &Path) -> bool {
    // A pipe beside the manifest would be read for as long as nobody writes to it.
    if !path.is_file() {
        return false;
    }
    let bytes = files::read(path, LIMITS).unwrap_or_default();
    String::from_utf8_lossy(&bytes).lines().any(|line| {
        let start = line.trim_start_matches(['\u{feff}', ' ', '\t', '{', '"', '\'']);
        let rest = start.strip_prefix("inventory");
        rest.is_some_and(|rest| rest.trim_start_matches(['"', '\'', ' ']).starts_with(':'))
    })
}
