//! Which manifest an import adds to.
//!
//! Must not: write it before the instances are ours.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::context::Context;
use super::init;
use super::manifests::{check_new, head, loaded, place};
use crate::error::{CliError, Exit};
use crate::files;
use crate::manifest::{self, Places, SourceFile};
use crate::model::{ApiSettings, Desired};
use crate::ports::kill;
use crate::session::Manifest;

/// The manifest that gets the instances, and the others beside it.
pub(super) struct Target {
    pub(super) path: PathBuf,
    /// Its text; of a new one, its head.
    source: SourceFile,
    is_new: bool,
    others: Vec<SourceFile>,
    /// What all of them declare now.
    pub(super) desired: Desired,
    strict: bool,
}

impl Target {
    /// Reads the manifests.
    ///
    /// # Errors
    /// One of them is invalid, or it is not clear which is meant.
    pub(super) fn find(
        context: &Context,
        into: Option<&Path>,
        inventory: Option<&str>,
    ) -> Result<Self, CliError> {
        let given = &context.global.files;
        let is_missing = |path: &PathBuf| !path.exists() && !files::is_stream(path);
        let (missing, existing): (Vec<_>, Vec<_>) = given.iter().cloned().partition(is_missing);
        let new = match (into, &missing[..], &existing[..]) {
            (Some(into), _, _) if !into.exists() => Some(into.to_owned()),
            (None, [only], []) => Some(only.clone()),
            _ => None,
        };
        let mut read: Vec<PathBuf> = existing;
        // Of a missing one that is not to be made, the reader says that it is missing.
        let is_new = |path: &PathBuf| new.as_ref().is_some_and(|new| files::is_same(path, new));
        read.extend(missing.into_iter().filter(|path| !is_new(path)));
        if let Some(new) = &new {
            check_new(new, given)?;
        }
        let mut others = manifest::read(&read).map_err(CliError::invalid)?;
        let strict = context.global.strict;
        let declared = match others.is_empty() {
            true => None,
            false => Some(loaded(&others, strict)?.desired),
        };
        let (path, source, desired) = match (new, declared) {
            (Some(path), declared) => {
                let name = match &declared {
                    Some(desired) => desired.inventory.clone(),
                    None => init::inventory(inventory)?,
                };
                let source = head(&path, name.as_str());
                let desired = declared.unwrap_or_else(|| Desired {
                    inventory: name,
                    api: ApiSettings::default(),
                    recipients: BTreeSet::new(),
                    instances: BTreeMap::new(),
                });
                (path, source, desired)
            }
            (None, Some(desired)) => {
                let place = place(&others, into)?;
                let source = others.remove(place);
                (PathBuf::from(&source.name), source, desired)
            }
            (None, None) => return Err(CliError::usage("no manifest is given")),
        };
        let is_new = !path.exists();
        if !is_new && inventory.is_some() {
            return Err(CliError::usage("`--inventory` is for a new manifest")
                .hint("leave it out; the manifest names its inventory"));
        }
        Ok(Self {
            path,
            source,
            is_new,
            others,
            desired,
            strict,
        })
    }

    /// What a manifest of the same inventory and platform declares that has no instances.
    pub(super) fn nothing(&self) -> Manifest {
        Manifest {
            desired: Desired {
                instances: BTreeMap::new(),
                ..self.desired.clone()
            },
            places: Places::new(),
        }
    }

    /// A manifest of the same inventory that declares nothing.
    pub(super) fn empty(&self) -> Self {
        Self {
            path: self.path.clone(),
            source: head(Path::new("instances.yaml"), self.desired.inventory.as_str()),
            is_new: true,
            others: Vec::new(),
            desired: self.desired.clone(),
            strict: false,
        }
    }

    /// For messages.
    pub(super) fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// The text with these instances, if they can be added.
    pub(super) fn with(&self, instances: &dyn manifest::Spelling) -> Option<Vec<u8>> {
        manifest::insert(&self.source, instances)
    }

    /// What the manifests declare once this one has another text.
    ///
    /// # Errors
    /// If they are invalid then.
    pub(super) fn load(&self, bytes: Vec<u8>) -> Result<Manifest, CliError> {
        let edited = SourceFile {
            bytes,
            ..self.source.clone()
        };
        let mut files = self.others.clone();
        files.push(edited);
        loaded(&files, self.strict)
    }

    /// Replaces the file, unless somebody else has changed it since it was read.
    ///
    /// # Errors
    /// Nothing was written then.
    pub(super) fn write(&self, bytes: &[u8]) -> Result<(), CliError> {
        let written = match self.is_new {
            true => files::create_new(&self.path, bytes).map(|()| true),
            false => files::update(&self.path, &self.source.bytes, bytes),
        };
        kill::at(kill::KillPoint::ManifestWritten);
        let again = "run the same `import` again: the instances are recorded and marked, and only the manifest lacks them";
        match written {
            Ok(true) => Ok(()),
            Ok(false) => {
                let summary = format!("`{}` was changed during the import", self.name());
                Err(CliError::new(Exit::Partial, summary).hint(again))
            }
            Err(error) => {
                let summary = format!("cannot write `{}`", self.name());
                Err(CliError::caused_by(Exit::Partial, summary, error).hint(again))
            }
        }
    }
}
