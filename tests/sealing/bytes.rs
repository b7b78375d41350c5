//! The folder of a run, read after every write: no token is in clear in any byte.

use std::path::Path;

use super::{Person, bench, manifest, opened, token};
use crate::support::{Bench, Sandbox};

/// No file of the bench has one of these tokens in clear, raw or in base64.
pub(super) fn assert_clean(bench: &Bench, tokens: &[String]) {
    for (path, bytes) in files(&bench.path("")) {
        for token in tokens {
            assert!(
                !contains(&bytes, token.as_bytes()),
                "a token is in clear in {path}"
            );
        }
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Every file below a folder, as far as it is still there.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if let Ok(bytes) = std::fs::read(&path) {
            found.push((path.display().to_string(), bytes));
        }
    }
    found
}

/// Where a create can die; at each of them every write of the run before it has happened.
const POINTS: [&str; 9] = [
    "before-intent",
    "after-intent",
    "request-sent",
    "response-received",
    "after-data-key",
    "after-candidate",
    "after-result",
    "before-rename",
    "during-fold",
];

#[test]
fn no_token_is_in_clear_after_any_write_of_a_run_that_dies() {
    for point in POINTS {
        let sandbox = Sandbox::start(&[]);
        let me = Person::new();
        let mut bench = bench(&sandbox, &manifest(&[&me], &["a", "b", "c"]));
        for nth in 1..=2 {
            bench.set("CONNECTORCTL_KILL_AT", &format!("{point}:{nth}"));
            let _ = bench.apply_with(&["--parallelism", "1", "--settle", "1s"]);
            assert_clean(&bench, &all_tokens(&sandbox));
        }
        bench.unset("CONNECTORCTL_KILL_AT");
        let _ = bench.apply_with(&["--settle", "1s"]).expect_code(0);
        assert_clean(&bench, &all_tokens(&sandbox));
        bench.plan_is_empty();
        for key in ["a", "b", "c"] {
            let expected = token(&sandbox, &bench, key);
            assert_eq!(opened(&mut bench, &me, key), expected, "{point}: {key}");
        }
    }
}

fn all_tokens(sandbox: &Sandbox) -> Vec<String> {
    let instances = sandbox.instances();
    let tokens = instances.iter().map(|instance| instance["token"].as_str());
    tokens
        .map(|token| token.expect("a token").to_owned())
        .collect()
}

/// A watcher reads the folder again and again while the run writes it: temporary files too.
#[test]
fn a_watcher_never_sees_a_token() {
    let sandbox = Sandbox::start(&[]);
    let me = Person::new();
    let keys: Vec<String> = (0..20).map(|number| format!("k{number}")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let mut bench = bench(&sandbox, &manifest(&[&me], &keys));
    let mut child = bench.spawn(&["apply", "--yes"]);
    let mut seen = std::collections::BTreeSet::new();
    let status = loop {
        seen.extend(files(&bench.path("")).into_iter().map(|(_, bytes)| bytes));
        if let Some(status) = child.try_wait().expect("a child") {
            break status;
        }
        std::thread::yield_now();
    };
    assert!(status.success(), "{status}");
    let tokens = all_tokens(&sandbox);
    assert_eq!(tokens.len(), 20);
    assert!(seen.len() > 3, "only {} states were seen", seen.len());
    for bytes in &seen {
        for token in &tokens {
            assert!(!contains(bytes, token.as_bytes()), "a token is in clear");
        }
    }
    let expected = token(&sandbox, &bench, "k7");
    assert_eq!(opened(&mut bench, &me, "k7"), expected);
}

/// `encrypt`, `rekey` and `decrypt` are there wholly or not at all, whenever they die.
#[test]
fn a_command_that_dies_leaves_the_old_or_the_new_file() {
    let sandbox = Sandbox::start(&[]);
    let me = Person::new();
    for point in ["before-rename", "during-fold"] {
        let mut bench = bench(&sandbox, &manifest(&[], &["a", "b"]));
        let _ = bench.apply();
        let tokens = all_tokens(&sandbox);
        bench.write("instances.yaml", &manifest(&[&me], &["a", "b"]));
        bench.set("CONNECTORCTL_AGE_KEY", &me.identity);
        for command in ["encrypt", "rekey", "decrypt"] {
            let arguments: &[&str] = match command {
                "decrypt" => &["lock", "decrypt", "--yes"],
                "rekey" => &["lock", "rekey"],
                _ => &["lock", "encrypt"],
            };
            bench.set("CONNECTORCTL_KILL_AT", &format!("{point}:1"));
            let ran = bench.run(arguments);
            assert_eq!(
                ran.code,
                -1,
                "{point}: {command} did not die: {}",
                ran.all()
            );
            bench.unset("CONNECTORCTL_KILL_AT");
            let what = format!("{point}: {command}");
            for key in ["a", "b"] {
                let ran = bench.run(&["token", key]).expect_code(0);
                assert!(tokens.contains(&ran.stdout.trim_end().to_owned()), "{what}");
            }
            let _ = bench.run(arguments).expect_code(0);
            let _ = bench.run(&["lock", "verify"]).expect_code(0);
            if command == "decrypt" {
                assert!(bench.lock()["dataKeys"].is_null(), "{what}");
            } else {
                assert_clean(&bench, &tokens);
            }
        }
    }
}
