//! Results go where they were sent: into a pipe and not over it, never over an input, and a result that cannot
//! be written hides nothing.

#![cfg(unix)]

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::{MANIFEST, fifo};
use crate::support::{Bench, Ran};

fn bench() -> Bench {
    Bench::new().with_manifest(MANIFEST)
}

#[test]
fn a_result_is_written_into_a_pipe() {
    for arguments in [
        ["apply", "--sandbox", "--yes", "--report"],
        ["plan", "--sandbox", "-q", "--result-file"],
    ] {
        let bench = bench();
        let pipe = fifo(&bench, "pipe");
        let reader = pipe.clone();
        let reader = std::thread::spawn(move || fs::read(reader).expect("read"));
        let _ = bench
            .run(&[&arguments[..], &["pipe"]].concat())
            .expect_code(0);
        assert!(
            !fs::metadata(&pipe).expect("the pipe").is_file(),
            "the pipe was replaced"
        );
        let json: Value = serde_json::from_slice(&reader.join().expect("joined")).expect("JSON");
        assert_eq!(json["inventory"], "acme");
    }
}

/// Runs it in a shell that sends standard output to a file.
fn redirected(bench: &Bench, arguments: &[&str], redirect: &str) -> Ran {
    let command = bench.command(arguments);
    let output = Command::new("sh")
        .args(["-c", &format!("exec \"$0\" \"$@\" {redirect}")])
        .arg(command.get_program())
        .args(command.get_args())
        .current_dir(bench.path(""))
        .env_clear()
        .output()
        .expect("a shell");
    Ran::from(output)
}

#[test]
fn standard_output_is_not_replaced_under_its_name() {
    for name in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "link"] {
        let bench = bench();
        std::os::unix::fs::symlink("/dev/stdout", bench.path("link")).expect("a link");
        let arguments = ["plan", "--sandbox", "--result-file", name];
        let _ = redirected(&bench, &arguments, ">>out").expect_code(0);
        let out = bench.read("out");
        assert!(out.contains("Plan: 1 to create"), "{name}: {out}");
        assert!(out.contains("\"formatVersion\""), "{name}: {out}");
    }
    let bench = bench();
    let arguments = ["plan", "--sandbox", "--result-file", "/dev/fd/7"];
    bench.write("out", "before\n");
    let _ = redirected(&bench, &arguments, "7>>out").expect_code(0);
    let out = bench.read("out");
    assert!(out.starts_with("before\n{"), "{out}");
}

#[test]
fn an_input_is_not_overwritten() {
    let bench = bench();
    bench.write("ca.pem", "");
    bench.write(
        "more/a.yaml",
        "version: 1\ninventory: acme\ninstances: {}\n",
    );
    std::os::unix::fs::symlink("instances.yaml", bench.path("link")).expect("a link");
    let _ = bench.run(&["apply", "--sandbox", "--yes"]).expect_code(0);
    let lock = bench.read("instances.sandbox.lock.json");
    for (name, what) in [
        ("instances.yaml", "a manifest"),
        ("./link", "a manifest"),
        ("instances.sandbox.lock.json", "the lock file"),
        (
            ".connectorctl/instances.sandbox.lock.json.journal",
            "the folder of the journal",
        ),
        (".connectorctl/new.json", "the folder of the journal"),
        // The next run would read these as manifests.
        ("more/result.json", "looks for a manifest"),
        ("instances.json", "looks for a manifest"),
        ("ca.pem", "the certificate file"),
    ] {
        for verb in [
            &["apply", "--yes", "--report", name][..],
            &["plan", "--result-file", name],
        ] {
            let more = [
                "--sandbox",
                "--ca-file",
                "ca.pem",
                "-f",
                "instances.yaml",
                "-f",
                "more",
            ];
            let ran = bench.run(&[verb, &more[..]].concat()).expect_code(8);
            ran.stderr_has(what);
            ran.stderr_has("nothing was changed");
        }
    }
    // A lock file that is not there yet, under another name of its folder.
    fs::create_dir(bench.path("folder")).expect("a folder");
    let arguments = [
        "apply",
        "--sandbox",
        "--yes",
        "--lock",
        "new.json",
        "--report",
    ];
    let ran = bench.run(&[&arguments[..], &["folder/../new.json"]].concat());
    ran.expect_code(8).stderr_has("the lock file");
    assert_eq!(bench.read("instances.yaml"), MANIFEST);
    assert_eq!(bench.read("instances.sandbox.lock.json"), lock);
    assert!(!bench.path("new.json").exists());
}

#[test]
fn what_cannot_be_written_is_found_before_anything_is_sent() {
    for (target, code) in [("nowhere/report.json", 1), (".", 8)] {
        let bench = bench();
        let ran = bench.run(&["apply", "--sandbox", "--yes", "--report", target]);
        let ran = ran.expect_code(code);
        ran.stderr_has(&format!(
            "cannot write to `--report {target}`; nothing was changed"
        ));
        assert!(
            !bench.path("instances.sandbox.lock.json").exists(),
            "it was applied"
        );
    }
}

#[test]
fn a_report_that_fails_hides_nothing() {
    let bench = bench();
    let pipe = fifo(&bench, "pipe");
    // The reader goes away at once, and with it everybody who could read the report.
    let reader = std::thread::spawn(move || drop(fs::File::open(pipe)));
    let ran = bench.run(&["apply", "--sandbox", "--yes", "--report", "pipe"]);
    reader.join().expect("joined");
    let ran = ran.expect_code(3);
    ran.stdout_has("Apply: 1 applied.");
    ran.stderr_has(
        "error: the run is over, but its result could not be written to `--report pipe`",
    );
    ran.stderr_has("hint: the result is on standard output");
    let _ = bench
        .run(&["plan", "--sandbox", "--detailed-exitcode"])
        .expect_code(0);
}

#[test]
fn closed_outputs_do_not_hide_what_became_of_the_run() {
    let bench = bench();
    let arguments = [
        "apply",
        "--sandbox",
        "--yes",
        "-o",
        "json",
        "--report",
        "report.json",
    ];
    // Every write fails there.
    if !PathBuf::from("/dev/full").exists() {
        eprintln!("SKIPPED: this system has no /dev/full");
        return;
    }
    let ran = redirected(&bench, &arguments, ">/dev/full").expect_code(3);
    ran.stderr_has("cannot write to standard output");
    assert_eq!(
        bench.read_json("report.json")["outcomes"][0]["outcome"],
        "applied"
    );
}
