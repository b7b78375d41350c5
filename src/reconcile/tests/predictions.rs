//! The planner does what the oracle predicts, over random worlds.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;

use super::oracle::{Prediction, predict};
use super::random::{any_guarded_policy, any_world};
use crate::model::{
    InstanceKey, LockedInstance, Marker, ObservedInstance, Planned, VersusLock, VersusPlatform,
};
use crate::reconcile::{PlanInput, plan};

const WORLDS: u32 = 3_000;
/// The kinds of things that [`has`] tells apart.
const KINDS: usize = 27;
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

/// What a world has of the things that the oracle is to be tried on.
fn has(input: &PlanInput) -> Vec<&'static str> {
    let declared = || input.desired.instances.iter();
    let observed = input.observed.iter();
    let seen: Vec<_> = observed.flat_map(|all| all.instances.values()).collect();
    let entries = &input.lock.instances;
    let by_id = |id| seen.iter().find(|one| one.id == id).copied();
    let live = |key: &InstanceKey| Marker::live(&input.desired.inventory, key);
    let differs = |value: &dyn Fn(&ObservedInstance, &LockedInstance) -> bool| {
        let mut both = entries.values().filter_map(|it| Some((by_id(it.id)?, it)));
        both.any(|(one, entry)| value(one, entry))
    };
    let is_shortened = |key: &InstanceKey| !live(key).as_str().ends_with(key.as_str());
    let facts = declared().flat_map(|(key, _)| {
        let secrets = &input.secrets;
        seen.iter().map(|one| secrets.get(key, one.id, "secret"))
    });
    let facts: Vec<_> = facts.collect();
    let versus = |lock| facts.iter().any(|fact| fact.versus_lock == lock);
    let ignores = |path: &str| {
        let mut all = declared();
        all.any(|(_, wanted)| wanted.lifecycle.ignore_changes.contains(path))
    };
    let is_swapped = |(key, entry): (&InstanceKey, &LockedInstance)| {
        let one = by_id(entry.id);
        let mut others = entries.keys().filter(|other| *other != key);
        one.is_some_and(|one| others.any(|other| one.carries(&live(other))))
    };
    let kinds = [
        (
            "a rename",
            declared().any(|(_, it)| it.lifecycle.moved_from.is_some()),
        ),
        (
            "a removed key",
            entries
                .keys()
                .any(|key| !input.desired.instances.contains_key(key)),
        ),
        (
            "a key that was added again",
            declared().any(|(key, _)| {
                !entries.contains_key(key) && seen.iter().any(|one| one.carries(&live(key)))
            }),
        ),
        ("a swap", entries.iter().any(is_swapped)),
        (
            "a contested marker",
            seen.iter().any(|one| one.markers().count() > 1),
        ),
        (
            "a shortened marker",
            declared().any(|(key, _)| is_shortened(key)),
        ),
        (
            "a retired instance",
            seen.iter().any(|one| one.markers().any(Marker::is_retired)),
        ),
        ("an ignored name", ignores("name")),
        ("ignored tags", ignores("tags")),
        ("an ignored state", ignores("enabled")),
        ("an ignored value", ignores("configuration.v0")),
        ("an ignored secret", ignores("configuration.secret")),
        (
            "a version",
            declared().any(|(_, it)| !it.secret_versions.is_empty()),
        ),
        ("another secret or version", versus(VersusLock::Changed)),
        ("an unverified secret", versus(VersusLock::Unverified)),
        ("a rotated key", versus(VersusLock::KeyRotated)),
        (
            "a name by hand",
            differs(&|one, entry| one.name != entry.name),
        ),
        ("tags by hand", differs(&|one, _| one.has_tag("by-hand"))),
        (
            "a state by hand",
            differs(&|one, entry| one.enabled != entry.enabled),
        ),
        (
            "an element by hand",
            differs(&|one, entry| one.element.key != entry.element.key),
        ),
        (
            "a token by hand",
            differs(&|one, entry| entry.is_token_in_doubt(one)),
        ),
        ("an invalid instance", seen.iter().any(|one| !one.valid)),
        (
            "an instance in part",
            seen.iter().any(|one| one.is_abridged()),
        ),
        (
            "a rewritten secret",
            facts
                .iter()
                .any(|it| it.versus_platform == VersusPlatform::Rewritten),
        ),
        ("another user", input.other_user),
        ("an open create", !input.intents.is_empty()),
        ("many keys", input.desired.instances.len() >= 20),
    ];
    let kinds = kinds.into_iter();
    kinds.filter_map(|(kind, is)| is.then_some(kind)).collect()
}

/// A kind that the worlds no longer have would be predicted without being tried.
#[test]
fn the_worlds_have_everything_that_the_oracle_is_tried_on() {
    let config = ProptestConfig {
        rng_seed: proptest::test_runner::RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..WORLDS {
        let world = any_world(any_guarded_policy()).new_tree(&mut runner);
        let world = world.expect("a world").current();
        for kind in has(&world) {
            *counts.entry(kind).or_default() += 1;
        }
    }
    println!("of {WORLDS} worlds: {counts:#?}");
    assert_eq!(counts.len(), KINDS, "{counts:#?}");
    assert!(counts.values().all(|count| *count >= 20), "{counts:#?}");
}

proptest! {
    // The same worlds in every run, so that the result depends on the commit only.
    #![proptest_config(ProptestConfig {
        cases: WORLDS,
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
