//! The laws, over random worlds.

use proptest::prelude::*;

use super::random::{any_policy, any_world};
use super::world::*;
use crate::model::{Action, Note, NoteCode, Planned, Reason, Secret, SecretFacts, Standing, Step};
use crate::reconcile::{PlanInput, Policy, Resend, Selection, plan};

/// The number of instances with the live marker of this key.
fn carriers(input: &PlanInput, name: &str) -> usize {
    let Some(observed) = &input.observed else {
        return 0;
    };
    let all = observed.instances.values();
    all.filter(|seen| seen.has_tag(&live(name))).count()
}

/// Whether it only asks for a token that the platform does not show, as every plan does.
fn waits_for_token(input: &PlanInput, step: &Step) -> bool {
    let seen = input.observed.as_ref().zip(step.id);
    let seen = seen.and_then(|(observed, id)| observed.instances.get(&id));
    step.reasons == [Reason::TokenMissing] && seen.is_some_and(|seen| seen.token.is_none())
}

/// Whether it is about an instance of the key before a rename, which is another selection.
fn is_of_rename(note: &Note) -> bool {
    note.message.contains("is left from a rename")
}

proptest! {
    // The same worlds in every run, so that the result depends on the commit only.
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        rng_seed: proptest::test_runner::RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Law 1: after an apply that was not refused, the next plan is empty.
    #[test]
    fn after_an_apply_there_is_nothing_to_do(input in any_world(any_policy())) {
        let first = planned(&input);
        if !first.refusals.is_empty() {
            return Ok(());
        }
        let mut after = applied(&input, &first);
        // Options that ask for a change once are dropped.
        after.policy.replace.clear();
        after.policy.secrets = Resend::Compare;
        let second = planned(&after);
        // An old instance is kept until the new one is valid, which takes another read. A secret
        // that could not be accepted is noted again.
        let waiting: Vec<_> = first
            .notes
            .iter()
            .filter(|note| matches!(note.code, NoteCode::Retired | NoteCode::NotAccepted))
            .filter_map(|note| note.key.clone())
            .collect();
        let left: Vec<_> = second
            .plan
            .steps
            .iter()
            .filter(|step| !waiting.contains(&step.key) && !waits_for_token(&after, step))
            .collect();
        prop_assert!(left.is_empty(), "{:?}\nafter\n{:?}", steps(&second), steps(&first));
    }

    /// Law 3, and the end of law 4: no plan makes a second instance with the marker of a key, and
    /// existing duplicates are all reported.
    #[test]
    fn no_plan_doubles_a_key_and_every_double_is_reported(input in any_world(any_policy())) {
        let first = planned(&input);
        if !first.refusals.is_empty() {
            return Ok(());
        }
        let after = applied(&input, &first);
        let second = planned(&after);
        for key in input.desired.instances.keys() {
            let reported = |planned: &Planned| {
                let mut notes = planned.notes.iter();
                notes.any(|note| note.code == NoteCode::Duplicate && note.key.as_ref() == Some(key))
            };
            let now = carriers(&after, key.as_str());
            // A recorded instance gets its missing marker back even if there is a duplicate.
            let grows = now > carriers(&input, key.as_str()).max(1);
            prop_assert!(!grows || reported(&first), "{key}: {:?}", steps(&first));
            let selected = input.policy.selection.includes(key.as_str());
            let told = reported(&second) || !second.refusals.is_empty();
            prop_assert!(now <= 1 || told || !selected, "{key}: {:?}", steps(&first));
        }
    }

    /// A key with a refusal has no step on its current instance.
    #[test]
    fn a_refused_key_has_no_step_on_its_current_instance(input in any_world(any_policy())) {
        let planned = planned(&input);
        for refusal in &planned.refusals {
            let Some(key) = &refusal.key else { continue };
            let steps: Vec<_> = planned
                .plan
                .steps
                .iter()
                .filter(|step| step.key == *key)
                .filter(|step| !step.is_superfluous())
                .collect();
            prop_assert!(steps.is_empty(), "{refusal:?} {steps:?}");
        }
    }

    /// An offline plan deletes, forgets and adopts nothing on the basis of what was not read, and
    /// after an apply it is empty.
    #[test]
    fn offline_nothing_is_taken_for_gone(input in any_world(any_policy())) {
        let mut offline = input.clone();
        offline.observed = None;
        offline.secrets = SecretFacts::default();
        for step in &planned(&offline).plan.steps {
            prop_assert!(!matches!(step.action, Action::Forget | Action::Adopt(_)), "{step:?}");
        }
        let first = planned(&input);
        if !first.refusals.is_empty() || !input.policy.selection.is_everything() {
            return Ok(());
        }
        let mut after = applied(&input, &first);
        after.observed = None;
        after.secrets = SecretFacts::default();
        after.policy = Policy::default();
        let kept: Vec<_> = first
            .notes
            .iter()
            .filter(|note| note.code == NoteCode::NeedsSignIn)
            .collect();
        prop_assert!(kept.is_empty());
        let waits = |step: &&Step| waits_for_token(&input, step);
        let left = planned(&after).plan.steps;
        let left: Vec<_> = left
            .iter()
            .filter(|step| !matches!(step.action, Action::Delete(_)) && !waits(step))
            .collect();
        prop_assert!(left.is_empty(), "{left:?}");
    }

    /// Undeclared values change nothing.
    #[test]
    fn a_platform_that_fills_more_in_changes_nothing(input in any_world(any_policy())) {
        let before = planned(&input);
        let mut more = input.clone();
        for instance in observed(&mut more).instances.values_mut() {
            let Some(configuration) = &mut instance.configuration else { continue };
            configuration.insert("filled.in.by.the.platform".to_owned(), Some(Secret::new("x")));
            configuration.insert("unset".to_owned(), None);
        }
        prop_assert_eq!(planned(&more), before);
    }

    /// A plan for one key says of it what the whole plan says, whatever else claims its instance. Only the
    /// entry of another key that is in its way is removed with it.
    #[test]
    fn a_targeted_plan_is_a_part_of_the_whole_one(input in any_world(any_policy())) {
        let mut whole = input.clone();
        whole.policy.selection = Selection::default();
        let all = planned(&whole);
        let keys = input.desired.instances.keys().chain(input.lock.instances.keys());
        for name in keys.take(8) {
            let mut targeted = whole.clone();
            targeted.policy.selection.targets = [name.to_string()].into();
            let part = planned(&targeted);
            let of_key = |planned: &Planned| {
                let steps = planned.plan.steps.iter().filter(|step| step.key == *name);
                let notes = planned.notes.iter().filter(|note| note.key.as_ref() == Some(name));
                let refusals = planned.refusals.iter().filter(|it| it.key.as_ref() == Some(name));
                let notes: Vec<_> = notes.filter(|note| !is_of_rename(note)).cloned().collect();
                (steps.cloned().collect::<Vec<_>>(), notes, refusals.cloned().collect::<Vec<_>>())
            };
            prop_assert_eq!(of_key(&part), of_key(&all), "{}", name);
            for step in part.plan.steps.iter().filter(|step| step.key != *name) {
                prop_assert!(all.plan.steps.contains(step), "{step:?}");
                prop_assert!(matches!(step.action, Action::Forget), "{step:?}");
            }
        }
    }

    /// No step touches an instance that is not ours.
    #[test]
    fn hands_off_what_is_not_ours(input in any_world(any_policy())) {
        let planned = planned(&input);
        for step in &planned.plan.steps {
            let Some(id) = step.id else { continue };
            let Some(observed) = &input.observed else { continue };
            let Some(instance) = observed.instances.get(&id) else { continue };
            let recorded = input.lock.instances.values().any(|entry| entry.id == id);
            let marked = instance.markers().any(|tag| tag.contains(":acme:"));
            prop_assert!(recorded || marked, "{step:?}");
        }
    }

    /// A plan is data: it survives serialization.
    #[test]
    fn a_plan_is_data(input in any_world(any_policy())) {
        let planned = plan(&input);
        let text = serde_json::to_string(&planned.plan).expect("JSON");
        let read: crate::model::Plan = serde_json::from_str(&text).expect("a plan");
        prop_assert_eq!(read, planned.plan);
    }

    /// A summary leaves no declared instance out, and counts none twice.
    #[test]
    fn every_declared_instance_is_counted_once(input in any_world(any_policy())) {
        let planned = planned(&input);
        let is_whole = planned.refusals.iter().all(|refusal| refusal.key.is_some());
        let Standing { declared, needs_sign_in, contested, refused, excluded } = planned.standing;
        let steps = planned.plan.steps.iter().filter(|step| !step.is_superfluous());
        let steps = steps.filter(|step| input.desired.instances.contains_key(&step.key)).count();
        let counted = steps + planned.unchanged + needs_sign_in + contested + refused + excluded;
        prop_assert!(!is_whole || counted == declared, "{:?} {steps}", planned.standing);
    }
}
