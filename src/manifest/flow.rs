//! Flow mappings as text: where the members end.
//!
//! Must not: understand them; strings, comments and brackets are enough to find the end.

use std::ops::Range;

use super::lines::{indent_of, line_end};

/// A mapping in braces.
pub(super) struct Flow {
    open: usize,
    /// After its last character that is neither a space nor in a comment; the brace, if it is empty.
    end: usize,
    /// Where its first member starts, if it has one.
    first: Option<usize>,
    close: usize,
    /// Whether members stand on lines of their own.
    pub(super) is_on_lines: bool,
}

impl Flow {
    /// The mapping that starts here; `None` if it does not end.
    pub(super) fn read(text: &str, open: usize) -> Option<Self> {
        let (mut depth, mut quote) = (0_usize, None);
        let (mut end, mut first) = (open + 1, None);
        let mut characters = text[open..].char_indices().peekable();
        let mut is_after_space = false;
        while let Some((at, character)) = characters.next() {
            let at = open + at;
            match (quote, character) {
                (Some('"'), '\\') => {
                    characters.next();
                }
                (Some(open), _) if character == open => quote = None,
                (Some(_), _) => {}
                (None, '"' | '\'') => quote = Some(character),
                (None, '#') if is_after_space => {
                    while characters.next_if(|(_, c)| *c != '\n').is_some() {}
                    continue;
                }
                (None, '{' | '[') => depth += 1,
                (None, '}' | ']') => {
                    depth -= 1;
                    if depth == 0 {
                        return Some(Self {
                            open,
                            end,
                            first,
                            close: at,
                            is_on_lines: text[open..first.unwrap_or(at)].contains('\n'),
                        });
                    }
                }
                (None, _) => {}
            }
            is_after_space = character.is_whitespace();
            if !is_after_space && at > open {
                first.get_or_insert(at);
                end = at + character.len_utf8();
            }
        }
        None
    }

    /// How much deeper its members stand than the line with its brace.
    pub(super) fn step<'t>(&self, text: &'t str) -> Option<&'t str> {
        let inner = indent_of(text, self.first.filter(|_| self.is_on_lines)?);
        let outer = indent_of(text, self.open);
        inner.get(outer.len()..).filter(|step| !step.is_empty())
    }

    /// What adds these members, each of some lines.
    pub(super) fn added(
        &self,
        text: &str,
        line_break: &str,
        members: &[Vec<String>],
    ) -> Vec<(Range<usize>, String)> {
        let has_comma = self.first.is_none() || text[..self.end].ends_with(',');
        let comma = if has_comma { "" } else { "," };
        if !self.is_on_lines {
            let joined: Vec<String> = members.iter().map(|lines| lines.join(" ")).collect();
            let space = if text[self.end..self.close].is_empty() && self.first.is_none() {
                " "
            } else {
                ""
            };
            let new = format!("{comma} {}{space}", joined.join(", "));
            return vec![(self.end..self.end, new)];
        }
        let indent = match self.first {
            Some(first) => indent_of(text, first).to_owned(),
            None => format!("{}  ", indent_of(text, self.open)),
        };
        let separator = format!(",{line_break}");
        let member = |lines: &Vec<String>| {
            let lines: Vec<String> = lines.iter().map(|line| format!("{indent}{line}")).collect();
            lines.join(line_break)
        };
        let members: Vec<String> = members.iter().map(member).collect();
        let members = members.join(&separator);
        // A comment after the last member stays on its line.
        let line = line_end(text, self.end);
        if line <= self.close && text[self.end..line].ends_with('\n') {
            let new = format!("{members}{line_break}");
            return vec![(self.end..self.end, comma.to_owned()), (line..line, new)];
        }
        let new = format!("{comma}{line_break}{members}");
        vec![(self.end..self.end, new)]
    }
}

/// The end of an empty mapping with nothing but a comment after it on its line.
pub(super) fn empty_on_its_line(text: &str, open: usize) -> Option<usize> {
    let flow = Flow::read(text, open)?;
    let end = flow.close + 1;
    let rest = text[end..line_end(text, end)].trim();
    let is_empty = flow.first.is_none() && text[open + 1..flow.close].trim().is_empty();
    let is_alone = rest.is_empty() || rest.starts_with('#');
    (is_empty && !flow.is_on_lines && is_alone).then_some(end)
}
