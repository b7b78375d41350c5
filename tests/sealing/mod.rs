//! Sealed tokens: who reads them, what does not open, and that no token is ever in clear on the disk.

mod bytes;
mod changes;
mod identities;
mod init;
mod interop;
mod repository;
mod tamper;

use connectorctl::sealing::NewIdentity;
use serde_json::Value;

use crate::support::{Bench, Sandbox};

/// Somebody with an identity.
struct Person {
    recipient: String,
    /// The file, as `age-keygen` writes it.
    identity: String,
}

impl Person {
    fn new() -> Self {
        let NewIdentity { file, recipient } = NewIdentity::generate("2026-11-30T00:00:00Z");
        Self {
            recipient,
            identity: file.expose().to_owned(),
        }
    }
}

/// A manifest of these keys, sealed for these recipients.
fn manifest(recipients: &[&Person], keys: &[&str]) -> String {
    let mut text = "version: 1\ninventory: acme\n".to_owned();
    if !recipients.is_empty() {
        text.push_str("lock:\n  recipients:\n");
    }
    for person in recipients {
        text.push_str(&format!("    - {}\n", person.recipient));
    }
    text.push_str("instances:\n");
    for key in keys {
        text.push_str(&format!(
            "  {key}:\n    element: jira\n    configuration: {{ base.url: https://{key}.example.com, \
             username: bot, password: \"${{env:JIRA}}\" }}\n"
        ));
    }
    text
}

fn bench(sandbox: &Sandbox, manifest: &str) -> Bench {
    Bench::on(sandbox)
        .with("JIRA", "invented-jira-password")
        .with_manifest(manifest)
}

/// The token of a key, as the platform has it.
fn token(sandbox: &Sandbox, bench: &Bench, key: &str) -> String {
    let id = &bench.lock()["instances"][key]["id"];
    let instances = sandbox.instances();
    let instance = instances.iter().find(|instance| &instance["id"] == id);
    let token = instance.expect("an instance")["token"].as_str();
    token.expect("a token").to_owned()
}

/// What `token KEY` prints for whoever has this identity.
fn opened(bench: &mut Bench, person: &Person, key: &str) -> String {
    bench.set("CONNECTORCTL_AGE_KEY", &person.identity);
    let ran = bench.run(&["token", key]).expect_code(0);
    bench.unset("CONNECTORCTL_AGE_KEY");
    ran.stdout.trim_end().to_owned()
}

/// The ciphertext of a key in the lock file.
fn sealed(bench: &Bench, key: &str) -> String {
    let sealed = bench.lock()["instances"][key]["token"]["sealed"].clone();
    sealed.as_str().expect("a sealed token").to_owned()
}

/// How many data keys the lock file has.
fn data_keys(bench: &Bench) -> usize {
    bench.lock()["dataKeys"]
        .as_object()
        .map_or(0, |keys| keys.len())
}

/// The lock file with one change.
fn change_lock(bench: &Bench, change: impl FnOnce(&mut Value)) {
    let mut lock = bench.lock();
    change(&mut lock);
    bench.write("instances.lock.json", &lock.to_string());
}
