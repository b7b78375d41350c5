//! One apply: plan, ask, carry out, record, and plan again where the plan could not know everything.

use std::collections::BTreeSet;

use super::carry::Carrier;
use super::checks::selection;
use super::error::SessionError;
use super::gather::Gathered;
use super::hooks::Hooks;
use super::plan::audited;
use super::removals::{Keep, RemovalLog};
use super::scope::Session;
use super::store::Store;
use super::within::{before, unless_stopped};
use crate::apply::{ApplyOptions, ApplyOutcome};
use crate::model::{ApplyReport, InstanceKey, Planned, ResolvedSecrets};
use crate::ports::{Clock, Record, Stop, WriteRemote};
use crate::reconcile::{Policy, Resend};
use crate::secrets::{read_versions, sent_versions};

/// An instance that was found while settling may be of an earlier manifest, which takes a second
/// round; where its update makes it valid, a third one ends the replace that waited for that. A
/// fourth would chase somebody else's changes.
const MAX_ROUNDS: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approval {
    Ask,
    Given,
}

/// Configuration keys of secrets with a version.
pub type Versioned = BTreeSet<(InstanceKey, String)>;

/// One apply, and everything it works with.
pub struct Rounds<'a> {
    pub session: Session<'a>,
    /// The value of every reference without a version: resolved once, for a source may give each value
    /// only once.
    pub secrets: &'a ResolvedSecrets,
    /// Resolves those with a version that are about to be sent.
    pub resolve: &'a dyn Fn(&Versioned) -> Result<ResolvedSecrets, SessionError>,
    pub policy: Policy,
    pub remote: &'a dyn WriteRemote,
    pub clock: &'a dyn Clock,
    pub stop: Stop,
    /// How steps are carried out; whether a marker was seen is found out here.
    pub options: ApplyOptions,
    pub approval: Approval,
    /// Keeps what is about to be deleted.
    pub keep_removed: &'a Keep<'a>,
}

/// What became of an apply.
#[derive(Debug)]
#[must_use = "the error stands in it"]
pub struct RunReport {
    pub report: ApplyReport,
    /// Keys that still need a plan and an apply, after the last round.
    pub replan: Vec<InstanceKey>,
    /// How it ended: what was applied before an error stands in the report.
    pub result: Result<(), SessionError>,
}

/// What the rounds of one run have in common.
struct Shared<'a> {
    secrets: ResolvedSecrets,
    removals: RemovalLog<'a>,
}

/// What a round left to do.
enum Next {
    Done,
    Replan(Vec<InstanceKey>),
}

impl Rounds<'_> {
    pub async fn run(&self, store: &mut dyn Store, hooks: &mut dyn Hooks) -> RunReport {
        let mut run = RunReport {
            report: ApplyReport::default(),
            replan: Vec::new(),
            result: Ok(()),
        };
        let mut policy = self.policy.clone();
        let mut shared = Shared {
            secrets: self.secrets.clone(),
            removals: RemovalLog::new(self.session, self.keep_removed),
        };
        for round in 1..=MAX_ROUNDS {
            let next = self
                .round(round, &policy, &mut shared, store, hooks, &mut run.report)
                .await;
            match next {
                Ok(Next::Done) => {
                    run.replan.clear();
                    break;
                }
                Ok(Next::Replan(keys)) => {
                    policy = follow_up(policy, &keys);
                    run.replan = keys;
                }
                Err(error) => {
                    run.result = Err(error);
                    break;
                }
            }
        }
        run.report.removed = shared.removals.into_list();
        run
    }

    async fn round(
        &self,
        round: usize,
        policy: &Policy,
        shared: &mut Shared<'_>,
        store: &mut dyn Store,
        hooks: &mut dyn Hooks,
        report: &mut ApplyReport,
    ) -> Result<Next, SessionError> {
        let view = store.view(&self.session.desired.inventory);
        if round == 1 {
            if view.open_to_others {
                hooks.lock_is_readable_by_others();
            }
            selection(policy, self.session.desired, view.lock.as_ref())?;
        }
        let gathered =
            self.session
                .gather(self.remote, shared.secrets.clone(), view, policy.clone());
        // Nothing that writes is in flight now, so that the reads can be abandoned.
        let gathered = before(self.clock, self.options.deadline, gathered);
        let Some(gathered) = unless_stopped(&self.stop, gathered).await else {
            report.interrupted = true;
            return match round {
                1 => Err(SessionError::Interrupted),
                _ => Ok(Next::Done),
            };
        };
        let Some(gathered) = gathered else {
            return match round {
                1 => Err(SessionError::Deadline),
                _ => {
                    report.interrupted = true;
                    Ok(Next::Done)
                }
            };
        };
        let mut gathered = gathered?;
        for id in &gathered.deleted {
            store.record(Record::Deleted { id: *id }).await?;
        }
        let planned = audited(&gathered.input)?;
        if round == 1 {
            report.unchanged = planned.unchanged;
            report.standing = planned.standing;
        }
        let is_idle = planned.plan.steps.is_empty() && gathered.input.intents.is_empty();
        if !is_idle || round == 1 || !planned.refusals.is_empty() {
            hooks.show_plan(&planned).map_err(SessionError::Output)?;
        }
        if !planned.refusals.is_empty() {
            return Err(SessionError::Refused(planned.refusals));
        }
        if is_idle {
            // An earlier run may have left something in the journal.
            let finished = store.finish(&gathered.header, &gathered.remade).await?;
            if finished.newly_sealed {
                hooks.recorded(&finished);
            }
            return Ok(Next::Done);
        }
        if round == 1
            && self.approval == Approval::Ask
            && !hooks.confirm().map_err(SessionError::Question)?
        {
            return Err(SessionError::Declined);
        }
        let read = self.read_versions(&planned, &mut gathered, &mut shared.secrets);
        read.map_err(|error| match error {
            SessionError::Unresolved(problems) | SessionError::Warned(problems) if round > 1 => {
                SessionError::UnresolvedLater(problems)
            }
            error => error,
        })?;
        hooks.listen();
        store.begin(&gathered.header).await?;
        let applied = self
            .carry_out(&planned, &gathered, &shared.removals, store, hooks)
            .await;
        let finished = store.finish(&gathered.header, &gathered.remade).await;
        report.outcomes.extend(applied.report.outcomes);
        report.interrupted |= applied.report.interrupted;
        hooks.recorded(&finished.map_err(SessionError::NotFolded)?);
        if applied.replan.is_empty() || report.interrupted {
            return Ok(Next::Done);
        }
        Ok(Next::Replan(applied.replan))
    }

    /// Reads the versioned secrets that are about to be sent, each once in a run.
    fn read_versions(
        &self,
        planned: &Planned,
        gathered: &mut Gathered,
        secrets: &mut ResolvedSecrets,
    ) -> Result<(), SessionError> {
        let desired = self.session.desired;
        let sent = sent_versions(&planned.plan, desired);
        let is_unread =
            |(key, name): &&(InstanceKey, String)| secrets.configuration(key, name).is_none();
        let unread: Versioned = sent.iter().filter(is_unread).cloned().collect();
        if !unread.is_empty() {
            let read = (self.resolve)(&unread)?;
            self.session.learn_resolved(&read);
            gathered.secrets.extend(read.clone());
            secrets.extend(read);
        }
        let keys = self.session.identity.fingerprint_keys(&desired.inventory);
        read_versions(&sent, desired, &keys, &mut gathered.secrets)?;
        Ok(())
    }

    async fn carry_out(
        &self,
        planned: &Planned,
        gathered: &Gathered,
        removals: &RemovalLog<'_>,
        store: &dyn Store,
        hooks: &mut dyn Hooks,
    ) -> ApplyOutcome {
        let carrier = Carrier {
            session: self.session,
            remote: self.remote,
            clock: self.clock,
            stop: self.stop.clone(),
            options: self.options,
        };
        let intents = &gathered.input.intents;
        carrier
            .apply(&planned.plan, gathered, intents, removals, store, hooks)
            .await
    }
}

/// What the caller asked for was done in the round before, but for the keys that are planned again.
fn follow_up(policy: Policy, replanned: &[InstanceKey]) -> Policy {
    let secrets = match &policy.secrets {
        Resend::Send(_) => {
            let again = replanned.iter().filter(|key| policy.secrets.sends(key));
            let again: BTreeSet<String> = again.map(InstanceKey::to_string).collect();
            if again.is_empty() {
                Resend::Compare
            } else {
                Resend::Send(again)
            }
        }
        Resend::Compare | Resend::Accept => policy.secrets.clone(),
    };
    Policy {
        replace: BTreeSet::new(),
        // What was looked for in vain before this run says nothing about what this run sent.
        assume_absent: BTreeSet::new(),
        secrets,
        ..policy
    }
}
