//! Diagnostics for people, with their places underlined, or as JSON.

use std::io::{self, Write};

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use serde::Serialize;

use super::escape::{escape_controls, one_line};
use super::{FORMAT_VERSION, json, many};
use crate::diagnostic::{Capped, Diagnostic, Diagnostics, Length, Place, Severity, capped};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DiagnosticsObject<'a> {
    format_version: &'static str,
    diagnostics: Vec<&'a Diagnostic>,
}

/// Longer lines are shown in part.
const WIDTH: usize = 100;
/// The renderer shows the whole of what is underlined, however long.
const MAX_UNDERLINED: usize = 60;

/// Writes every diagnostic as JSON (docs/reference.md#json).
pub fn json(diagnostics: &Diagnostics, out: &mut dyn Write) -> io::Result<()> {
    let object = DiagnosticsObject {
        format_version: FORMAT_VERSION,
        diagnostics: diagnostics.sorted(),
    };
    json::write(&object, out)
}

/// Writes diagnostics for people, then how many there are.
pub fn human(diagnostics: &Diagnostics, length: Length, out: &mut dyn Write) -> io::Result<()> {
    let renderer = Renderer::styled().term_width(WIDTH);
    let all = diagnostics.sorted();
    let found = all.iter().copied();
    let Capped { shown, left_out } = capped(length, found, |diagnostic| diagnostic.code);
    for diagnostic in &shown {
        writeln!(out, "{}\n", one(diagnostic, &renderer))?;
    }
    for more in &left_out {
        writeln!(out, "{more}\n")?;
    }
    let errors = all.iter().filter(|d| d.severity == Severity::Error).count();
    let warnings = all.len() - errors;
    let counts = [(errors, "error"), (warnings, "warning")];
    let counts: Vec<String> = counts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| many(count, word))
        .collect();
    if counts.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", counts.join(", "))
}

fn one(diagnostic: &Diagnostic, renderer: &Renderer) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let message = escape_controls(&diagnostic.message);
    let mut group = Group::with_title(level.primary_title(message.as_str()).id(diagnostic.code));
    let also: Vec<(&Place, String)> = diagnostic
        .also
        .iter()
        .map(|(place, label)| (place, escape_controls(label)))
        .collect();
    if let Some(place) = &diagnostic.place {
        group = add(group, place, None);
    }
    for (place, label) in &also {
        group = add(group, place, Some(label));
    }
    let hint = diagnostic.hint.as_deref().map(escape_controls);
    if let Some(hint) = &hint {
        group = group.element(Level::HELP.with_name("hint").message(hint.as_str()));
    }
    let text = renderer.render(&[group]);
    let lines = text.split_inclusive('\n');
    lines.map(without_second_mark).collect()
}

/// The renderer marks further places with `:::`, with which a command of GitHub would start.
fn without_second_mark(line: &str) -> String {
    let is_blank_or_style = |c: char| c.is_ascii_digit() || " \u{1b}[;m".contains(c);
    match line.split_once(":::") {
        Some((before, after)) if before.chars().all(is_blank_or_style) => {
            format!("{before}-->{after}")
        }
        Some(_) | None => line.to_owned(),
    }
}

fn add<'a>(group: Group<'a>, place: &'a Place, label: Option<&'a str>) -> Group<'a> {
    let Some(text) = place.text.as_deref().filter(|text| !text.is_empty()) else {
        let mut origin = Origin::path(one_line(&place.file));
        if place.line > 0 {
            origin = origin.line(place.line).char_column(place.column);
        }
        return group.element(origin);
    };
    // The renderer takes the column from the text, and does not show the spaces that all lines have.
    let cut = place.column.saturating_sub(place.text_column);
    let text = " ".repeat(cut) + text;
    let start = place.column.saturating_sub(1);
    let span = byte(&text, start)..byte(&text, start + place.length.min(MAX_UNDERLINED));
    let kind = if label.is_some() {
        AnnotationKind::Context
    } else {
        AnnotationKind::Primary
    };
    group.element(
        Snippet::source(text)
            .line_start(place.line)
            .path(one_line(&place.file))
            .annotation(kind.span(span).label(label)),
    )
}

/// The byte offset of a character.
fn byte(text: &str, character: usize) -> usize {
    text.char_indices()
        .nth(character)
        .map_or(text.len(), |(offset, _)| offset)
}
