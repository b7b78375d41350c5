//! Reads a lock file and prints what it records: `cargo run --example list_lock_file [FILE]`.
//! Needs no platform and no credentials, and shows no token.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "an example reads a file and prints"
)]

use std::error::Error;
use std::path::PathBuf;

use connectorctl::lockfile;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1);
    let path = path.map_or_else(|| PathBuf::from("instances.lock.json"), PathBuf::from);
    let lock = lockfile::parse(&path, &std::fs::read(&path)?)?;
    for (key, instance) in &lock.instances {
        println!("{key}\t{}\t{}", instance.id, instance.element.key);
    }
    Ok(())
}
