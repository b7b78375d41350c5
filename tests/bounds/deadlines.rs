//! `--deadline` ends every command that talks to the platform, also while a request is in flight; and so do the
//! limits of a read.

use super::MANIFEST;
use crate::support::scripted::{Scripted, answer};
use crate::support::{Bench, Sandbox};

/// A platform that takes the request and never answers.
fn silent() -> Scripted {
    Scripted::start(|asked| {
        if asked.path == "/instances" {
            loop {
                std::thread::park();
            }
        }
        None
    })
}

#[test]
fn a_deadline_ends_every_command_that_reads() {
    let sandbox = Sandbox::start(&[]);
    let bench = Bench::on(&sandbox).with_manifest(MANIFEST);
    let _ = bench.apply();
    let lock = bench.read("instances.lock.json");
    let silent = silent();
    let bench = Bench::at(&silent.url).with_manifest(MANIFEST);
    for verb in [
        &["plan"][..],
        &["apply", "--yes"],
        &["lock", "verify"],
        &["lock", "rebuild", "--yes"],
    ] {
        let elsewhere = lock.replace(&sandbox.url, &silent.url);
        let is_recorded = verb[0] == "lock";
        if is_recorded {
            bench.write("instances.lock.json", &elsewhere);
        }
        let ran = bench
            .run(&[verb, &["--deadline", "1s"]].concat())
            .expect_code(1);
        ran.stderr_has("the deadline came while the platform was being read; nothing was changed");
        ran.stderr_has("hint: pass a longer `--deadline`");
        if is_recorded {
            assert_eq!(bench.read("instances.lock.json"), elsewhere);
        }
    }
}

#[test]
fn a_read_has_a_limit_of_its_own() {
    let silent = silent();
    let bench = Bench::at(&silent.url).with_manifest(MANIFEST);
    let ran = bench.run(&["plan", "--read-timeout", "1s"]).expect_code(1);
    ran.stderr_has("GET /instances: no complete response within 1 s");
    ran.stderr_has("`--read-timeout`");
    // A list in which every page has a next one.
    let endless = Scripted::start(|asked| {
        let next = format!("page-{}", asked.nth);
        let page = serde_json::json!([{
            "id": asked.nth, "name": "n", "tags": ["t"], "valid": true, "disabled": false,
            "token": "invented-token", "element": {"id": 1, "key": "jira"}, "configuration": {},
        }]);
        let headers: [(&str, &[u8]); 1] = [("elements-next-page-token", next.as_bytes())];
        (asked.path == "/instances").then(|| answer(200, &headers, &page))
    });
    let bench = Bench::at(&endless.url).with_manifest(MANIFEST);
    let ran = bench.run(&["plan", "--read-pages", "20"]).expect_code(1);
    ran.stderr_has("the platform returns more than 20 pages");
    assert_eq!(endless.count("GET /instances?"), 21);
    let ran = bench.run(&["plan", "--read-bytes", "2000"]).expect_code(1);
    ran.stderr_has("the platform returns more than 2000 bytes");
}
