//! Problems found in what a user wrote: code, place, and how to mend it; and the sorted set of them.
//!
//! Must not: print, read files, or know any other module of this crate. A snippet is put in by
//! whoever has the text, with credentials masked, so that nobody downstream needs the text.

use std::collections::BTreeMap;

use serde::Serialize;

/// Whether a problem forbids going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Forbids going on.
    Error,
    /// Does not, unless `--strict`.
    Warning,
}

/// A place in a file, and the line it is on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// As the user named it.
    pub file: String,
    /// Counted from 1; 0 where the problem is about the whole file.
    pub line: usize,
    /// In characters, counted from 1; 0 where the problem is about the whole file.
    pub column: usize,
    /// How many characters to underline; at least 1.
    pub length: usize,
    /// The line's text with credentials masked; `None` where it must not be shown or is not known.
    pub text: Option<String>,
}

impl Place {
    /// The whole of a file.
    pub fn whole(file: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            line: 0,
            column: 0,
            length: 1,
            text: None,
        }
    }
}

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// A stable word in kebab case, listed in `docs/reference.md`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// Where.
    pub place: Option<Place>,
    /// Other places that belong to it, each with what it is.
    pub also: Vec<(Place, String)>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// An error.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, message.into())
    }

    /// A warning.
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

    /// Says where.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// Says where else.
    #[must_use]
    pub fn also(mut self, place: Place, label: impl Into<String>) -> Self {
        self.also.push((place, label.into()));
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// How often one code is shown before only a count follows (docs/manifest.md).
pub const SHOWN_PER_CODE: usize = 20;

/// Every problem of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics {
    found: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    /// Adds those of another set.
    pub fn extend(&mut self, other: Self) {
        self.found.extend(other.found);
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Whether any forbids going on.
    pub fn has_errors(&self) -> bool {
        self.found.iter().any(|d| d.severity == Severity::Error)
    }

    /// Lets whoever has the text complete every place.
    pub fn fill_in(&mut self, complete: impl Fn(&mut Place)) {
        for diagnostic in &mut self.found {
            let also = diagnostic.also.iter_mut().map(|(place, _)| place);
            diagnostic.place.iter_mut().chain(also).for_each(&complete);
        }
    }

    /// Makes every warning an error (`--strict`).
    pub fn make_strict(&mut self) {
        for diagnostic in &mut self.found {
            diagnostic.severity = Severity::Error;
        }
    }

    /// Every problem in order of file, position, code and message.
    pub fn sorted(&self) -> Vec<&Diagnostic> {
        let mut sorted: Vec<&Diagnostic> = self.found.iter().collect();
        sorted.sort_by(|a, b| order(a).cmp(&order(b)));
        // What `defaults` has wrong would otherwise be told once for every instance.
        sorted.dedup();
        sorted
    }

    /// What is to be shown: [`Self::sorted`], each code at most [`SHOWN_PER_CODE`] times; and how
    /// many of each code were left out.
    pub fn shown(&self) -> (Vec<&Diagnostic>, BTreeMap<&'static str, usize>) {
        let mut seen: BTreeMap<&'static str, usize> = BTreeMap::new();
        let mut left_out = BTreeMap::new();
        let mut shown = Vec::new();
        for diagnostic in self.sorted() {
            let count = seen.entry(diagnostic.code).or_default();
            *count += 1;
            if *count <= SHOWN_PER_CODE {
                shown.push(diagnostic);
            } else {
                *left_out.entry(diagnostic.code).or_default() += 1;
            }
        }
        (shown, left_out)
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
