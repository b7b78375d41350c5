//! A manifest with one problem of every kind: all of them are printed, sorted, each with its place
//! and a hint, and no request is sent.

use std::path::Path;

use connectorctl::model::{InstanceKey, InventoryName, Marker};
use serde_json::Value;

use crate::support::{Bench, Recorder};

fn bench(server: &Recorder) -> Bench {
    let bench = Bench::at(&server.url);
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/problems");
    std::fs::create_dir(bench.path("problems")).expect("a folder");
    for name in ["a.yaml", "b.yaml", "c.yaml", "d.yaml", "e.yaml", "f.yaml"] {
        std::fs::copy(fixtures.join(name), bench.path("problems").join(name)).expect("copied");
    }
    bench
}

#[test]
fn every_problem_of_every_file_is_printed_at_once() {
    let server = Recorder::start();
    let bench = bench(&server);
    let ran = bench.run(&["validate", "-f", "problems"]).expect_code(8);
    insta::assert_snapshot!(ran.stderr);
    assert!(!ran.all().contains("canary"), "a credential is shown");

    for verb in [&["plan"][..], &["apply", "--yes"]] {
        let again = bench
            .run(&[verb, &["-f", "problems"]].concat())
            .expect_code(8);
        assert_eq!(again.stderr, ran.stderr);
    }
    assert!(server.requests().is_empty(), "a request was sent");
}

#[test]
fn the_same_as_json_sorted_and_placed() {
    let server = Recorder::start();
    let bench = bench(&server);
    let ran = bench
        .run(&["plan", "-o", "json", "-f", "problems"])
        .expect_code(8);
    let json: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let rows = json["diagnostics"].as_array().expect("diagnostics");
    let place = |row: &Value| {
        let file = row["file"].as_str().expect("a file").to_owned();
        (
            file,
            row["line"].as_u64().expect("a line"),
            row["column"].as_u64().expect("a column"),
        )
    };
    let places: Vec<_> = rows.iter().map(place).collect();
    let mut sorted = places.clone();
    sorted.sort();
    assert_eq!(places, sorted);
    for row in rows {
        assert!(
            row["hint"].as_str().is_some_and(|hint| !hint.is_empty()),
            "{row}"
        );
    }
    assert!(!ran.all().contains("canary"), "a credential is shown");
}

/// The codes of the program, read from its source: each must be shown by some test of this file.
#[test]
fn every_code_there_is_can_be_seen() {
    let server = Recorder::start();
    let bench = bench(&server);
    const HEAD: &str = "version: 1\ninventory: a\ninstances:\n";
    const JIRA: &str = "  j: {element: jira, configuration: {username: a, password: '${env:NO}'}";
    const RECIPIENT: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
    let long = "k".repeat(70);
    let same = shortened(&long);
    for (name, text) in [
        ("missing.yaml", format!("{HEAD}{JIRA}}}\n")),
        ("nameless.yaml", "version: 1\n".to_owned()),
        (
            "moved.yaml",
            format!("{HEAD}{JIRA}, lifecycle: {{movedFrom: j}}}}\n"),
        ),
        (
            "versions.yaml",
            format!("{HEAD}{JIRA}, secretVersions: {{username: one}}}}\n"),
        ),
        ("twice/a.yaml", format!("{HEAD}{JIRA}}}\n")),
        ("twice/b.yaml", format!("{HEAD}{JIRA}}}\n")),
        ("bare.yaml", format!("{HEAD}  j: {{element: jira}}\n")),
        (
            "mask.yaml",
            format!("{HEAD}{}}}\n", JIRA.replace("${env:NO}", "********")),
        ),
        (
            "broken.yaml",
            format!("{HEAD}{}}}\n", JIRA.replace("env:NO", "file:line")),
        ),
        (
            "marker.yaml",
            format!("{HEAD}  {long}: {{element: private}}\n  {same}: {{element: private}}\n"),
        ),
        ("line", "secret\n\n".to_owned()),
        (
            "short.yaml",
            format!("{HEAD}{}}}\n", JIRA.replace("env:NO", "file:short")),
        ),
        ("short", "abc".to_owned()),
        (
            "recipients.yaml",
            HEAD.replace(
                "instances:",
                &format!("lock: {{recipients: [{RECIPIENT}, {RECIPIENT}]}}\ninstances:"),
            ) + "  j: {element: private}\n",
        ),
        ("other.yaml", "$ANSIBLE_VAULT;1.1;AES256\n".to_owned()),
        (
            "foreign.yaml",
            format!("{HEAD}{}}}\n", JIRA.replace("${env:NO}", "{{ x }}")),
        ),
    ] {
        bench.write(name, &text);
    }
    std::fs::create_dir(bench.path("empty")).expect("a folder");
    let large = std::fs::File::create(bench.path("large.yaml")).expect("a file");
    large.set_len(65 * 1024 * 1024).expect("a large file");
    let mut seen = String::new();
    for arguments in [
        &["validate", "-f", "problems"][..],
        &["plan", "-f", "missing.yaml"],
        &["validate", "-f", "nowhere.yaml"],
        &["validate", "-f", "empty"],
        &["validate", "-f", "nameless.yaml"],
        &["validate", "-f", "moved.yaml"],
        &["validate", "-f", "versions.yaml"],
        &["validate", "-f", "twice"],
        &["validate", "--strict", "-f", "bare.yaml"],
        &["validate", "-f", "mask.yaml"],
        &["validate", "--strict", "-f", "foreign.yaml"],
        &["validate", "--strict", "-f", "recipients.yaml"],
        &["validate", "-f", "other.yaml"],
        &["validate", "-f", "marker.yaml"],
        &["plan", "--sandbox", "--strict", "-f", "broken.yaml"],
        &["plan", "--sandbox", "--strict", "-f", "short.yaml"],
        &["validate", "-f", "large.yaml"],
    ] {
        seen += &bench.run(arguments).expect_code(8).stderr;
    }

    let codes = codes();
    assert!(codes.len() > 25, "{codes:?}");
    for code in codes {
        assert!(
            seen.contains(&format!("[{code}]")),
            "[{code}] was not seen in\n{seen}"
        );
    }
}

/// A key that spells out what a marker has of a key that is too long for it.
fn shortened(long: &str) -> String {
    let inventory = InventoryName::new("a").expect("a name");
    let key = InstanceKey::new(long).expect("a key");
    let marker = Marker::live(&inventory, &key);
    let end = marker.as_str().rsplit(':').next();
    end.expect("a key").to_owned()
}

fn codes() -> Vec<String> {
    let mut codes = Vec::new();
    for folder in ["src/manifest", "src/secrets"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        for file in std::fs::read_dir(folder).expect("a folder") {
            let path = file.expect("an entry").path();
            if path.is_dir() || path.file_name().is_some_and(|name| name == "tests.rs") {
                continue;
            }
            let text = std::fs::read_to_string(path).expect("a file");
            for call in ["error(", "warning("] {
                for (at, _) in text.match_indices(call) {
                    // The first text of the call is the code, if it looks like one.
                    let code = text[at..].split('"').nth(1).unwrap_or_default();
                    if !code.is_empty()
                        && code
                            .bytes()
                            .all(|b| b.is_ascii_lowercase() || matches!(b, b'-' | b'8'))
                    {
                        codes.push(code.to_owned());
                    }
                }
            }
        }
    }
    codes.sort();
    codes.dedup();
    codes
}
