//! Reads the manifest: YAML or JSON text to [`Desired`], or all problems of all files at once.
//!
//! Must not: resolve a reference, use the network, or stop at the first problem. Only `parse` uses
//! the YAML library.

mod check;
mod document;
mod element;
mod fields;
mod flow;
mod foreign;
mod insert;
mod instance;
mod lifecycle;
mod lines;
mod members;
mod names;
mod parse;
mod pasted;
mod place;
mod recipients;
mod reference;
mod rival;
mod source;
mod spelling;
mod syntax;
mod text;
mod union;
mod value;
mod versions;

#[cfg(test)]
mod tests;

pub(crate) use fields::nearest;
pub use insert::insert;
pub(crate) use rival::rival;
pub(crate) use source::is_manifest;
pub use source::{SourceFile, read};
pub use spelling::Spelling;
pub(crate) use text::Places;

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostics, Place};
use crate::model::Desired;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoadOptions {
    pub strict: bool,
}

#[derive(Debug)]
pub struct Loaded {
    /// The manifest; `None` if it has errors.
    pub desired: Option<Desired>,
    /// Every problem, warnings included.
    pub diagnostics: Diagnostics,
    /// For messages of whoever resolves the references.
    pub places: Places,
    /// Not read yet, because this reads no file.
    recipients_files: Vec<recipients::RecipientsFile>,
}

impl Loaded {
    /// Reads the files of recipients that the manifest names.
    pub(crate) fn read_recipients(&mut self, options: LoadOptions) {
        let mut recipients = BTreeSet::new();
        let declared = self.desired.as_mut().map(|desired| &mut desired.recipients);
        let declared = declared.unwrap_or(&mut recipients);
        for file in std::mem::take(&mut self.recipients_files) {
            file.read(declared, &mut self.diagnostics);
        }
        if options.strict {
            self.diagnostics.make_strict();
        }
        if self.diagnostics.has_errors() {
            self.desired = None;
        }
    }
}

/// Reads these files as one inventory.
pub fn load(files: &[SourceFile], options: LoadOptions) -> Loaded {
    let mut diagnostics = Diagnostics::default();
    let texts: Vec<text::FileText> = files
        .iter()
        .filter_map(|file| text::FileText::new(file, &mut diagnostics))
        .collect();
    let mut documents: Vec<document::Document<'_>> = texts
        .iter()
        .filter_map(|text| document::read(text, &mut diagnostics))
        .collect();
    // An unreadable file may declare instances, so what the others say is not the whole inventory.
    let whole = texts.len() == files.len() && documents.len() == texts.len();
    let recipients_files: Vec<_> = documents
        .iter_mut()
        .filter_map(|document| document.lock.file.take())
        .collect();
    let united = union::unite(documents, &mut diagnostics);
    if options.strict {
        diagnostics.make_strict();
    }
    texts.iter().for_each(text::FileText::seal);
    let by_name: BTreeMap<&str, &text::FileText> = texts
        .iter()
        .map(|text| (text.name.as_str(), text))
        .collect();
    let complete = |place: &mut Place| {
        if let Some(text) = by_name.get(place.file.as_str()) {
            text.fill_in(place);
        }
    };
    diagnostics.fill_in(complete);
    let (desired, places) = match united {
        Some((desired, mut places)) if whole && !diagnostics.has_errors() => {
            places.values_mut().for_each(complete);
            (Some(desired), places)
        }
        _ => (None, Places::new()),
    };
    Loaded {
        desired,
        diagnostics,
        places,
        recipients_files,
    }
}
