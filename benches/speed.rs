//! Speed as ratios measured in one run: `cargo bench --bench speed`.
//!
//! * `apply` of 1,000 creates, against a bare loop of the same `POST`s;
//! * `plan --offline` of 10,000 instances, against parsing the same two files and nothing else;
//! * `apply` of 1,000 creates with sealed tokens, and `plan` over them, against the same with plain ones.

#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock and writes files of its own"
)]
#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use connectorctl::lockfile;
use connectorctl::manifest::{self, LoadOptions};
use connectorctl::sandbox;
use connectorctl::sealing::NewIdentity;
use futures_util::{StreamExt as _, stream};
use serde_json::json;

const CREATES: usize = 1_000;
const PLANNED: usize = 10_000;
const ROUNDS: usize = 5;
const AT_ONCE: usize = 10;

fn manifest_of(count: usize) -> String {
    sealed_manifest_of(count, "")
}

fn sealed_manifest_of(count: usize, lock: &str) -> String {
    let mut text = format!("version: 1\ninventory: speed\n{lock}instances:\n");
    for number in 0..count {
        let _ = write!(
            text,
            "  instance-{number:05}:\n    element: jira\n    name: Instance {number}\n    tags: [speed]\n    configuration:\n      base.url: https://jira-{number}.example.com\n      username: automation\n      password: ${{env:PASSWORD}}\n"
        );
    }
    text
}

fn command(folder: &Path, sandbox: &sandbox::Running, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_connectorctl"));
    command
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("CONNECTORCTL_URL", sandbox.url())
        .env("CONNECTORCTL_USER_SECRET", sandbox.user_secret())
        .env(
            "CONNECTORCTL_ORGANIZATION_SECRET",
            sandbox.organization_secret(),
        )
        .env("PASSWORD", "an-invented-password")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// Runs a process and returns its seconds.
fn run(mut command: Command) -> f64 {
    let began = Instant::now();
    let status = command.status().expect("the binary runs");
    assert!(status.success(), "{status}");
    began.elapsed().as_secs_f64()
}

async fn start() -> sandbox::Running {
    sandbox::start(sandbox::SandboxOptions::default())
        .await
        .expect("a sandbox")
}

/// The same `POST`s as an apply sends, as many at once, and nothing else.
async fn bare_loop(sandbox: &sandbox::Running) -> f64 {
    let client = reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("a client");
    let url = format!("{}/elements/api-v2/instances", sandbox.url());
    let authorization = format!(
        "User {}, Organization {}",
        sandbox.user_secret(),
        sandbox.organization_secret()
    );
    let began = Instant::now();
    stream::iter(0..CREATES)
        .map(|number| {
            let body = json!({
                "element": {"key": "jira"},
                "name": format!("Instance {number}"),
                "tags": ["speed", format!("connectorctl:speed:instance-{number:05}")],
                "configuration": {
                    "base.url": format!("https://jira-{number}.example.com"),
                    "username": "automation",
                    "password": "an-invented-password",
                },
            });
            let request = client
                .post(&url)
                .header("Authorization", &authorization)
                .json(&body);
            async move {
                let answer = request.send().await.expect("an answer");
                assert!(answer.status().is_success());
                answer.bytes().await.expect("a body");
            }
        })
        .buffer_unordered(AT_ONCE)
        .collect::<()>()
        .await;
    began.elapsed().as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn report(what: &str, ours: &[f64], bare: &[f64]) {
    let ratios = ours
        .iter()
        .zip(bare)
        .map(|(ours, bare)| ours / bare)
        .collect();
    println!(
        "{what}: {:.3} s against {:.3} s, ratio {:.2} (medians of {ROUNDS})",
        median(ours.to_vec()),
        median(bare.to_vec()),
        median(ratios)
    );
}

/// An apply of 1,000 creates, and plans over what it recorded; in seconds.
fn applied_and_planned(runtime: &tokio::runtime::Runtime, lock: &str) -> (f64, f64) {
    let folder = tempfile::tempdir().expect("a folder");
    let text = sealed_manifest_of(CREATES, lock);
    fs::write(folder.path().join("instances.yaml"), text).expect("written");
    let sandbox = runtime.block_on(start());
    let run = |arguments: &[&str]| run(command(folder.path(), &sandbox, arguments));
    let applied = run(&["apply", "--yes", "-q"]);
    let planned = (0..ROUNDS).map(|_| run(&["plan"])).collect();
    (applied, median(planned))
}

/// What sealing costs, in turns.
fn sealing(runtime: &tokio::runtime::Runtime) {
    let recipients: Vec<String> = (0..3)
        .map(|_| NewIdentity::generate("2026-11-30T00:00:00Z").recipient)
        .collect();
    let lock = format!("lock: {{ recipients: [{}] }}\n", recipients.join(", "));
    let (mut sealed, mut plain) = ((Vec::new(), Vec::new()), (Vec::new(), Vec::new()));
    for _ in 0..ROUNDS {
        for (lock, (applied, planned)) in [("", &mut plain), (&*lock, &mut sealed)] {
            let (apply, plan) = applied_and_planned(runtime, lock);
            applied.push(apply);
            planned.push(plan);
        }
    }
    report(
        "apply of 1,000 creates sealed for three recipients, against plain tokens",
        &sealed.0,
        &plain.0,
    );
    report(
        "plan over 1,000 sealed tokens, against plain ones",
        &sealed.1,
        &plain.1,
    );
}

fn main() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (mut applied, mut posted) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("instances.yaml"), manifest_of(CREATES)).expect("written");
        let sandbox = runtime.block_on(start());
        applied.push(run(command(
            folder.path(),
            &sandbox,
            &["apply", "--yes", "-q"],
        )));
        let sandbox = runtime.block_on(start());
        posted.push(runtime.block_on(bare_loop(&sandbox)));
    }
    report(
        "apply of 1,000 creates, against a bare loop of the same POSTs",
        &applied,
        &posted,
    );

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("instances.yaml");
    fs::write(&path, manifest_of(PLANNED)).expect("written");
    let sandbox = runtime.block_on(start());
    run(command(
        folder.path(),
        &sandbox,
        &["apply", "--yes", "-q", "--parallelism", "64"],
    ));
    let lock_path: PathBuf = folder.path().join("instances.lock.json");
    let (mut planned, mut parsed) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        planned.push(run(command(
            folder.path(),
            &sandbox,
            &["plan", "--offline"],
        )));
        let began = Instant::now();
        let files = manifest::read(std::slice::from_ref(&path)).expect("readable");
        let loaded = manifest::load(&files, LoadOptions::default());
        let lock = lockfile::parse(&lock_path, &fs::read(&lock_path).expect("readable"));
        parsed.push(began.elapsed().as_secs_f64());
        assert!(loaded.desired.is_some() && lock.is_ok());
    }
    report(
        "plan --offline of 10,000 instances, against parsing both files",
        &planned,
        &parsed,
    );
    sealing(&runtime);
}
