//! A broken file was explained in the words of a library: `use from_str_multiple`, `cannot
//! deserialize null into string; use Option<String>`, `invalid u64`.

use super::{loaded, problems};

/// One for every kind of error there is, and more.
const BROKEN: &[&str] = &[
    "a: b: c",
    "a:\n\t- b",
    "a: [1, 2",
    "a: {b: 1",
    "a: [1}",
    "a: ]",
    "a: \"x",
    "a: 'x",
    "a: \"x\" y",
    "a: 'x' y",
    "a: \"\\q\"",
    "a: \"\\x4\"",
    "a: \"\\uD800\"",
    "a: \"\\uD800\\u0041\"",
    "a: \"\\UFFFFFFFF\"",
    "a: *b",
    "a: &",
    "a: *",
    "a: @b",
    "a: `b",
    "a: %b",
    "%b",
    "%YAML 3.0\n---\na: b",
    "%YAML 1.2\n%YAML 1.2\n---\na",
    "%TAG ! x\n%TAG ! y\n---\na",
    "%YAML\n---\na",
    "%YAML 1\n---\na",
    "%YAML 1.999999999999\n---\na",
    "a: !<x",
    "a: !<x>y",
    "a: !e!x y",
    "a: !%zz x",
    "a: !%ff x",
    "a: !x,y",
    "a: !!",
    "a: |0\n x",
    "a: |x\n y",
    "a: |\n\tx",
    "a: |\n   x\n  y",
    "a: >\n\n   \n x",
    "- a\nb: c",
    "a: b\n- c",
    "a: - b",
    "a:\n  b: 1\n c: 2",
    "a:\n - b\n  c: d",
    "? [a]\n: b",
    "{[a]: b}",
    "{{ x }}",
    "a: {{ x }}",
    "~: a",
    "null: a",
    ": a",
    "<<: 1",
    "a: {<<: [1]}",
    "a: !!int abc",
    "a: !!float abc",
    "a: !!bool yes",
    "a: !!str [a]",
    "a: !!seq x",
    "a: !!map x",
    "a: &a [*a]",
    "a: &a {b: *a}",
    "a: b\n---\nc: d",
    "a: \u{7}b",
    "a: b #c\n d",
    "a: [b #c\n d]",
    "a: 'x\n---\ny'",
    "- - - a\n - b",
    "a: [-]",
    "[a]: b: c",
    "a: [b: c: d]",
    "key\nother: b",
    "a: ,b",
    "a: [,]",
    "a: {\"a\":\"b\":c}",
    "a: b\n\tc: d",
    "? a\n? b\n: c\nd",
    "a: &a &b c",
    "--- a\nb: c",
    "--- |\n a\nb",
    "---\n%X\n--- \n",
    "a: ? b",
    "k:\n{\n a: 1\n}",
    "a: \0",
];

/// Names of types and functions, and words that only a parser's author knows.
const FOREIGN: &[&str] = &[
    "serial",
    "scalar",
    "from_",
    "str_",
    "Option",
    "String>",
    "u64",
    "i64",
    "f64",
    "unit",
    "visit",
    "sequence",
    "stream",
    "flow",
    "token",
    "scan",
    "pars",
    "plain",
    "indicator",
    "budget",
    "Depth",
    "replay",
    "weak",
    "surrogate",
    "EOF",
    "eof",
    "expected string",
    "simple key",
    "saphyr",
    "granit",
    "strict mode",
    "handle",
    "URI",
    "Location",
    "span",
];

#[test]
fn a_broken_file_is_explained_in_our_own_words() {
    let deep = "[".repeat(300);
    let indented: String = (0..300).map(|depth| " ".repeat(depth) + "a:\n").collect();
    let long = format!("%{}\n---\na: b", "x".repeat(3000));
    let long_key = format!("{}: b", "x".repeat(3000));
    let all = BROKEN.iter().copied();
    for text in all.chain([&deep[..], &indented, &long, &long_key]) {
        let found = problems(text, "yaml");
        let [problem] = &found[..] else {
            panic!("{text:?}: {:?}", loaded(text).diagnostics);
        };
        let hint = problem.hint.as_deref().expect("a hint");
        for word in FOREIGN {
            assert!(
                !problem.message.contains(word) && !hint.contains(word),
                "{text:?}: `{word}` in {} / {hint}",
                problem.message
            );
        }
        assert!(
            !problem.message.contains(['\n', '"']),
            "{}",
            problem.message
        );
    }
}

#[test]
fn the_usual_mistakes_are_named() {
    for (text, said) in [
        ("a: b: c", "unexpected `:`"),
        ("a:\n\tb: c", "tab"),
        ("a: [1, 2", "bracket"),
        ("a: 'it's'", "quote"),
        ("a: \"c:\\users\"", "escape"),
        ("a: *secret", "alias"),
        ("a: @handle", "unexpected character"),
        ("null: a", "null"),
        ("a: {{ x }}", "template"),
        ("a: {b: {{ x }}}", "template"),
        ("a: !!int abc", "tag"),
        ("a: &a [*a]", "itself"),
        ("a:\n  b: 1\n c: 2", "indentation"),
        ("<<: 1", "`<<`"),
    ] {
        let found = problems(text, "yaml");
        assert!(
            found.iter().any(|problem| problem.message.contains(said)),
            "{text:?}: {found:?}"
        );
    }
}

/// A number under a tag keeps its spelling, whatever the library makes of it.
#[test]
fn a_tagged_number_is_not_broken() {
    for written in [
        "99999999999999999999",
        "-99999999999999999999",
        "0123",
        "12:30",
        "1e400",
        "0x1F",
    ] {
        for tag in ["!!int", "!!float", "!!timestamp"] {
            let text = format!(
                "version: 1\ninventory: a\ninstances:\n  k:\n    element: private\n    name: {tag} {written}\n"
            );
            let loaded = loaded(&text);
            let desired = loaded
                .desired
                .unwrap_or_else(|| panic!("{text}: {:?}", loaded.diagnostics));
            let instance = desired.instances.into_values().next().expect("one");
            assert_eq!(instance.name, written, "{tag}");
        }
    }
}

/// The main thread of Windows has 1 MiB, and a test thread has 2: nesting below the limit ended the
/// process.
#[test]
fn nesting_does_not_end_the_process() {
    for open in ["[", "{a: ", "a:\n "] {
        let text = (0..60).map(|depth| match open {
            "a:\n " => format!("{}a:\n", " ".repeat(depth)),
            other => other.to_owned(),
        });
        let text: String = text.collect();
        let thread = std::thread::Builder::new().stack_size(512 * 1024);
        let thread = thread.spawn(move || loaded(&text).desired.is_none());
        assert!(thread.expect("a thread").join().expect("no panic"));
    }
}
