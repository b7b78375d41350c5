//! Any bytes are read as a lock file without a panic, and nothing that is sealed in it opens by accident.

#![no_main]

use std::path::Path;
use std::sync::{Arc, OnceLock};

use connectorctl::lockfile;
use connectorctl::model::Secret;
use connectorctl::sealing::{Identities, NewIdentity, NoPrompt, Opener, Prompt};
use libfuzzer_sys::fuzz_target;

fn identity() -> &'static Secret {
    static IDENTITY: OnceLock<Secret> = OnceLock::new();
    IDENTITY.get_or_init(|| NewIdentity::generate("2026-11-30T00:00:00Z").file)
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(lock) = lockfile::parse(Path::new("instances.lock.json"), bytes) else {
        return;
    };
    let mut identities = Identities::default();
    let prompt: Arc<dyn Prompt> = Arc::new(NoPrompt);
    assert!(identities.add(identity(), &prompt).is_ok());
    let mut opener = Opener::new(&identities);
    for (key, entry) in &lock.instances {
        if let Some(token) = &entry.token {
            let place = (key, entry.id);
            let _ = opener.token(&lock.header.inventory, &lock.data_keys, place, token);
        }
    }
});
