//! Sealed tokens in a schedule: one identity for all, and what is in clear on a disk.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use connectorctl::model::{Desired, InstanceKey, Lock, Secret};
use connectorctl::sealing::{
    Identities, NewIdentity, NoPrompt, Opener, Prompt, Recipients, Sealer,
};

/// Made once in a process: no schedule depends on it.
fn someone() -> &'static NewIdentity {
    static SOMEONE: OnceLock<NewIdentity> = OnceLock::new();
    SOMEONE.get_or_init(|| NewIdentity::generate("2026-11-30T00:00:00Z"))
}

/// Declares the recipient, if the schedule is a sealed one.
pub(crate) fn declare(desired: &mut Desired, is_sealed: bool) {
    if is_sealed {
        desired.recipients.insert(someone().recipient.clone());
    }
}

/// What seals the tokens of a run, as `apply` makes it.
pub(crate) fn sealer(desired: &Desired) -> Option<Sealer> {
    let recipients = Recipients::new(desired.recipients.clone(), Arc::new(NoPrompt));
    let sealer = || Sealer::new(desired.inventory.clone(), recipients);
    (!desired.recipients.is_empty()).then(sealer)
}

/// The token that whoever has the identity gets for a key.
pub(crate) fn opened(lock: &Lock, key: &InstanceKey) -> Option<Secret> {
    let mut identities = Identities::default();
    let prompt: Arc<dyn Prompt> = Arc::new(NoPrompt);
    identities
        .add(&someone().file, &prompt)
        .expect("an identity");
    let entry = lock.instances.get(key)?;
    let place = (key, entry.id);
    let inventory = &lock.header.inventory;
    let token = entry.token.as_ref()?;
    let opened = Opener::new(&identities).token(inventory, &lock.data_keys, place, token);
    opened.ok()
}

/// How many files below a folder have one of these tokens in clear.
pub(crate) fn in_clear(folder: &Path, tokens: &[String]) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let count = |path: std::path::PathBuf| {
        if path.is_dir() {
            return in_clear(&path, tokens);
        }
        let text = std::fs::read(&path).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        u64::from(tokens.iter().any(|token| text.contains(token.as_str())))
    };
    entries.map(|entry| count(entry.path())).sum()
}
