//! The laws, over random worlds.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::world::*;
use crate::model::{
    Action, DesiredInstance, DesiredValue, InstanceId, Limit, LockedInstance, NoteCode,
    ObservedInstance, OnRemove, OpenIntent, PlainValue, Planned, Prune, Secret, SecretFact,
    SecretFacts, VersusLock, VersusPlatform,
};
use crate::reconcile::{PlanInput, Policy, Resend, Selection, plan};

const KEYS: [&str; 4] = ["a", "b", "c", "d"];
const NAMES: [&str; 6] = ["a", "b", "c", "d", "old-1", "gone"];
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
        protect in proptest::bool::weighted(0.1),
        ignored in proptest::option::weighted(0.1, 0..4_usize),
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
        instance.lifecycle.protect = protect;
        let paths = ["name", "tags", "enabled", "configuration.secret"];
        instance.lifecycle.ignore_changes =
            ignored.map(|place| paths[place].to_owned()).into_iter().collect();
        instance.lifecycle.moved_from = moved.map(|place| key(["old-1", "old-2"][place]));
        instance
    }
}

/// Markers of known keys, foreign markers, and none.
fn any_marker() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        6 => (0..4_usize).prop_map(|place| Some(live(KEYS[place]))),
        1 => Just(Some(live("old-1"))),
        1 => (0..2_usize).prop_map(|place| Some(retired(KEYS[place]))),
        1 => Just(Some(retired("old-1"))),
        1 => Just(Some(live("orphan"))),
        1 => Just(Some("connectorctl:somebody:else".to_owned())),
        2 => Just(None),
    ]
}

prop_compose! {
    fn any_seen(id: u64)(
        name in 0..3_usize,
        tags in proptest::collection::btree_set(0..3_usize, 0..3),
        marker in any_marker(),
        second in proptest::option::weighted(0.05, any_marker()),
        values in proptest::collection::btree_map(0..3_usize, proptest::option::of(0..3_usize), 0..3),
        masked: bool,
        enabled: bool,
        valid in proptest::bool::weighted(0.9),
        element in 0..2_usize,
    ) -> ObservedInstance {
        let mut instance = seen(id, ["one", "two", "three"][name], &[]);
        instance.element = self::element(ELEMENTS[element]);
        let mut all: BTreeSet<String> =
            tags.into_iter().map(|tag| TAGS[tag].to_owned()).collect();
        all.extend(marker);
        all.extend(second.flatten());
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

fn any_prune() -> impl Strategy<Value = BTreeSet<Prune>> {
    let all = vec![Prune::Removed, Prune::Orphans, Prune::Duplicates];
    proptest::sample::subsequence(all, 0..=3).prop_map(|some| some.into_iter().collect())
}

prop_compose! {
    fn any_policy()(
        prune in any_prune(),
        replace in proptest::option::weighted(0.1, 0..4_usize),
        target in proptest::option::weighted(0.1, 0..4_usize),
        secrets in prop_oneof![
            6 => Just(Resend::Compare),
            1 => Just(Resend::Accept),
            1 => Just(Resend::Send(["*".to_owned()].into())),
        ],
    ) -> Policy {
        Policy {
            assume_absent: BTreeSet::new(),
            selection: Selection {
                targets: target.map(|place| KEYS[place].to_owned()).into_iter().collect(),
                excludes: BTreeSet::new(),
            },
            prune,
            replace: replace.map(|place| key(KEYS[place])).into_iter().collect(),
            secrets,
            recreate_vanished: true,
            max_changes: None,
            max_deletes: Limit::Percent(100),
        }
    }
}

prop_compose! {
    fn any_entry()(
        name in 0..3_usize,
        tags in proptest::option::of(proptest::collection::btree_set(0..3_usize, 0..3)),
        plain in proptest::collection::btree_map(0..3_usize, 0..3_usize, 0..3),
        has_secret: bool,
        enabled: bool,
        protect in proptest::bool::weighted(0.2),
        deletes in proptest::bool::weighted(0.2),
    ) -> LockedInstance {
        let mut entry = recorded(0, ["one", "two", "three"][name]);
        entry.tags = tags.map(|tags| tags.into_iter().map(|tag| TAGS[tag].to_owned()).collect());
        entry.configuration = plain
            .into_iter()
            .map(|(name, value)| (format!("v{name}"), VALUES[value].to_owned()))
            .collect();
        if has_secret {
            entry.secrets.insert("secret".to_owned(), None);
        }
        entry.enabled = enabled;
        entry.lifecycle.protect = protect;
        if deletes {
            entry.lifecycle.on_remove = OnRemove::Delete;
        }
        entry
    }
}

fn any_seen_list() -> impl Strategy<Value = Vec<ObservedInstance>> {
    let some = |id| proptest::option::of(any_seen(id));
    (some(1), some(2), some(3), some(4), some(5))
        .prop_map(|(a, b, c, d, e)| [a, b, c, d, e].into_iter().flatten().collect())
}

/// What is known of a secret for one instance.
fn any_fact() -> impl Strategy<Value = SecretFact> {
    let lock = prop_oneof![
        3 => Just(VersusLock::Same),
        1 => Just(VersusLock::Changed),
        1 => Just(VersusLock::Unverified),
        1 => Just(VersusLock::KeyRotated),
    ];
    let platform = prop_oneof![
        3 => Just(VersusPlatform::Hidden),
        1 => Just(VersusPlatform::Same),
        1 => Just(VersusPlatform::Differs),
    ];
    (lock, platform).prop_map(|(versus_lock, versus_platform)| SecretFact {
        versus_lock,
        versus_platform,
    })
}

fn any_world() -> impl Strategy<Value = PlanInput> {
    let desired = proptest::collection::btree_map(0..4_usize, any_desired(), 0..4);
    let lock = proptest::collection::btree_map(0..6_usize, (1..6_u64, any_entry()), 0..4);
    let facts = proptest::collection::vec(proptest::collection::vec(any_fact(), 5), 4);
    let intents = proptest::collection::btree_set(0..6_usize, 0..2);
    let parts = (desired, lock, any_seen_list(), facts, intents, any_policy());
    parts.prop_map(|(desired, lock, seen_list, facts, intents, policy)| {
        let mut input = world();
        for (place, mut instance) in desired {
            // The manifest rejects two keys that moved from the same key.
            let taken = input
                .desired
                .instances
                .values()
                .any(|other| other.lifecycle.moved_from == instance.lifecycle.moved_from);
            if taken {
                instance.lifecycle.moved_from = None;
            }
            input.desired.instances.insert(key(KEYS[place]), instance);
        }
        for instance in seen_list {
            observe(&mut input, instance);
        }
        let mut taken = BTreeSet::new();
        for (place, (id, mut entry)) in lock {
            if !taken.insert(id) {
                continue;
            }
            entry.id = InstanceId(id);
            input.lock.instances.insert(key(NAMES[place]), entry);
            let observed = observed(&mut input);
            if !observed.instances.contains_key(&InstanceId(id)) {
                observed.gone.insert(InstanceId(id));
            }
        }
        for (place, name) in KEYS.iter().enumerate() {
            let Some(instance) = input.desired.instances.get(&key(name)) else {
                continue;
            };
            if !instance.configuration.contains_key("secret") {
                continue;
            }
            let keys = [Some(key(name)), instance.lifecycle.moved_from.clone()];
            let entries: Vec<&LockedInstance> = keys
                .iter()
                .flatten()
                .filter_map(|key| input.lock.instances.get(key))
                .collect();
            for (id, mut fact) in (1..).zip(facts[place].iter().copied()) {
                let entry = entries.iter().find(|entry| entry.id == InstanceId(id));
                let may_be = match (entry, fact.versus_lock) {
                    (Some(entry), _) => entry.secrets.contains_key("secret"),
                    // Only what an intent sent is known.
                    (None, lock) => matches!(lock, VersusLock::Same | VersusLock::Changed),
                };
                if !may_be {
                    fact.versus_lock = VersusLock::NotRecorded;
                }
                input
                    .secrets
                    .insert(&key(name), InstanceId(id), "secret", fact);
            }
        }
        for place in intents {
            let intent = OpenIntent::new(BTreeMap::new());
            input.intents.insert(key(NAMES[place]), intent);
        }
        input.policy = policy;
        input
    })
}

/// The number of instances with the live marker of this key.
fn carriers(input: &PlanInput, name: &str) -> usize {
    let Some(observed) = &input.observed else {
        return 0;
    };
    let all = observed.instances.values();
    all.filter(|seen| seen.has_tag(&live(name))).count()
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
    fn after_an_apply_there_is_nothing_to_do(input in any_world()) {
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
            .filter(|step| !waiting.contains(&step.key))
            .collect();
        prop_assert!(left.is_empty(), "{:?}\nafter\n{:?}", steps(&second), steps(&first));
    }

    /// Law 3, and the end of law 4: no plan makes a second instance with the marker of a key, and
    /// existing duplicates are all reported.
    #[test]
    fn no_plan_doubles_a_key_and_every_double_is_reported(input in any_world()) {
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
    fn a_refused_key_has_no_step_on_its_current_instance(input in any_world()) {
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
    fn offline_nothing_is_taken_for_gone(input in any_world()) {
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
        let left = steps(&planned(&after));
        let left: Vec<_> = left.iter().filter(|step| !step.starts_with("delete")).collect();
        prop_assert!(left.is_empty(), "{left:?}");
    }

    /// Undeclared values change nothing.
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

    /// No step touches an instance that is not ours.
    #[test]
    fn hands_off_what_is_not_ours(input in any_world()) {
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
    fn a_plan_is_data(input in any_world()) {
        let planned = plan(&input);
        let text = serde_json::to_string(&planned.plan).expect("JSON");
        let read: crate::model::Plan = serde_json::from_str(&text).expect("a plan");
        prop_assert_eq!(read, planned.plan);
    }
}
