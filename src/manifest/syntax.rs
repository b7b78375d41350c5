//! What a YAML error means, in our own words: the library's may quote the file, and a quoted part may
//! be a password.
//!
//! Must not: show any part of the file or of the library's message.

const LINES: &str =
    "check the indentation, the quotes and the `:` of this line and the previous one";

/// Words of the library's message; ours; and the hint. The first that fits counts.
const KINDS: [(&[&str], &str, &str); 22] = [
    (
        &["directive", "yaml major version", "version number"],
        "unexpected `%`",
        "remove the line, or quote a value that starts with `%`",
    ),
    (
        &["recursive"],
        "an alias refers to itself",
        "remove the alias",
    ),
    (
        &["budget", "limit", "depth", "replay", "overflow"],
        "the document exceeds a limit",
        "look for aliases that contain each other, or values nested more than 64 levels deep",
    ),
    (
        &["unknown anchor"],
        "unknown alias",
        "define the anchor first, or quote a value that starts with `*`",
    ),
    (
        &["anchor or alias"],
        "missing name after `&` or `*`",
        "quote a value that starts with `&` or `*`",
    ),
    (
        &["tab"],
        "tab in the indentation",
        "indent with spaces, or paste the body as JSON",
    ),
    (
        &["null into string"],
        "a key is empty or null",
        "write a key, or quote it",
    ),
    (
        &["string scalar"],
        "a key is a list or a mapping",
        "write a string as the key, or quote a value that starts with `{` or `[`",
    ),
    (
        &["merge value"],
        "the value of `<<` is not a mapping",
        "write `<<: *name` with an anchor of a mapping",
    ),
    (
        &[
            "invalid u64",
            "invalid i64",
            "invalid floating",
            "invalid boolean",
            "tagged",
            "unsupported tag",
        ],
        "the value does not match its tag",
        "remove the tag that starts with `!`, or correct the value",
    ),
    (
        &["tag", "handle"],
        "invalid tag",
        "quote a value that starts with `!`",
    ),
    (
        &["unclosed quote", "document indicator"],
        "missing closing quote",
        "close the quote; write `''` for a quote inside single quotes",
    ),
    (
        &["trailing content after"],
        "text after a closing quote",
        "quote the whole value, and write `''` for a quote inside single quotes",
    ),
    (
        &["escape", "hexadecimal", "surrogate"],
        "invalid escape in double quotes",
        "write `\\\\` for a backslash, or use single quotes",
    ),
    (
        &["bracket"],
        "unbalanced bracket",
        "check `[`, `]`, `{` and `}`, or quote the value",
    ),
    (
        &["flow", "start with '-'"],
        "unexpected text inside brackets",
        "separate entries with commas, and quote values with `:`, `,` or brackets",
    ),
    (
        &["mapping values"],
        "unexpected `:`",
        "check the indentation, and quote a value that contains `: `",
    ),
    (
        &["unexpected character"],
        "unexpected character",
        "remove control characters, and quote a value that starts with `@`, `%` or a backtick",
    ),
    (
        &["comment"],
        "comment inside a value of several lines",
        "move the comment, or quote the value",
    ),
    (
        &["block sequence", "'-'", "\"-\""],
        "unexpected or missing `-`",
        "check the indentation of the list",
    ),
    (
        &["block scalar"],
        "invalid block after `|` or `>`",
        "indent the block evenly, and put nothing after `|` or `>`",
    ),
    (&["key"], "missing `:` or wrong indentation", LINES),
];

/// The message and the hint for the library's message about a place of the text.
pub(super) fn explain(library: &str, text: &str, at: usize) -> (&'static str, &'static str) {
    let (before, rest) = text.split_at(at);
    if before.ends_with('{') && rest.starts_with('{') {
        let hint = "quote the value, or render the template first";
        return ("a template is not quoted", hint);
    }
    let library = match rest.starts_with('\t') {
        true => "tab".to_owned(),
        false => library.to_lowercase(),
    };
    let fits = |words: &[&str]| words.iter().any(|word| library.contains(word));
    let found = KINDS.iter().find(|(words, ..)| fits(words));
    found.map_or(("unexpected text", LINES), |(_, message, hint)| {
        (message, hint)
    })
}
