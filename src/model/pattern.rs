//! Patterns of the command line.

/// Whether a text matches a pattern, in which `*` matches any text.
pub(crate) fn matches_pattern(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(text) = text.strip_prefix(head) else {
        return false;
    };
    let mut tails = text.char_indices().map(|(at, _)| &text[at..]).chain([""]);
    tails.any(|tail| matches_pattern(rest, tail))
}

#[cfg(test)]
mod tests;
