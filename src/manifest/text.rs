//! The text of one file: places in it, and the parts that must not be shown.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

use super::members::{API, DOCUMENT, INSTANCE};
use super::source::SourceFile;
use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostic, Diagnostics, OtherFile, Place, without_bom};
use crate::model::{InstanceKey, SecretField};

/// The places of the values with references.
pub(crate) type Places = BTreeMap<(InstanceKey, SecretField), Place>;

/// How much of a long line a snippet shows, and how much of that before the place.
const MAX_SHOWN: usize = 160;
const MAX_BEFORE: usize = 60;
/// Replaces a character that must not be shown.
const HIDDEN: char = '•';

pub(super) struct FileText {
    pub(super) name: String,
    pub(super) folder: PathBuf,
    pub(super) text: String,
    line_starts: Vec<usize>,
    /// Byte ranges that may hold a credential.
    hidden: RefCell<Vec<Range<usize>>>,
    /// Whether there is no syntax tree that would tell which parts are values.
    opaque: Cell<bool>,
}

impl FileText {
    /// Decodes UTF-8 with or without a byte order mark.
    pub(super) fn new(file: &SourceFile, diagnostics: &mut Diagnostics) -> Option<Self> {
        if let Some(OtherFile { what, hint, line }) = OtherFile::of(&file.bytes) {
            let place = Place {
                line,
                column: 1,
                ..Place::whole(&file.name)
            };
            let problem = Diagnostic::error("other-file", format!("the file {what}"));
            diagnostics.push(problem.at(place).hint(hint));
            return None;
        }
        let bytes = without_bom(&file.bytes);
        let valid = bytes.utf8_chunks().next();
        let text = valid.map_or("", |chunk| chunk.valid()).to_owned();
        let line_starts = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(index, _)| index + 1))
            .collect();
        let whole = Self {
            name: file.name.clone(),
            folder: file.folder.clone(),
            text,
            line_starts,
            hidden: RefCell::default(),
            opaque: Cell::new(false),
        };
        let end = whole.text.len();
        if end < bytes.len() {
            let hint = if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
                "save the file as UTF-8 instead of UTF-16"
            } else {
                "save the file as UTF-8"
            };
            let problem = Diagnostic::error("not-utf8", "the file is not valid UTF-8");
            diagnostics.push(problem.at(whole.place(&(end..end))).hint(hint));
            return None;
        }
        Some(whole)
    }

    /// Keeps a part out of every snippet.
    pub(super) fn hide(&self, range: Range<usize>) {
        self.hidden.borrow_mut().push(range);
    }

    /// Keeps what follows a key on its line out of every snippet: an anchor, a tag or a comment is
    /// outside the span of the value, and may be a part of a mistyped credential. Between brackets only
    /// up to the end of the value.
    pub(super) fn hide_after_key(&self, key_end: usize, value: &Range<usize>) {
        self.hide_around(key_end, value);
        self.hide(value.clone());
    }

    /// The same without the value itself, which is safe to show.
    pub(super) fn hide_around(&self, key_end: usize, value: &Range<usize>) {
        let from = floor(&self.text, key_end);
        let rest = &self.text[from..];
        let line_end = from + rest.find('\n').unwrap_or(rest.len());
        let colon = rest[..line_end - from]
            .find(':')
            .map_or(from, |offset| from + offset + 1);
        let after = self.text.get(value.end..line_end).unwrap_or_default();
        let in_brackets = value.start > key_end && after.trim_start().starts_with([',', '}', ']']);
        // A value on a line of its own is not on that of its key.
        self.hide(colon..value.start.clamp(colon, line_end));
        if !in_brackets {
            let of_value = floor(&self.text, value.end);
            let rest = &self.text[of_value..];
            let end = of_value + rest.find('\n').unwrap_or(rest.len());
            self.hide(of_value..end);
        }
    }

    /// Whether a key is followed by its `:`.
    pub(super) fn has_colon(&self, key: &Range<usize>) -> bool {
        let rest = self.text.get(key.end..).unwrap_or_default();
        rest.trim_start().starts_with(':')
    }

    /// Keeps everything out of snippets but well-known keys.
    pub(super) fn make_opaque(&self) {
        self.opaque.set(true);
    }

    /// The place of a byte range, without its text.
    pub(super) fn place(&self, range: &Range<usize>) -> Place {
        let start = floor(&self.text, range.start);
        let line = self
            .line_starts
            .partition_point(|&first| first <= start)
            .max(1)
            - 1;
        let (from, to) = self.line_range(line);
        let end = floor(&self.text, range.end.clamp(start, to.max(start)));
        Place {
            file: self.name.clone(),
            line: line + 1,
            column: self.text[from..start.max(from)].chars().count() + 1,
            length: self.text[start..end].chars().count().max(1),
            text: None,
            text_column: 0,
        }
    }

    /// The span of a part of a string, found by counting `${`: the source may be quoted, indented or
    /// escaped. The whole string where the part is spelled another way.
    pub(super) fn span_within(
        &self,
        span: &Range<usize>,
        text: &str,
        part: &Range<usize>,
    ) -> Range<usize> {
        let nth = text[..part.start].matches("${").count();
        let source = self.text.get(span.clone()).unwrap_or_default();
        match source.match_indices("${").nth(nth) {
            Some((at, _)) if source[at..].starts_with(&text[part.clone()]) => {
                let start = span.start + at;
                start..start + part.len()
            }
            _ => span.clone(),
        }
    }

    fn line_range(&self, line: usize) -> (usize, usize) {
        let from = self
            .line_starts
            .get(line)
            .copied()
            .unwrap_or(self.text.len());
        let to = self
            .line_starts
            .get(line + 1)
            .map_or(self.text.len(), |next| next - 1);
        let to = to.max(from);
        let line = &self.text[from..to];
        (from, to - usize::from(line.ends_with('\r')))
    }

    /// Sorts and merges what must not be shown, once all of it is known: a file may have 200,000 problems.
    pub(super) fn seal(&self) {
        let mut ranges = self.hidden.take();
        ranges.sort_by_key(|range| range.start);
        let mut merged: Vec<Range<usize>> = Vec::new();
        for range in ranges {
            match merged.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => merged.push(range),
            }
        }
        self.hidden.replace(merged);
    }

    /// Adds the text around a place, without what must not be shown. It must be sealed.
    pub(super) fn fill_in(&self, place: &mut Place) {
        let Some(line) = place.line.checked_sub(1) else {
            return;
        };
        let (from, to) = self.line_range(line);
        let text = &self.text[from..to];
        let shown_head = if self.opaque.get() {
            known_head(text)
        } else {
            usize::MAX
        };
        let hidden = self.hidden.borrow();
        let first = hidden.partition_point(|range| range.end <= from);
        let overlapping: Vec<&Range<usize>> = hidden[first..]
            .iter()
            .take_while(|range| range.start < to)
            .collect();
        let before = place.column.saturating_sub(1 + MAX_BEFORE);
        let mut characters = text.char_indices().skip(before);
        let shown = characters
            .by_ref()
            .take(MAX_SHOWN)
            .map(|(offset, character)| {
                let at = from + offset;
                let hide =
                    offset >= shown_head || overlapping.iter().any(|range| range.contains(&at));
                if hide && !character.is_whitespace() {
                    HIDDEN
                } else if character.is_control() {
                    ' '
                } else {
                    character
                }
            });
        let mut shown: String = shown.collect();
        if characters.next().is_some() {
            shown.push('…');
        }
        place.text_column = place.column - before;
        place.text = Some(shown);
    }
}

/// Where a line without a syntax tree stops being safe to show: after a well-known key and its colon
/// at the start of the line.
fn known_head(line: &str) -> usize {
    let start = line.len() - line.trim_start().len();
    let Some(colon) = line[start..].find(':') else {
        return 0;
    };
    let word = line[start..start + colon].trim_matches('"');
    let catalog = Catalog::embedded();
    let mut elements = catalog.elements().iter().map(Some).chain([None]);
    let mut members = DOCUMENT.iter().chain(&API).chain(&INSTANCE);
    let known = members.any(|member| *member == word)
        || elements.any(|element| catalog.key_of(element, word).is_some());
    if known { start + colon + 1 } else { 0 }
}

/// The last character boundary at or before an offset.
pub(super) fn floor(text: &str, index: usize) -> usize {
    let mut index = index.min(text.len());
    while !text.is_char_boundary(index) {
        index -= 1;
    }
    index
}
