//! `connectorctl lock encrypt`, `lock decrypt` and `lock rekey`.

use std::time::Duration;

use super::context::Context;
use super::{git, identities, inputs, sealing};
use crate::cli::DecryptArgs;
use crate::error::{CliError, Exit};
use crate::lockfile::{LockStore, RecordedToken};
use crate::model::{Desired, LockedToken};
use crate::render;
use crate::sealing::Opener;
use crate::session::{Mismatch, SessionError};

/// The lock file, held, and the manifest that it belongs to.
struct Held {
    store: LockStore,
    desired: Desired,
}

impl Held {
    async fn open(context: &Context, wait: Duration) -> Result<Self, CliError> {
        let store = inputs::store(context, wait).await?;
        let desired = inputs::manifest(context)?.desired;
        let view = store.view(&desired.inventory);
        let Some(lock) = &view.lock else {
            let path = store.paths().lock.display();
            let summary = format!("no lock file at `{path}`");
            return Err(CliError::new(Exit::Failed, summary)
                .hint("run `connectorctl apply` to create it, or pass `--lock` or `--file`"));
        };
        let recorded = &lock.header.inventory;
        if *recorded != desired.inventory {
            return Err(SessionError::from(Mismatch::Inventory {
                recorded: recorded.clone(),
                declared: desired.inventory,
            })
            .into());
        }
        Ok(Self { store, desired })
    }

    /// Seals from now on.
    fn seal(&mut self, context: &Context) -> Result<(), CliError> {
        let sealer = sealing::sealer(context, &self.desired).ok_or_else(|| {
            CliError::usage("the manifest declares no `lock.recipients`").hint(
                "add `lock: { recipients: [age1…] }`; `age-keygen` makes an identity and prints it",
            )
        })?;
        self.store.seal_with(sealer);
        Ok(())
    }

    /// Replaces every recorded token by the opened one. The store seals it again, if it seals.
    fn reopen(&mut self, context: &Context) -> Result<bool, CliError> {
        let identities = identities::identities(context)?;
        let mut opener = Opener::new(&identities);
        let rewritten = self
            .store
            .rewrite(&self.desired.inventory, &mut |recorded| {
                let RecordedToken {
                    inventory,
                    data_keys,
                    key,
                    id,
                    token,
                } = *recorded;
                let opened = opener.token(inventory, data_keys, (key, id), token)?;
                Ok::<_, SessionError>(LockedToken::Plain(opened))
            });
        Ok(rewritten?)
    }

    fn tell(&self, context: &Context, what: &str) -> Result<(), CliError> {
        let shown = self.store.paths().lock.display().to_string();
        let shown = render::one_line(&shown);
        let printed = context
            .ui
            .print(|out| writeln!(out, "Lock file {shown}: {what}."));
        printed.map_err(CliError::output)
    }

    fn recipients(&self) -> String {
        render::many(self.desired.recipients.len(), "recipient")
    }
}

/// Seals every token that is plain text.
pub(super) async fn encrypt(context: &Context, wait: Duration) -> Result<Exit, CliError> {
    let mut held = Held::open(context, wait).await?;
    held.seal(context)?;
    let keep = &mut |recorded: &RecordedToken<'_>| Ok::<_, SessionError>(recorded.token.clone());
    let rewritten = held.store.rewrite(&held.desired.inventory, keep)?;
    let recipients = held.recipients();
    match rewritten {
        true => held.tell(context, &format!("tokens are sealed for {recipients}"))?,
        false => held.tell(context, "unchanged; its tokens are sealed")?,
    }
    git::warn_of_history(context, &held.store.paths().lock);
    Ok(Exit::Success)
}

/// Records tokens as plain text again.
pub(super) async fn decrypt(context: &Context, arguments: &DecryptArgs) -> Result<Exit, CliError> {
    let DecryptArgs {
        yes,
        in_pipeline,
        lock_timeout,
    } = arguments;
    if context.is_pipeline() && !in_pipeline {
        let summary = "a pipeline does not write tokens as plain text; nothing was changed";
        return Err(CliError::new(Exit::Refused, summary)
            .hint("run it on your machine, or pass `--in-pipeline`"));
    }
    inputs::may_confirm(context, *yes, "decrypt the lock file")?;
    let mut held = Held::open(context, *lock_timeout).await?;
    let shown = held.store.paths().lock.display().to_string();
    context.ui.warn(&format!(
        "`{shown}` will contain plaintext tokens: everybody who can read it, or its repository, can use \
         the connectors"
    ));
    if !yes {
        let question = "Record tokens as plain text?";
        let confirmed = context.ui.confirm(question);
        if !confirmed.map_err(SessionError::Question)? {
            return Err(SessionError::Declined.into());
        }
    }
    held.reopen(context)?;
    held.tell(context, "tokens are plain text")?;
    if !held.desired.recipients.is_empty() {
        context
            .ui
            .say("Remove `lock.recipients` from the manifest, or the next apply seals them again.");
    }
    Ok(Exit::Success)
}

/// Seals every token anew, with a new data key for the declared recipients.
pub(super) async fn rekey(context: &Context, wait: Duration) -> Result<Exit, CliError> {
    let mut held = Held::open(context, wait).await?;
    held.seal(context)?;
    held.reopen(context)?;
    let recipients = held.recipients();
    held.tell(
        context,
        &format!("tokens are sealed with a new data key for {recipients}"),
    )?;
    context.ui.say(
        "A recipient that was removed can still read the tokens of earlier versions of this file; \
         replace the instances to get new tokens.",
    );
    Ok(Exit::Success)
}
