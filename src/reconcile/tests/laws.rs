//! The laws, over random worlds.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::world::*;
use crate::model::{
    DesiredInstance, DesiredValue, LockedInstance, ObservedInstance, PlainValue, Secret,
    SecretFact, VersusLock, VersusPlatform,
};
use crate::reconcile::{Limit, PlanInput, plan};

const KEYS: [&str; 4] = ["a", "b", "c", "d"];
const TAGS: [&str; 3] = ["x", "y", "z"];
const VALUES: [&str; 3] = ["one", "true", "{\"a\":1}"];
const ELEMENTS: [&str; 2] = ["private", "other-private"];

prop_compose! {
    fn any_desired()(
        name in 0..3_usize,
        tags in proptest::option::of(proptest::collection::btree_set(0..3_usize, 0..3)),
        plain in proptest::collection::btree_map(0..3_usize, 0..3_usize, 0..3),
        has_secret: bool,
        enabled: bool,
        element in 0..2_usize,
        moved in proptest::option::of(0..2_usize),
    ) -> DesiredInstance {
        let mut instance = wanted(["one", "two", "three"][name]);
        instance.element = crate::model::ElementRef::Key(crate::model::ElementKey(ELEMENTS[element].to_owned()));
        instance.tags = tags.map(|tags| tags.into_iter().map(|tag| TAGS[tag].to_owned()).collect());
        instance.configuration = plain
            .into_iter()
            .map(|(name, value)| (format!("v{name}"), DesiredValue::Plain(PlainValue::text(VALUES[value]))))
            .collect();
        if has_secret {
            instance.configuration.insert("secret".to_owned(), secret());
        }
        instance.enabled = enabled;
        // Renames have tests of their own: two records for one instance are no world of this law.
        let _ = moved;
        instance
    }
}

prop_compose! {
    fn any_seen(id: u64)(
        name in 0..3_usize,
        tags in proptest::collection::btree_set(0..3_usize, 0..3),
        marker in 0..8_usize,
        values in proptest::collection::btree_map(0..3_usize, proptest::option::of(0..3_usize), 0..3),
        masked: bool,
        enabled: bool,
        valid in proptest::bool::weighted(0.9),
        element in 0..2_usize,
    ) -> ObservedInstance {
        let mut instance = seen(id, ["one", "two", "three"][name], &[]);
        instance.element = self::element(ELEMENTS[element]);
        let mut all: std::collections::BTreeSet<String> =
            tags.into_iter().map(|tag| TAGS[tag].to_owned()).collect();
        let marker = match marker {
            0..=3 => Some(live(KEYS[marker])),
            4 => Some(live("old-1")),
            5 => Some(retired("a")),
            6 => Some("connectorctl:somebody:else".to_owned()),
            _ => None,
        };
        all.extend(marker);
        instance.tags = Some(all);
        let mut configuration: BTreeMap<String, Option<Secret>> = values
            .into_iter()
            .map(|(name, value)| (format!("v{name}"), value.map(|value| Secret::new(VALUES[value]))))
            .collect();
        if masked {
            configuration.insert("secret".to_owned(), Some(Secret::new("********")));
        }
        instance.configuration = Some(configuration);
        instance.enabled = enabled;
        instance.valid = valid;
        instance
    }
}

fn any_seen_list() -> impl Strategy<Value = Vec<ObservedInstance>> {
    let some = |id| proptest::option::of(any_seen(id));
    (some(1), some(2), some(3), some(4), some(5))
        .prop_map(|(a, b, c, d, e)| [a, b, c, d, e].into_iter().flatten().collect())
}

fn any_world() -> impl Strategy<Value = PlanInput> {
    let desired = proptest::collection::btree_map(0..4_usize, any_desired(), 0..4);
    let lock = proptest::collection::btree_map(0..6_usize, 1..6_u64, 0..4);
    let facts = proptest::collection::vec(0..5_usize, 4);
    (desired, lock, any_seen_list(), facts).prop_map(|(desired, lock, seen_list, facts)| {
        let mut input = world();
        for (place, instance) in desired {
            // Two keys that moved from one, or from a declared one, are errors of the manifest.
            let taken = input
                .desired
                .instances
                .values()
                .any(|other| other.lifecycle.moved_from == instance.lifecycle.moved_from);
            let mut instance = instance;
            if taken {
                instance.lifecycle.moved_from = None;
            }
            let fact = SecretFact {
                versus_lock: [
                    VersusLock::Same,
                    VersusLock::Changed,
                    VersusLock::Unverified,
                    VersusLock::NotRecorded,
                    VersusLock::Same,
                ][facts[place]],
                versus_platform: [
                    VersusPlatform::Hidden,
                    VersusPlatform::Hidden,
                    VersusPlatform::Same,
                    VersusPlatform::Differs,
                    VersusPlatform::Differs,
                ][facts[place]],
            };
            if instance.configuration.contains_key("secret") {
                let facts = input.secrets.entry(key(KEYS[place])).or_default();
                facts.insert("secret".to_owned(), fact);
            }
            input.desired.instances.insert(key(KEYS[place]), instance);
        }
        for instance in seen_list {
            observe(&mut input, instance);
        }
        let mut taken = std::collections::BTreeSet::new();
        for (place, id) in lock {
            if !taken.insert(id) {
                continue;
            }
            let name = ["a", "b", "c", "d", "old-1", "gone"][place];
            let entry: LockedInstance = recorded(id, "one");
            input.lock.instances.insert(key(name), entry);
            if !observed(&mut input)
                .instances
                .contains_key(&crate::model::InstanceId(id))
            {
                observed(&mut input)
                    .gone
                    .insert(crate::model::InstanceId(id));
            }
        }
        input.policy.recreate_vanished = true;
        input.policy.max_deletes = Limit::Percent(10_000);
        input.policy.prune_removed = facts[0] == 1;
        input.policy.prune_duplicates = facts[1] == 1;
        input.policy.prune_orphans = facts[2] == 1;
        input
    })
}

proptest! {
    // The same worlds in every run: a gate must say the same of the same commit.
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        rng_seed: proptest::test_runner::RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Law 1 where nothing is refused: what an apply leaves needs no step. A replace leaves its old
    /// instance deleted, and an adopted one in line.
    #[test]
    fn after_an_apply_there_is_nothing_to_do(input in any_world()) {
        let first = planned(&input);
        let after = applied(&input, &first);
        // What cannot be told from the first look shows at the second: duplicates of a key whose
        // recorded instance is refused stay as they are.
        let second = planned(&after);
        let refused: Vec<_> = second.refusals.iter().filter_map(|r| r.key.clone()).collect();
        // An old instance is kept until its successor is valid, which takes a look of its own.
        let waiting: Vec<_> = first
            .notes
            .iter()
            .filter(|note| note.code == crate::model::NoteCode::Retired)
            .filter_map(|note| note.key.clone())
            .collect();
        let left: Vec<_> = second
            .plan
            .steps
            .iter()
            .filter(|step| !refused.contains(&step.key) && !waiting.contains(&step.key))
            .collect();
        prop_assert!(left.is_empty(), "{:?}\nafter\n{:?}", steps(&second), steps(&first));
    }

    /// Values nobody declared change nothing.
    #[test]
    fn a_platform_that_fills_more_in_changes_nothing(input in any_world()) {
        let before = planned(&input);
        let mut more = input.clone();
        for instance in observed(&mut more).instances.values_mut() {
            let configuration = instance.configuration.get_or_insert_default();
            configuration.insert("filled.in.by.the.platform".to_owned(), Some(Secret::new("x")));
            configuration.insert("unset".to_owned(), None);
        }
        prop_assert_eq!(planned(&more), before);
    }

    /// Nothing that is not ours is in any step, whatever its name; notes are never steps.
    #[test]
    fn hands_off_what_is_not_ours(input in any_world()) {
        let planned = planned(&input);
        prop_assert!(all_tags(&input).len() < 100);
        for step in &planned.plan.steps {
            let Some(id) = step.id else { continue };
            let crate::reconcile::View::Live(observed) = &input.view else { continue };
            let Some(instance) = observed.instances.get(&id) else { continue };
            let recorded = input.lock.instances.values().any(|entry| entry.id == id);
            let marked = instance.tags.iter().flatten().any(|tag| tag.contains(":acme:"));
            prop_assert!(recorded || marked, "{step:?}");
        }
    }

    /// A plan is data: it survives being written and read.
    #[test]
    fn a_plan_is_data(input in any_world()) {
        let planned = plan(&input);
        let text = serde_json::to_string(&planned.plan).expect("JSON");
        let read: crate::model::Plan = serde_json::from_str(&text).expect("a plan");
        prop_assert_eq!(read, planned.plan);
    }
}
