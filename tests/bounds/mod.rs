//! What bounds a run: where account secrets go, how long it waits, what it reads and what it writes to.

mod deadlines;
mod destinations;
mod inputs;
mod outputs;
mod sandbox;

use std::path::PathBuf;
use std::process::Command;

use crate::support::Bench;

const MANIFEST: &str = "version: 1\ninventory: acme\ninstances:\n  k:\n    element: freshdeskv2\n    configuration: { subdomain: acme, username: invented }\n";

/// Makes a named pipe.
#[cfg(unix)]
fn fifo(bench: &Bench, name: &str) -> PathBuf {
    let path = bench.path(name);
    let made = Command::new("mkfifo").arg(&path).status();
    assert!(made.expect("mkfifo").success());
    path
}
