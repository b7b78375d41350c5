//! The manifests that an import finds or makes.
//!
//! Must not: write one.

use std::path::{Path, PathBuf};

use crate::error::CliError;
use crate::files;
use crate::manifest::{self, LoadOptions, Loaded, SourceFile};
use crate::render::stanza;
use crate::session::Manifest;

/// What these files declare.
///
/// # Errors
/// If they are invalid.
pub(super) fn loaded(files: &[SourceFile], strict: bool) -> Result<Manifest, CliError> {
    let options = LoadOptions { strict };
    let mut loaded = manifest::load(files, options);
    loaded.read_recipients(options);
    let Loaded {
        desired,
        diagnostics,
        places,
        ..
    } = loaded;
    match desired {
        Some(desired) => Ok(Manifest { desired, places }),
        None => Err(CliError::invalid(diagnostics)),
    }
}

/// A new manifest has to be one that the next run reads.
pub(super) fn check_new(new: &Path, given: &[PathBuf]) -> Result<(), CliError> {
    let is_read = given.iter().any(|path| {
        let in_folder = path.is_dir() && files::is_same(&files::parent_of(new), path);
        files::is_same(path, new) || (in_folder && manifest::is_manifest(new))
    });
    if is_read {
        return Ok(());
    }
    let summary = format!("`--into {}` is not among the manifests", new.display());
    Err(CliError::usage(summary).hint(format!("pass `-f {}`, too", new.display())))
}

/// The one of several that gets the instances.
pub(super) fn place(files: &[SourceFile], into: Option<&Path>) -> Result<usize, CliError> {
    let names = || {
        let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        format!("pass `--into` with one of `{}`", names.join("`, `"))
    };
    let found = match (into, files) {
        (None, [_]) => Some(0),
        (None, _) => {
            let summary = "there are several manifests, and any could get the instances";
            return Err(CliError::usage(summary).hint(names()));
        }
        (Some(into), _) => files
            .iter()
            .position(|file| files::is_same(Path::new(&file.name), into)),
    };
    let Some(place) = found else {
        return Err(CliError::usage("`--into` is not among the manifests").hint(names()));
    };
    let name = &files[place].name;
    if name == "<stdin>" || files::is_stream(Path::new(name)) {
        return Err(CliError::usage("nothing can be added to a stream")
            .hint("pass `-f` with the name of a file"));
    }
    Ok(place)
}

/// The head of a new manifest.
pub(super) fn head(path: &Path, inventory: &str) -> SourceFile {
    let is_json = path
        .extension()
        .is_some_and(|extension| extension == "json");
    let text = match is_json {
        true => format!("{{\n  \"version\": 1,\n  \"inventory\": \"{inventory}\"\n}}\n"),
        false => format!("version: 1\ninventory: {}\n", stanza::text(inventory)),
    };
    SourceFile {
        name: path.display().to_string(),
        folder: files::parent_of(path),
        bytes: text.into_bytes(),
    }
}
