//! Makes sure of what a plan rests on: what it changes or notes is read by id, because a list may be out
//! of date, and what it creates is proven absent. Must not: write.

use std::collections::{BTreeMap, BTreeSet};

use super::error::SessionError;
use super::observe::{Sight, markers, read_all};
use crate::apply::{Absence, Evidence, Unproven};
use crate::model::{
    Action, Completeness, InstanceId, InstanceKey, Lookup, Marker, Observed, Planned, RefusalCode,
    SecretFacts,
};
use crate::ports::ReadRemote;
use crate::reconcile::{self, PlanInput};
use crate::secrets::NoRandomness;

/// Plans, reads and searches until nothing is left in doubt. Returns what was observed in the end, and
/// fills in what `compare` says of the secrets.
///
/// # Errors
/// A request that failed, or an absence that nothing proves.
pub(super) async fn make_sure(
    remote: &dyn ReadRemote,
    input: &mut PlanInput,
    sight: Sight,
    mut compare: impl FnMut(&PlanInput, &Observed) -> Result<SecretFacts, NoRandomness>,
) -> Result<(Observed, Evidence), SessionError> {
    let Sight {
        mut observed,
        mut presumed,
    } = sight;
    let inventory = input.desired.inventory.clone();
    let known = markers(&input.desired, &input.lock);
    let mut evidence = Evidence::of(&observed, &inventory, &input.policy.assume_absent);
    let mut proven: BTreeSet<InstanceKey> = BTreeSet::new();
    loop {
        input.secrets = compare(input, &observed)?;
        input.observed = Some(observed);
        let planned = reconcile::plan(input);
        observed = input.observed.take().unwrap_or_default();
        if !presumed.is_empty() {
            if is_refused_for_missing(&planned) {
                return Ok((observed, evidence));
            }
            read_all(remote, std::mem::take(&mut presumed), &mut observed).await?;
            continue;
        }
        let unread = unread(input, &observed, &known, &planned);
        if !unread.is_empty() {
            read_all(remote, unread, &mut observed).await?;
            continue;
        }
        let mut absent = absent(input, &planned);
        absent.retain(|key, _| !proven.contains(key));
        if observed.completeness == Completeness::Complete || absent.is_empty() {
            return Ok((observed, evidence));
        }
        let markers: BTreeSet<Marker> = absent.values().flatten().cloned().collect();
        let absence = Absence::new(remote, evidence, markers.len());
        let proof = absence.of_plan(&markers).await?;
        evidence = absence.into_evidence();
        let mut is_new = false;
        for seen in proof.found {
            is_new |= !observed.read.contains(&seen.id);
            observed.add(seen.id, Lookup::Found(Box::new(seen)));
        }
        if is_new {
            continue;
        }
        if let Some(why) = proof.unproven.filter(|why| *why != Unproven::Untested) {
            absent.retain(|key, _| !input.policy.assume_absent.contains(key));
            if let Some(key) = absent.into_keys().next() {
                return Err(SessionError::AbsenceUnproven {
                    marker: Marker::live(&inventory, &key),
                    key,
                    why,
                });
            }
        }
        proven.extend(planned.plan.steps.into_iter().map(|step| step.key));
    }
}

/// Whether the plan is refused because so many instances are missing: whatever else is in it, nothing of it
/// is applied.
fn is_refused_for_missing(planned: &Planned) -> bool {
    let mut refusals = planned.refusals.iter();
    refusals.any(|refusal| refusal.code == RefusalCode::ManyVanished)
}

/// Instances of this inventory that only a list has shown, unless the plan says nothing about their key and
/// no other instance carries its marker: then list, lock file and manifest agree.
fn unread(
    input: &PlanInput,
    observed: &Observed,
    known: &BTreeSet<String>,
    planned: &Planned,
) -> BTreeSet<InstanceId> {
    let inventory = &input.desired.inventory;
    let steps = planned.plan.steps.iter();
    let in_steps: BTreeSet<InstanceId> = steps.clone().filter_map(|step| step.id).collect();
    let of_notes = planned.notes.iter().filter_map(|note| note.key.as_ref());
    let of_refusals = planned.refusals.iter().filter_map(|it| it.key.as_ref());
    let touched: BTreeSet<&InstanceKey> = steps
        .map(|step| &step.key)
        .chain(of_notes)
        .chain(of_refusals)
        .collect();
    let recorded: BTreeMap<InstanceId, &InstanceKey> = input
        .lock
        .instances
        .iter()
        .map(|(key, entry)| (entry.id, key))
        .collect();
    let by_marker = observed.by_marker();
    let is_ours = |tag: &str| known.contains(tag) || Marker::belongs_to(tag, inventory);
    let is_in_doubt = |id: InstanceId| {
        let mut markers = observed.instances[&id].markers();
        match recorded.get(&id) {
            Some(key) => touched.contains(key) || markers.any(|marker| by_marker[marker].len() > 1),
            None => markers.any(is_ours),
        }
    };
    let ids = observed.instances.keys().copied();
    ids.filter(|id| !observed.read.contains(id))
        .filter(|id| in_steps.contains(id) || is_in_doubt(*id))
        .collect()
}

/// The markers that nothing must carry if the plan is right.
fn absent(input: &PlanInput, planned: &Planned) -> BTreeMap<InstanceKey, Vec<Marker>> {
    let mut absent = BTreeMap::new();
    for step in &planned.plan.steps {
        let gives_marker = match &step.action {
            Action::Create(_) | Action::Forget => true,
            // Otherwise the live marker is on the instance that is replaced.
            Action::Replace(request) => request.retire_tags.is_none(),
            Action::Update(request) | Action::Adopt(request) => request.restores(),
            Action::Delete(_) => false,
        };
        if gives_marker {
            let keys = [Some(&step.key), step.former_key.as_ref()];
            let both = |key| Marker::both(&input.desired.inventory, key);
            let markers = keys.into_iter().flatten().flat_map(both).collect();
            absent.insert(step.key.clone(), markers);
        }
    }
    absent
}
