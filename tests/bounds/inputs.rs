//! No input is read for ever, or into all of the memory; and standard input is the same under each of its names.

#![cfg(unix)]

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::MANIFEST;
use crate::support::{Bench, Ran};

/// A file of this size that takes no room.
fn sparse(bench: &Bench, name: &str, mebibytes: u64) {
    let file = std::fs::File::create(bench.path(name)).expect("a file");
    file.set_len(mebibytes << 20).expect("a length");
}

#[test]
fn every_input_has_a_limit() {
    let bench = Bench::new().with_manifest(MANIFEST);
    sparse(&bench, "large", 600);
    let credentials = Bench::at("http://127.0.0.1:1")
        .with_manifest(MANIFEST)
        .with("CONNECTORCTL_USER_SECRET", "")
        .with("CONNECTORCTL_USER_SECRET_FILE", "/dev/zero");
    let ran = credentials.run(&["plan"]).expect_code(8);
    ran.stderr_has("it is larger than 64 KiB");
    let certificates = Bench::at("http://127.0.0.1:1").with_manifest(MANIFEST);
    let ran = certificates.run(&["plan", "--ca-file", "/dev/zero"]);
    ran.expect_code(8).stderr_has("it is larger than 16 MiB");
    let ran = bench.run(&["plan", "--sandbox", "--lock", "large"]);
    ran.expect_code(1).stderr_has("it is larger than 512 MiB");
    let ran = bench.run(&["validate", "-f", "large"]).expect_code(8);
    ran.stderr_has("larger than 64 MiB");
    bench.write(
        "secret.yaml",
        &MANIFEST.replace("invented", "'${file:/dev/zero}'"),
    );
    let ran = Bench::at("http://127.0.0.1:1").run(&[
        "plan",
        "-f",
        &bench.path("secret.yaml").to_string_lossy(),
    ]);
    ran.expect_code(8).stderr_has("it is larger than 1 MiB");
    sparse(&bench, "state", 1100);
    let ran = bench.run(&["sandbox", "--state", "state"]).expect_code(1);
    ran.stderr_has("it is larger than 1024 MiB");
}

#[test]
fn a_journal_has_a_limit() {
    let bench = Bench::new().with_manifest(MANIFEST);
    let _ = bench.run(&["apply", "--sandbox", "--yes"]).expect_code(0);
    sparse(
        &bench,
        ".connectorctl/instances.sandbox.lock.json.journal",
        600,
    );
    for verb in [&["plan"][..], &["apply", "--yes"]] {
        let ran = bench.run(&[verb, &["--sandbox"]].concat()).expect_code(1);
        ran.stderr_has("it is larger than 512 MiB");
    }
}

#[test]
fn a_pipe_beside_the_manifest_is_not_read() {
    let bench = Bench::new().with_manifest(MANIFEST);
    super::fifo(&bench, "instances.json");
    let _ = bench.run(&["plan", "--sandbox"]).expect_code(0);
}

#[test]
fn the_state_of_a_sandbox_is_a_plain_file() {
    let bench = Bench::new();
    super::fifo(&bench, "pipe");
    for path in ["pipe", "/dev/null", "/dev/stdout"] {
        let ran = bench.run(&["sandbox", "--state", path]).expect_code(1);
        ran.stderr_has("expected a regular file");
    }
    assert!(!bench.path("pipe.lock").exists());
}

/// Gives the manifest as standard input, from a pipe or a file, or as a process substitution.
fn piped(bench: &Bench, arguments: &[&str], from_file: bool) -> Ran {
    let mut command = bench.command(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    if from_file {
        bench.write("elsewhere/input.yaml", MANIFEST);
        let input = std::fs::File::open(bench.path("elsewhere/input.yaml"));
        command.stdin(input.expect("the file"));
        return Ran::from(command.output().expect("the binary runs"));
    }
    let mut child = command
        .stdin(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut stdin = child.stdin.take().expect("its stdin");
    // A program that ends before it reads closes the pipe.
    let _ = stdin.write_all(MANIFEST.as_bytes());
    drop(stdin);
    Ran::from(child.wait_with_output().expect("its output"))
}

#[test]
fn standard_input_is_one_thing_under_each_of_its_names() {
    for name in ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"] {
        for from_file in [false, true] {
            let bench = Bench::new();
            let arguments = ["apply", "--sandbox", "--yes", "-f", name];
            let ran = piped(&bench, &arguments, from_file).expect_code(0);
            ran.stdout_has("Apply: 1 applied.");
            assert!(bench.path("instances.sandbox.lock.json").exists(), "{name}");
        }
    }
    assert!(!std::path::Path::new("/dev/stdin.sandbox.lock.json").exists());
}

#[test]
fn a_process_substitution_has_its_lock_file_in_the_working_folder() {
    let bench = Bench::new();
    bench.write("elsewhere/input.yaml", MANIFEST);
    for (number, script) in [
        "exec \"$0\" apply --sandbox --yes -f <(cat elsewhere/input.yaml)",
        "exec \"$0\" apply --sandbox --yes -f /dev/fd/9 9<elsewhere/input.yaml",
    ]
    .into_iter()
    .enumerate()
    {
        let command = bench.command(&[]);
        let output = Command::new("bash")
            .args(["-c", script])
            .arg(command.get_program())
            .current_dir(bench.path(""))
            .env_clear()
            .output()
            .expect("bash");
        let ran = Ran::from(output).expect_code(0);
        ran.stdout_has(if number == 0 {
            "1 applied"
        } else {
            "1 unchanged"
        });
        assert!(bench.path("instances.sandbox.lock.json").exists());
    }
}
