//! Where in the text of a manifest new instances can go, the best place first.
//!
//! Must not: know whether an edit is right; its caller parses the result.

use std::ops::Range;

use super::flow::{self, Flow};
use super::lines::{indent_of, line_end};
use super::parse::{Key, Kind, Node};
use super::spelling::Spelling;

const INSTANCES: &str = "instances";
const STEP: &str = "  ";

/// Texts that replace ranges, in their order and without overlap.
#[derive(Default)]
pub(super) struct Edit(pub(super) Vec<(Range<usize>, String)>);

impl Edit {
    fn at(offset: usize, text: String) -> Self {
        Self(vec![(offset..offset, text)])
    }

    pub(super) fn applied(&self, text: &str) -> String {
        let mut edited = String::new();
        let mut from = 0;
        for (range, new) in &self.0 {
            edited.push_str(&text[from..range.start]);
            edited.push_str(new);
            from = range.end;
        }
        edited.push_str(&text[from..]);
        edited
    }
}

/// A manifest to add to.
pub(super) struct Layout<'t> {
    pub(super) text: &'t str,
    pub(super) root: &'t Node,
}

/// The edits to try.
pub(super) fn edits(layout: &Layout<'_>, instances: &dyn Spelling) -> Vec<Edit> {
    let Kind::Map(members) = &layout.root.kind else {
        return Vec::new();
    };
    let text = layout.text;
    let json = text[layout.root.span.start..].starts_with('{');
    let Some((key, value)) = members.iter().find(|(key, _)| key.text == INSTANCES) else {
        return match (json, members.first()) {
            (true, _) => layout.whole_object(layout.root.span.start, instances),
            (false, Some((first, _))) => layout.whole_block(first, instances),
            (false, None) => Vec::new(),
        };
    };
    let Some(colon) = text[key.span.end..].find(':').map(|at| key.span.end + at) else {
        return Vec::new();
    };
    let start = after_properties(text, colon + 1);
    let open = start + content(&text[start..]).unwrap_or(0);
    if text[open..].starts_with('{') {
        let cut = (!json)
            .then(|| flow::empty_on_its_line(text, open))
            .flatten();
        if let Some(end) = cut {
            return layout.first(key, start..end, instances);
        }
        return layout.member_of(open, json, instances);
    }
    match &value.kind {
        Kind::Map(own) if is_rest_blank(text, start) => layout.after(key, own, instances),
        Kind::Null => {
            let line = &text[start..line_end(text, start)];
            let word = line.split('#').next().unwrap_or_default().trim_end();
            layout.first(key, start..start + word.len(), instances)
        }
        _ => Vec::new(),
    }
}

impl Layout<'_> {
    /// The end of a line, as the file has it.
    fn line_break(&self) -> &'static str {
        match self.text.contains("\r\n") {
            true => "\r\n",
            false => "\n",
        }
    }

    /// The text of lines, from the start of a line, or at the end of a file that may lack a line break.
    fn lines_at(&self, at: usize, lines: &[String]) -> String {
        let end = self.line_break();
        let head = match self.text[..at].ends_with('\n') || at == 0 {
            true => "",
            false => end,
        };
        format!("{head}{}{end}", lines.join(end))
    }

    /// After the last instance of a block mapping.
    fn after(&self, key: &Key, own: &[(Key, Node)], instances: &dyn Spelling) -> Vec<Edit> {
        let text = self.text;
        // What an anchor adds stands elsewhere.
        let mut starts: Vec<usize> = own.iter().map(|(own, _)| own.span.start).collect();
        starts.retain(|start| *start > key.span.end);
        starts.sort_unstable();
        let Some(&first) = starts.first() else {
            return Vec::new();
        };
        let indent = indent_of(text, first);
        let inner = inner_step(text, first, indent).unwrap_or(STEP);
        let is_separated = starts
            .get(1)
            .is_none_or(|second| has_blank_line(&text[first..*second]));
        let parent = indent_of(text, key.span.start).len();
        let ends = ends(text, line_end(text, first), parent, indent.len());
        // A literal block may keep a blank line after it.
        let gaps = [is_separated, false];
        let gaps = if is_separated { &gaps[..] } else { &gaps[1..] };
        let tries = gaps
            .iter()
            .flat_map(|gap| ends.iter().map(|at| (*gap, *at)));
        tries
            .map(|(gap, at)| {
                let gaps = Gaps {
                    before: gap,
                    between: is_separated,
                };
                let lines = indented(instances.block(inner), indent, gaps);
                Edit::at(at, self.lines_at(at, &lines))
            })
            .collect()
    }

    /// Below `instances:` without a value; `cut` is an empty one.
    fn first(&self, key: &Key, cut: Range<usize>, instances: &dyn Spelling) -> Vec<Edit> {
        let text = self.text;
        let parent = indent_of(text, key.span.start);
        let indent = format!("{parent}{STEP}");
        let lines = indented(instances.block(STEP), &indent, FIRST);
        let line = line_end(text, cut.end);
        // The space before an empty value goes with it.
        let cut = match cut.is_empty() {
            true => cut,
            false => text[..cut.start].trim_end_matches([' ', '\t']).len()..cut.end,
        };
        let ends = ends(text, line, parent.len(), parent.len() + 1);
        let at = ends.into_iter().chain([line]);
        at.map(|at| {
            Edit(vec![
                (cut.clone(), String::new()),
                (at..at, self.lines_at(at, &lines)),
            ])
        })
        .collect()
    }

    /// A block of its own at the end of the document.
    fn whole_block(&self, first: &Key, instances: &dyn Spelling) -> Vec<Edit> {
        let text = self.text;
        let indent = indent_of(text, first.span.start);
        let mut lines = vec![String::new(), format!("{indent}{INSTANCES}:")];
        let below = format!("{indent}{STEP}");
        lines.extend(indented(instances.block(STEP), &below, FIRST));
        let at = document_end(text, first.span.start);
        vec![Edit::at(at, self.lines_at(at, &lines))]
    }

    /// A member of the object `instances`, which is the flow mapping that starts here.
    fn member_of(&self, open: usize, json: bool, instances: &dyn Spelling) -> Vec<Edit> {
        let Some(flow) = Flow::read(self.text, open) else {
            return Vec::new();
        };
        let step = flow.step(self.text).unwrap_or(STEP);
        let members = match (json, flow.is_on_lines) {
            (false, _) => instances.flow().into_iter().map(|one| vec![one]).collect(),
            (true, true) => instances.json(step),
            (true, false) => joined(instances.json("")),
        };
        vec![Edit(flow.added(self.text, self.line_break(), &members))]
    }

    /// The object `instances`, as a member of the manifest.
    fn whole_object(&self, open: usize, instances: &dyn Spelling) -> Vec<Edit> {
        let Some(flow) = Flow::read(self.text, open) else {
            return Vec::new();
        };
        let step = flow.step(self.text).unwrap_or(STEP);
        let mut lines = vec![format!("\"{INSTANCES}\": {{")];
        let members = instances.json(step);
        let last = members.len().saturating_sub(1);
        for (place, member) in members.into_iter().enumerate() {
            lines.extend(member.into_iter().map(|line| format!("{step}{line}")));
            if let Some(line) = lines.last_mut().filter(|_| place < last) {
                line.push(',');
            }
        }
        lines.push("}".to_owned());
        let members = match flow.is_on_lines {
            true => vec![lines],
            false => joined(vec![lines]),
        };
        vec![Edit(flow.added(self.text, self.line_break(), &members))]
    }
}

fn joined(members: Vec<Vec<String>>) -> Vec<Vec<String>> {
    let one = |lines: Vec<String>| {
        let lines: Vec<&str> = lines.iter().map(|line| line.trim_start()).collect();
        vec![lines.join(" ")]
    };
    members.into_iter().map(one).collect()
}

/// Where a blank line goes.
#[derive(Clone, Copy)]
struct Gaps {
    before: bool,
    between: bool,
}

/// Below a line that is new itself, or has no other instance.
const FIRST: Gaps = Gaps {
    before: false,
    between: true,
};

/// The lines of members below one another.
fn indented(members: Vec<Vec<String>>, indent: &str, gaps: Gaps) -> Vec<String> {
    let mut lines = Vec::new();
    for (place, member) in members.into_iter().enumerate() {
        let has_gap = if place == 0 {
            gaps.before
        } else {
            gaps.between
        };
        if has_gap {
            lines.push(String::new());
        }
        lines.extend(member.into_iter().map(|line| match line.is_empty() {
            true => line,
            false => format!("{indent}{line}"),
        }));
    }
    lines
}

/// Where a block ends whose parent has this column: after its last line; with the comments after that,
/// which may be text of a literal block; with blank lines, which a literal block may keep.
fn ends(text: &str, from: usize, parent: usize, own: usize) -> Vec<usize> {
    let (mut content, mut comments, mut all) = (from, from, from);
    let mut at = from;
    while at < text.len() {
        let end = line_end(text, at);
        let line = &text[at..end];
        let trimmed = line.trim();
        let column = line.len() - line.trim_start_matches(' ').len();
        let ends_document = line.starts_with("---") || line.starts_with("...");
        if trimmed.is_empty() {
            all = end;
        } else if ends_document || (column <= parent && !trimmed.starts_with('#')) {
            break;
        } else if trimmed.starts_with('#') {
            if column >= own {
                (comments, all) = (end, end);
            } else {
                all = end;
            }
        } else {
            (content, comments, all) = (end, end, end);
        }
        at = end;
    }
    let mut ends = vec![comments, content, all];
    ends.dedup();
    ends
}

/// Where the document ends: at the end of the text, or at a marker.
fn document_end(text: &str, from: usize) -> usize {
    let mut at = line_end(text, from);
    while at < text.len() {
        if text[at..].starts_with("...") || text[at..].starts_with("---") {
            return at;
        }
        at = line_end(text, at);
    }
    text.len()
}

/// After an anchor or a tag, and the spaces around it.
fn after_properties(text: &str, from: usize) -> usize {
    let line = &text[from..line_end(text, from)];
    let mut rest = line.trim_start_matches([' ', '\t']);
    while rest.starts_with(['&', '!']) {
        let word = rest.find([' ', '\t', '\r', '\n']).unwrap_or(rest.len());
        rest = rest[word..].trim_start_matches([' ', '\t']);
    }
    from + line.len() - rest.len()
}

/// The offset of the first character that is neither a space nor in a comment.
fn content(text: &str) -> Option<usize> {
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let skipped = rest.len() - rest.trim_start().len();
        if skipped > 0 {
            at += skipped;
        } else if rest.starts_with('#') {
            at = line_end(text, at);
        } else {
            return Some(at);
        }
    }
    None
}

fn is_rest_blank(text: &str, from: usize) -> bool {
    let rest = text[from..line_end(text, from)].trim();
    rest.is_empty() || rest.starts_with('#')
}

/// How much deeper the members of the first instance stand.
fn inner_step<'t>(text: &'t str, first: usize, indent: &str) -> Option<&'t str> {
    let next = line_end(text, first);
    let next = next + content(&text[next..])?;
    let inner = indent_of(text, next);
    inner.get(indent.len()..).filter(|step| !step.is_empty())
}

fn has_blank_line(text: &str) -> bool {
    let mut lines = text.lines().skip(1);
    lines.any(|line| line.trim().is_empty())
}
