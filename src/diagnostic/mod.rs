//! Problems in what a user wrote: code, place and hint; and the sorted set of them.
//!
//! Must not: print, read files, or use another module of this crate. Whoever has the text adds the
//! snippet with credentials masked, so that no other code needs the text.

mod capped;
mod other_file;

use serde::Serialize;

pub use capped::{Capped, Length, capped};
pub use other_file::{OtherFile, without_bom};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Error,
    /// Does not stop the run, unless `--strict` is given.
    Warning,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// The file as the user named it.
    pub file: String,
    /// From 1; 0 for the whole file.
    pub line: usize,
    /// In characters, from 1; 0 for the whole file.
    pub column: usize,
    /// How many characters to underline; at least 1.
    #[serde(skip)]
    pub length: usize,
    /// The text of the line around the place, with credentials masked; `None` if it must not be shown or is unknown.
    #[serde(skip)]
    pub text: Option<String>,
    /// Where the place starts in `text`, from 1: of a long line that is only a part.
    #[serde(skip)]
    pub text_column: usize,
}

impl Place {
    pub fn whole(file: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            line: 0,
            column: 0,
            length: 1,
            text: None,
            text_column: 0,
        }
    }
}

/// In JSON, its place is among its own members (docs/reference.md#json).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// A stable word in kebab case, listed in `docs/reference.md`.
    pub code: &'static str,
    pub severity: Severity,
    /// What is wrong: one line in lower case, without a full stop.
    pub message: String,
    #[serde(flatten)]
    pub place: Option<Place>,
    /// Related places, each with a label.
    #[serde(skip)]
    pub also: Vec<(Place, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Diagnostic {
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, message.into())
    }

    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, message.into())
    }

    fn new(code: &'static str, severity: Severity, message: String) -> Self {
        Self {
            code,
            severity,
            message,
            place: None,
            also: Vec::new(),
            hint: None,
        }
    }

    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    #[must_use]
    pub fn also(mut self, place: Place, label: impl Into<String>) -> Self {
        self.also.push((place, label.into()));
        self
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics {
    found: Vec<Diagnostic>,
}

impl Diagnostics {
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    pub fn extend(&mut self, other: Self) {
        self.found.extend(other.found);
    }

    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub fn has_errors(&self) -> bool {
        self.found.iter().any(|d| d.severity == Severity::Error)
    }

    /// Completes every place.
    pub fn fill_in(&mut self, complete: impl Fn(&mut Place)) {
        for diagnostic in &mut self.found {
            let also = diagnostic.also.iter_mut().map(|(place, _)| place);
            diagnostic.place.iter_mut().chain(also).for_each(&complete);
        }
    }

    /// Turns warnings into errors (`--strict`).
    pub fn make_strict(&mut self) {
        for diagnostic in &mut self.found {
            diagnostic.severity = Severity::Error;
        }
    }

    /// All problems, sorted by file, position, code and message.
    pub fn sorted(&self) -> Vec<&Diagnostic> {
        let mut sorted: Vec<&Diagnostic> = self.found.iter().collect();
        sorted.sort_by(|a, b| order(a).cmp(&order(b)));
        sorted
    }
}

type Order<'a> = (Option<(&'a str, usize, usize)>, &'static str, &'a str);

fn order(diagnostic: &Diagnostic) -> Order<'_> {
    let place = diagnostic
        .place
        .as_ref()
        .map(|place| (place.file.as_str(), place.line, place.column));
    (place, diagnostic.code, &diagnostic.message)
}
