//! An import: finds what is there, and makes it ours.
//!
//! The order makes every death safe. First the lock file records the instance, protected, so that nothing
//! prunes it. Then the platform gets the marker. Only then does the manifest declare the key, which is not
//! done here: a declared key without a marker would be created again by whoever has another lock file.
//! Last the lock file drops the protection. Must not: write the manifest.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;

use super::carry::{Carrier, NothingDeleted};
use super::error::SessionError;
use super::hooks::Hooks;
use super::observe::read_all;
use super::rebuild::entry;
use super::scope::Session;
use super::store::Store;
use crate::catalog::{Catalog, is_credential};
use crate::import::{self, Choice, ImportError, Imported, Request};
use crate::lockfile::{Finished, LockView};
use crate::model::{
    ApplyReport, Desired, InstanceKey, InventoryName, Lifecycle, Lock, LockHeader, LockedInstance,
    Marker, Observed, OutcomeKind, Remade, ResolvedSecrets, Secret,
};
use crate::ports::{ReadRemote, Record, kill};
use crate::reconcile::{Policy, Resend, Selection};

/// What an import starts from.
#[derive(Debug)]
pub struct Found {
    /// What is imported and what is not.
    pub choice: Choice,
    /// Everything that the platform shows.
    pub observed: Observed,
    pub(super) header: LockHeader,
}

/// What became of an import.
#[derive(Debug, Default)]
pub struct Marked {
    /// The outcome of each step.
    pub report: ApplyReport,
    /// The keys whose instances are recorded and carry their markers.
    pub done: BTreeSet<InstanceKey>,
}

impl Session<'_> {
    /// Reads the platform and chooses what to import.
    ///
    /// # Errors
    /// Whatever kept it from being read, or a request that names nothing or somebody else's.
    pub async fn find(
        &self,
        remote: &dyn ReadRemote,
        view: LockView,
        request: &Request,
    ) -> Result<Found, SessionError> {
        // Nothing is created, so that nothing has to be proven absent.
        let nothing = self.nothing_desired();
        let reader = Session {
            desired: &nothing,
            ..*self
        };
        let gathered = reader
            .gather(remote, ResolvedSecrets::default(), view, Policy::default())
            .await?;
        let lock = gathered.input.lock;
        self.may_record(&lock)?;
        let mut observed = gathered.input.observed.unwrap_or_default();
        let unread = import::to_read(request, self.desired, &lock, &observed);
        read_all(remote, unread, &mut observed).await?;
        let choice = import::choose(request, self.desired, &lock, &observed);
        let mut choice = choice.map_err(|error| match error {
            ImportError::Unmatched {
                selector,
                pattern,
                known,
            } => SessionError::no_such_selection(selector, &pattern, &known),
            ImportError::NoSuchId(id) => SessionError::NoSuchId(id),
            ImportError::Refused(refusal) => SessionError::Refused(vec![refusal]),
        })?;
        choice.leave(|key| {
            gathered
                .input
                .intents
                .contains_key(key)
                .then_some("the outcome of a create of its key is unknown; run `apply` first")
        });
        self.learn_found(&choice);
        Ok(Found {
            choice,
            observed,
            header: gathered.header,
        })
    }
}

impl Session<'_> {
    /// Tells what the platform shows in clear and nobody else may.
    fn learn_found(&self, choice: &Choice) {
        self.identity.known.learn(|known| {
            for Imported { seen, .. } in &choice.imported {
                known.add(seen.token.as_ref().map_or("", Secret::expose));
                let entry = Catalog::embedded().element(seen.element.key.as_str());
                for (name, value) in seen.configuration.iter().flatten() {
                    if is_credential(entry, name) {
                        known.add(value.as_ref().map_or("", Secret::expose));
                    }
                }
            }
        });
    }
}

/// An import under way. The session's `desired` declares what is imported and nothing else.
pub struct Import<'a> {
    /// What carries the steps out.
    pub carrier: Carrier<'a>,
    /// What is imported.
    pub imported: &'a [Imported],
    /// The header to record.
    pub found: &'a Found,
    /// The present values of the secrets, where they are accepted.
    pub accepted: Option<&'a ResolvedSecrets>,
}

impl Import<'_> {
    /// Records the instances and sends their markers.
    ///
    /// # Errors
    /// What kept the plan from being made. What was recorded stays, and the next import goes on from there.
    pub async fn mark(
        &self,
        store: &mut dyn Store,
        hooks: &mut dyn Hooks,
    ) -> Result<Marked, SessionError> {
        hooks.listen();
        store.begin(&self.found.header).await?;
        let inventory = &self.carrier.session.desired.inventory;
        let before = lock_of(store, inventory);
        try_join_all(self.imported.iter().map(|imported| {
            let record = self.recorded(imported, &before);
            store.record(record)
        }))
        .await?;
        kill::at(kill::KillPoint::ImportRecorded);
        let desired = protected(self.carrier.session.desired);
        let carrier = Carrier {
            session: Session {
                desired: &desired,
                ..self.carrier.session
            },
            ..self.carrier.clone()
        };
        let keys = self.imported.iter().map(|it| it.key.to_string());
        let policy = Policy {
            selection: Selection {
                targets: keys.collect(),
                excludes: BTreeSet::new(),
            },
            secrets: match self.accepted {
                Some(_) => Resend::Accept,
                None => Resend::Compare,
            },
            ..Policy::default()
        };
        let secrets = self.accepted.cloned().unwrap_or_default();
        let view = store.view(inventory);
        let (planned, gathered) = match carrier.plan(secrets, view, policy).await {
            Ok(planned) => planned,
            Err(error) => {
                // Nothing was sent.
                for imported in self.imported {
                    self.drop_new(&imported.key, &before, store).await?;
                }
                return Err(error);
            }
        };
        // An open create of another key is settled by the next apply.
        let intents = BTreeMap::new();
        let applied = carrier.apply(
            &planned.plan,
            &gathered,
            &intents,
            &NothingDeleted,
            store,
            hooks,
        );
        let mut marked = Marked {
            report: applied.await.report,
            done: BTreeSet::new(),
        };
        for imported in self.imported {
            let key = &imported.key;
            let marker = Marker::live(inventory, key);
            let mut failed = marked.report.outcomes.iter();
            let failed = failed.any(|it| it.key == *key && it.outcome != OutcomeKind::Applied);
            let carries = match failed {
                true => carrier.carries(imported.seen.id, &marker).await,
                false => Some(true),
            };
            match carries {
                Some(true) => {
                    marked.done.insert(key.clone());
                }
                // As if it had never been chosen.
                Some(false) => self.drop_new(key, &before, store).await?,
                None => {}
            }
        }
        kill::at(kill::KillPoint::ImportMarked);
        Ok(marked)
    }

    /// Removes what this run has recorded.
    async fn drop_new(
        &self,
        key: &InstanceKey,
        before: &Lock,
        store: &dyn Store,
    ) -> Result<(), SessionError> {
        if !before.instances.contains_key(key) {
            store.record(Record::Removed { key: key.clone() }).await?;
        }
        Ok(())
    }

    fn recorded(&self, imported: &Imported, before: &Lock) -> Record {
        let Imported {
            key,
            seen,
            is_declared: _,
        } = imported;
        let new = entry(seen, self.carrier.session.desired.instances.get(key));
        let mut entry = match before.instances.get(key).filter(|old| old.id == seen.id) {
            // An import that goes on, or a key that left the manifest: what was sent is known.
            Some(old) => {
                let mut old = old.clone();
                for (name, unverified) in new.secrets {
                    old.secrets.entry(name).or_insert(unverified);
                }
                old
            }
            None => new,
        };
        entry.lifecycle.protect = true;
        Record::Entry {
            key: key.clone(),
            entry: Box::new(entry),
        }
    }

    /// Records what is done as the manifest declares it, and folds everything into the lock file.
    ///
    /// # Errors
    /// The lock file could not be written; the journal has everything.
    pub async fn complete(
        &self,
        store: &mut dyn Store,
        done: &BTreeMap<InstanceKey, Lifecycle>,
    ) -> Result<Finished, SessionError> {
        let lock = lock_of(store, &self.carrier.session.desired.inventory);
        let entries = done.iter().filter_map(|(key, lifecycle)| {
            let entry = LockedInstance {
                lifecycle: Lifecycle {
                    moved_from: None,
                    ..lifecycle.clone()
                },
                ..lock.instances.get(key)?.clone()
            };
            Some(Record::Entry {
                key: key.clone(),
                entry: Box::new(entry),
            })
        });
        try_join_all(entries.map(|record| store.record(record))).await?;
        let finished = store.finish(&self.found.header, &Remade::default()).await;
        finished.map_err(SessionError::NotFolded)
    }
}

/// Keys that the manifest declares, and that an import left protected when it died.
pub fn unfinished(lock: Option<&Lock>, desired: &Desired) -> BTreeMap<InstanceKey, Lifecycle> {
    let entries = lock.into_iter().flat_map(|lock| &lock.instances);
    let left = entries.filter_map(|(key, entry)| {
        let declared = &desired.instances.get(key)?.lifecycle;
        // What an apply has recorded knows its secrets.
        let is_imported = entry.secrets.values().all(Option::is_none);
        let is_left = entry.lifecycle.protect && !declared.protect && is_imported;
        is_left.then(|| (key.clone(), declared.clone()))
    });
    left.collect()
}

fn lock_of(store: &dyn Store, inventory: &InventoryName) -> Lock {
    let view = store.view(inventory);
    view.lock.unwrap_or_else(|| Lock::empty(inventory.clone()))
}

/// The same instances, which nothing prunes.
fn protected(desired: &Desired) -> Desired {
    let mut desired = desired.clone();
    for instance in desired.instances.values_mut() {
        instance.lifecycle.protect = true;
    }
    desired
}
