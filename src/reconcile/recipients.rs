//! Whether tokens will be sealed for others than before: a stranger's recipient would read every later
//! token.

use std::collections::BTreeSet;

use crate::model::{Desired, Lock, RecipientsChange, Refusal, RefusalCode};

/// The recipients that are declared against those of what is recorded; `None` where they are the same.
pub fn recipients_change(desired: &Desired, lock: &Lock) -> Option<RecipientsChange> {
    let declared = &desired.recipients;
    let sealed: Vec<&BTreeSet<String>> =
        lock.data_keys.values().map(|key| &key.recipients).collect();
    // With several data keys, one may lack a recipient that another one has.
    let lacks = |name: &&String| {
        sealed.is_empty() || sealed.iter().any(|recipients| !recipients.contains(*name))
    };
    let is_left = |name: &&String| !declared.contains(*name);
    let change = RecipientsChange {
        is_first: sealed.is_empty(),
        added: declared.iter().filter(lacks).cloned().collect(),
        removed: sealed
            .iter()
            .copied()
            .flatten()
            .filter(is_left)
            .cloned()
            .collect(),
    };
    (!change.added.is_empty() || !change.removed.is_empty()).then_some(change)
}

/// Why plain tokens must not be written into a lock file that has sealed ones; `None` where nothing of the
/// kind would happen.
pub fn recipients_missing(desired: &Desired, lock: &Lock) -> Option<Refusal> {
    let is_missing = !lock.data_keys.is_empty() && desired.recipients.is_empty();
    is_missing.then(|| Refusal {
        code: RefusalCode::RecipientsMissing,
        key: None,
        message: "tokens are sealed, but the manifest declares no `lock.recipients`".to_owned(),
        hint: "restore `lock.recipients`, or run `connectorctl lock decrypt` to record tokens as plain text"
            .to_owned(),
    })
}
