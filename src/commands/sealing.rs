//! Tokens that are sealed: with what a run seals them, and who opens them.

use std::collections::BTreeSet;

use super::context::Context;
use super::identities;
use crate::error::CliError;
use crate::model::{Desired, InstanceKey, Lock, LockedToken};
use crate::reconcile::recipients_change;
use crate::sealing::{Opener, Recipients, Sealer};
use crate::session::SessionError;

/// What seals the tokens of a run; `None` where the manifest names no recipients.
pub(super) fn sealer(context: &Context, desired: &Desired) -> Option<Sealer> {
    let names = desired.recipients.clone();
    let prompt = identities::prompt(context);
    let sealer = || Sealer::new(desired.inventory.clone(), Recipients::new(names, prompt));
    (!desired.recipients.is_empty()).then(sealer)
}

/// Opens the sealed tokens of the wanted instances in place. Asks for no identity if none is sealed.
///
/// # Errors
/// If an identity is missing, or a token does not belong to its entry.
pub(super) fn open(
    context: &Context,
    lock: &mut Lock,
    is_wanted: impl Fn(&InstanceKey) -> bool,
) -> Result<(), CliError> {
    let Lock {
        header,
        data_keys,
        instances,
    } = lock;
    let sealed = instances.iter_mut().filter_map(|(key, entry)| {
        let is_sealed = matches!(entry.token, Some(LockedToken::Sealed(_)));
        (is_sealed && is_wanted(key)).then_some((key, entry))
    });
    let mut sealed = sealed.peekable();
    if sealed.peek().is_none() {
        return Ok(());
    }
    let identities = identities::identities(context)?;
    let mut opener = Opener::new(&identities);
    for (key, entry) in sealed {
        let Some(token) = &entry.token else {
            continue;
        };
        let place = (key, entry.id);
        let opened = opener.token(&header.inventory, data_keys, place, token);
        entry.token = Some(LockedToken::Plain(opened.map_err(SessionError::from)?));
    }
    Ok(())
}

/// Where tokens will be sealed for others than before.
pub(super) fn warn_of_change(context: &Context, desired: &Desired, lock: &Lock) {
    if let Some(change) = recipients_change(desired, lock).filter(|change| !change.is_first) {
        let list = |names: &BTreeSet<String>| match names.is_empty() {
            true => "none".to_owned(),
            false => names.iter().cloned().collect::<Vec<_>>().join(", "),
        };
        context.ui.warn(&format!(
            "recipients of tokens differ from those in the lock file (added: {}; removed: {}); run \
             `connectorctl lock rekey`",
            list(&change.added),
            list(&change.removed)
        ));
    }
}
