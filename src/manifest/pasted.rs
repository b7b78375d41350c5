//! JSON bodies pasted into YAML with tabs, or at column 0: YAML allows neither, and both are plain.
//!
//! Must not: move anything. Line breaks and tabs become spaces, so every place stays.

use serde::de::IgnoredAny;

/// The text with every JSON value on one line; `None` if that changes nothing.
pub(super) fn on_one_line(text: &str) -> Option<String> {
    let mut out = text.as_bytes().to_vec();
    let mut end_of_previous = 0;
    // Where the last line that is not blank ends, if a value may follow it.
    let mut open = Some(0);
    let mut block: Option<usize> = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let from = start;
        start += line.len();
        let content = line.trim();
        let indentation = line.len() - line.trim_start().len();
        if from < end_of_previous || content.is_empty() {
            continue;
        }
        if block.is_some_and(|block| indentation > block) {
            continue;
        }
        block = is_block(content).then_some(indentation);
        if let Some(at) = value_start(line, open.is_some())
            && let Some(length) = json_length(&text[from + at..])
        {
            let first = if line[..at].trim().is_empty() {
                open
            } else {
                None
            };
            let end = from + at + length;
            for byte in &mut out[first.unwrap_or(from + at)..end] {
                if matches!(byte, b'\n' | b'\r' | b'\t') {
                    *byte = b' ';
                }
            }
            end_of_previous = end;
        }
        open = content.ends_with(':').then(|| from + line.trim_end().len());
    }
    // Only single bytes that are characters were replaced.
    String::from_utf8(out).ok().filter(|out| out != text)
}

/// Whether the lines below are a text of their own: `key: |` or `- >-`.
fn is_block(content: &str) -> bool {
    let header = content.rsplit(' ').next().unwrap_or_default();
    header.starts_with(['|', '>']) && header.len() <= 3
}

/// Where a JSON value may start: after a `:` or `-`, or first on a line of its own.
fn value_start(line: &str, own_line: bool) -> Option<usize> {
    line.match_indices(['{', '[']).find_map(|(at, _)| {
        let before = line[..at].trim();
        let follows = before.ends_with([':', '-']) || (own_line && before.is_empty());
        follows.then_some(at)
    })
}

fn json_length(text: &str) -> Option<usize> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    values.next()?.ok()?;
    Some(values.byte_offset())
}
