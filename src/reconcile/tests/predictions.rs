//! The planner does what the oracle predicts, over random worlds.

use std::collections::BTreeSet;
use std::fmt::Write;

use proptest::prelude::*;

use super::oracle::{Prediction, predict};
use super::random::{any_guarded_policy, any_world};
use crate::model::{InstanceKey, Planned};
use crate::reconcile::{PlanInput, plan};

/// The notes that the oracle has a word on.
const NOTES: [&str; 8] = [
    "duplicate",
    "foreign",
    "kept",
    "look-alike",
    "orphan",
    "other-user",
    "retired",
    "unsettled",
];

/// The plan in the words of the oracle. Of the named ids it has those that the oracle asks for.
fn in_words(planned: &Planned, expected: &Prediction) -> Prediction {
    let coded = |code: &str, key: &Option<InstanceKey>| match key {
        Some(key) => format!("{code} {key}"),
        None => code.to_owned(),
    };
    let steps = planned.plan.steps.iter().map(|step| {
        let id = step.id.map(|id| format!(" {id}")).unwrap_or_default();
        format!("{} {}{id}", step.action.as_str(), step.key)
    });
    let notes = planned.notes.iter();
    let notes = notes.filter(|note| NOTES.contains(&note.code.as_str()));
    let refusals = planned.refusals.iter();
    let named = expected.named.iter().filter(|(code, id)| {
        planned.notes.iter().any(|note| {
            let mut words = note.message.split(|c: char| !c.is_ascii_digit());
            note.code.as_str() == *code && words.any(|word| word == id.to_string())
        })
    });
    Prediction {
        steps: steps.collect(),
        notes: notes
            .map(|note| coded(note.code.as_str(), &note.key))
            .collect(),
        refusals: refusals
            .map(|it| coded(it.code.as_str(), &it.key))
            .collect(),
        named: named.copied().collect(),
    }
}

/// A world as one reads it.
fn described(input: &PlanInput) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{:?}", input.policy);
    for (key, wanted) in &input.desired.instances {
        let lifecycle = &wanted.lifecycle;
        let _ = writeln!(
            out,
            "declared {key}: {} {} {lifecycle:?}",
            wanted.name, wanted.element
        );
    }
    for (key, entry) in &input.lock.instances {
        let _ = writeln!(out, "recorded {key}: {} {:?}", entry.id, entry.lifecycle);
    }
    let observed = input.observed.iter();
    for one in observed.flat_map(|observed| observed.instances.values()) {
        let (element, is_shown) = (&one.element.key, one.configuration.is_some());
        let _ = writeln!(
            out,
            "exists {}: {} {element} {:?} shown {is_shown} valid {}",
            one.id, one.name, one.tags, one.valid
        );
    }
    out
}

proptest! {
    // The same worlds in every run, so that the result depends on the commit only.
    #![proptest_config(ProptestConfig {
        cases: 3_000,
        rng_seed: proptest::test_runner::RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_step_is_the_one_that_the_presence_table_predicts(
        input in any_world(any_guarded_policy())
    ) {
        let expected = predict(&input);
        let actual = in_words(&plan(&input), &expected);
        let only = |these: &BTreeSet<String>, those: &BTreeSet<String>| {
            these.difference(those).cloned().collect::<Vec<_>>()
        };
        prop_assert!(
            actual == expected,
            "planned {:?} {:?} {:?}\npredicted {:?} {:?} {:?} {:?}\n{}",
            only(&actual.steps, &expected.steps),
            only(&actual.notes, &expected.notes),
            only(&actual.refusals, &expected.refusals),
            only(&expected.steps, &actual.steps),
            only(&expected.notes, &actual.notes),
            only(&expected.refusals, &actual.refusals),
            expected.named.difference(&actual.named).collect::<Vec<_>>(),
            described(&input)
        );
    }
}
