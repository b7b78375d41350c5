//! Random worlds of up to 40 keys: a settled world, and what renames, edits by hand, lost and old lock
//! files and interrupted runs do to it.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::world::*;
use crate::model::{
    DesiredInstance, DesiredValue, ElementKey, ElementRef, InstanceId, InstanceKey, Limit,
    LockedInstance, LockedToken, ObservedInstance, OnRemove, OpenIntent, PlainValue, Prune, Secret,
    SecretFact, VersusLock, VersusPlatform,
};
use crate::reconcile::{PlanInput, Policy, Resend, Selection};

const TAGS: [&str; 3] = ["x", "y", "z"];
const VALUES: [&str; 3] = ["one", "true", "{\"a\":1}"];
const ELEMENTS: [&str; 2] = ["private", "other-private"];
const PATHS: [&str; 7] = [
    "name",
    "tags",
    "enabled",
    "configuration.v0",
    "configuration.v1",
    "configuration.v2",
    "configuration.secret",
];

/// The key at this place. The markers of some are shortened, and two of these begin alike.
pub(super) fn key_at(place: usize) -> InstanceKey {
    match place {
        2 | 4 | 9 => key(&format!("{}{place}", "long-".repeat(13))),
        _ => key(&format!("k{place}")),
    }
}

/// Whose marker an instance carries, as a place among the keys.
#[derive(Clone, Copy, Debug)]
enum Mark {
    Own,
    OwnRetired,
    LiveOf(usize),
    RetiredOf(usize),
    Unknown,
    Foreign,
}

impl Mark {
    fn tag(self, own: usize, keys: usize) -> String {
        let name = |place: usize| key_at(place % keys).to_string();
        match self {
            Self::Own => live(&name(own)),
            Self::OwnRetired => retired(&name(own)),
            Self::LiveOf(place) => live(&name(place)),
            Self::RetiredOf(place) => retired(&name(place)),
            Self::Unknown => live("nobody-knows"),
            Self::Foreign => "connectorctl:somebody:else".to_owned(),
        }
    }
}

fn any_mark() -> impl Strategy<Value = Mark> {
    prop_oneof![
        16 => Just(Mark::Own),
        2 => Just(Mark::OwnRetired),
        3 => (0..40_usize).prop_map(Mark::LiveOf),
        1 => (0..40_usize).prop_map(Mark::RetiredOf),
        1 => Just(Mark::Unknown),
        1 => Just(Mark::Foreign),
    ]
}

/// What the lock file records for a key.
#[derive(Clone, Copy, Debug)]
enum Record {
    Own,
    Nothing,
    /// The first instance of another key: two were swapped, or recorded twice.
    Of(usize),
    Gone,
    Unread,
}

fn any_record() -> impl Strategy<Value = Record> {
    prop_oneof![
        16 => Just(Record::Own),
        4 => Just(Record::Nothing),
        1 => (0..40_usize).prop_map(Record::Of),
        2 => Just(Record::Gone),
        1 => Just(Record::Unread),
    ]
}

/// A difference between two states, made by hand.
#[derive(Clone, Copy, Debug)]
enum Edit {
    Name,
    Tags,
    Enabled,
    Value(usize, usize),
    Unset(usize),
    Spelling,
    Secret,
    Invalid,
    Element,
    Token,
    NoToken,
    HiddenTags,
    HiddenConfiguration,
}

fn any_edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        3 => Just(Edit::Name),
        3 => Just(Edit::Tags),
        3 => Just(Edit::Enabled),
        3 => (0..3_usize, 0..3_usize).prop_map(|(name, value)| Edit::Value(name, value)),
        2 => (0..3_usize).prop_map(Edit::Unset),
        1 => Just(Edit::Spelling),
        2 => Just(Edit::Secret),
        2 => Just(Edit::Invalid),
        2 => Just(Edit::Element),
        1 => Just(Edit::Token),
        1 => Just(Edit::NoToken),
        1 => Just(Edit::HiddenTags),
        1 => Just(Edit::HiddenConfiguration),
    ]
}

/// Mostly none.
fn any_edits() -> impl Strategy<Value = Vec<Edit>> {
    prop_oneof![
        3 => Just(Vec::new()),
        2 => proptest::collection::vec(any_edit(), 1..3),
    ]
}

#[derive(Clone, Debug)]
struct Existing {
    /// Usually one.
    marks: Vec<Mark>,
    edits: Vec<Edit>,
    fact: SecretFact,
}

fn any_existing() -> impl Strategy<Value = Existing> {
    let marks = prop_oneof![
        20 => any_mark().prop_map(|mark| vec![mark]),
        2 => Just(Vec::new()),
        1 => (any_mark(), any_mark()).prop_map(|(one, two)| vec![one, two]),
    ];
    (marks, any_edits(), any_fact()).prop_map(|(marks, edits, fact)| Existing {
        marks,
        edits,
        fact,
    })
}

/// What is known of a secret for one instance.
fn any_fact() -> impl Strategy<Value = SecretFact> {
    let lock = prop_oneof![
        6 => Just(VersusLock::Same),
        1 => Just(VersusLock::Changed),
        1 => Just(VersusLock::Unverified),
        1 => Just(VersusLock::KeyRotated),
    ];
    let platform = prop_oneof![
        6 => Just(VersusPlatform::Hidden),
        1 => Just(VersusPlatform::Same),
        1 => Just(VersusPlatform::Differs),
        1 => Just(VersusPlatform::Rewritten),
    ];
    (lock, platform).prop_map(|(versus_lock, versus_platform)| SecretFact {
        versus_lock,
        versus_platform,
    })
}

/// One key and everything that was ever made of it.
#[derive(Clone, Debug)]
struct Slot {
    wanted: DesiredInstance,
    /// It is not in the manifest.
    dropped: bool,
    moved_from: Option<usize>,
    record: Record,
    record_edits: Vec<Edit>,
    instances: Vec<Existing>,
    intent: bool,
}

prop_compose! {
    fn any_wanted()(
        name in 0..3_usize,
        tags in proptest::option::of(proptest::collection::btree_set(0..3_usize, 0..3)),
        plain in proptest::collection::btree_map(0..3_usize, 0..3_usize, 0..3),
        has_secret in proptest::bool::weighted(0.4),
        has_version in proptest::bool::weighted(0.3),
        disabled in proptest::bool::weighted(0.2),
        element in 0..2_usize,
        protect in proptest::bool::weighted(0.1),
        deletes in proptest::bool::weighted(0.2),
        ignored in prop_oneof![
            4 => Just(BTreeSet::new()),
            1 => proptest::collection::btree_set(0..PATHS.len(), 0..4),
        ],
    ) -> DesiredInstance {
        let mut instance = wanted(["one", "two", "three"][name]);
        instance.element = ElementRef::Key(ElementKey(ELEMENTS[element].to_owned()));
        instance.tags = tags.map(|tags| tags.into_iter().map(|tag| TAGS[tag].to_owned()).collect());
        instance.configuration = plain
            .into_iter()
            .map(|(name, value)| {
                (format!("v{name}"), DesiredValue::Plain(PlainValue::text(VALUES[value])))
            })
            .collect();
        if has_secret {
            instance.configuration.insert("secret".to_owned(), secret());
            if has_version {
                instance.secret_versions.insert("secret".to_owned(), "two".to_owned());
            }
        }
        instance.enabled = !disabled;
        instance.lifecycle.protect = protect;
        instance.lifecycle.on_remove = if deletes { OnRemove::Delete } else { OnRemove::Keep };
        instance.lifecycle.ignore_changes =
            ignored.into_iter().map(|place| PATHS[place].to_owned()).collect();
        instance
    }
}

fn any_slot() -> impl Strategy<Value = Slot> {
    let instances = prop_oneof![
        6 => any_existing().prop_map(|one| vec![one]),
        2 => proptest::collection::vec(any_existing(), 0..4),
    ];
    (
        any_wanted(),
        proptest::bool::weighted(0.25),
        proptest::option::weighted(0.25, 0..40_usize),
        any_record(),
        any_edits(),
        instances,
        proptest::bool::weighted(0.05),
    )
        .prop_map(
            |(wanted, dropped, moved_from, record, record_edits, instances, intent)| Slot {
                wanted,
                dropped,
                moved_from,
                record,
                record_edits,
                instances,
                intent,
            },
        )
}

/// Every option, with guards that refuse nothing.
pub(super) fn any_policy() -> impl Strategy<Value = Policy> {
    let all = vec![Prune::Removed, Prune::Orphans, Prune::Duplicates];
    (
        proptest::sample::subsequence(all, 0..=3),
        proptest::option::weighted(0.1, 0..6_usize),
        proptest::option::weighted(0.1, 0..6_usize),
        proptest::option::weighted(0.1, 0..6_usize),
        prop_oneof![
            6 => Just(Resend::Compare),
            1 => Just(Resend::Accept),
            1 => Just(Resend::Send(["*".to_owned()].into())),
        ],
    )
        .prop_map(|(prune, replace, target, exclude, secrets)| Policy {
            assume_absent: BTreeSet::new(),
            selection: Selection {
                targets: target
                    .map(|place| key_at(place).to_string())
                    .into_iter()
                    .collect(),
                excludes: exclude
                    .map(|place| key_at(place).to_string())
                    .into_iter()
                    .collect(),
            },
            prune: prune.into_iter().collect(),
            replace: replace.map(key_at).into_iter().collect(),
            secrets,
            recreate_vanished: true,
            max_changes: None,
            max_deletes: Limit::Percent(100),
        })
}

/// The same, and guards that do.
pub(super) fn any_guarded_policy() -> impl Strategy<Value = Policy> {
    let limits = prop_oneof![
        Just(Limit::Percent(100)),
        Just(Limit::Default),
        Just(Limit::Number(0)),
        Just(Limit::Percent(40)),
    ];
    let changes = proptest::option::weighted(0.2, 0..4_usize);
    (any_policy(), proptest::bool::weighted(0.5), limits, changes).prop_map(
        |(policy, recreate_vanished, max_deletes, max_changes)| Policy {
            recreate_vanished,
            max_deletes,
            max_changes,
            ..policy
        },
    )
}

pub(super) fn any_world(policy: impl Strategy<Value = Policy>) -> impl Strategy<Value = PlanInput> {
    let slots = prop_oneof![
        12 => proptest::collection::vec(any_slot(), 1..5),
        1 => proptest::collection::vec(any_slot(), 5..=40),
    ];
    (slots, policy, proptest::bool::weighted(0.1)).prop_map(|(slots, policy, other_user)| {
        let mut input = world();
        input.policy = policy;
        input.other_user = other_user;
        declare(&mut input, &slots);
        exist(&mut input, &slots);
        record(&mut input, &slots);
        compare(&mut input, &slots);
        input
    })
}

/// The manifest rejects two keys that moved from one, and a declared one that another moved from.
fn declare(input: &mut PlanInput, slots: &[Slot]) {
    let mut taken = BTreeSet::new();
    for (place, slot) in slots.iter().enumerate().filter(|(_, slot)| !slot.dropped) {
        let mut instance = slot.wanted.clone();
        let from = slot.moved_from.map(|from| from % slots.len());
        let from = from.filter(|from| slots[*from].dropped && taken.insert(*from));
        instance.lifecycle.moved_from = from.map(key_at);
        input.desired.instances.insert(key_at(place), instance);
    }
    for (place, _) in slots.iter().enumerate().filter(|(_, slot)| slot.intent) {
        let intent = OpenIntent::new(BTreeMap::new());
        input.intents.insert(key_at(place), intent);
    }
}

fn id_of(place: usize, number: usize) -> u64 {
    (place * 4 + number + 1) as u64
}

fn exist(input: &mut PlanInput, slots: &[Slot]) {
    for (place, slot) in slots.iter().enumerate() {
        for (number, existing) in slot.instances.iter().enumerate() {
            let mut instance = as_declared(id_of(place, number), &slot.wanted);
            let marks = existing.marks.iter();
            let marks = marks.map(|mark| mark.tag(place, slots.len()));
            instance.tags.get_or_insert_default().extend(marks);
            for edit in &existing.edits {
                edit_instance(&mut instance, *edit);
            }
            observe(input, instance);
        }
    }
}

fn as_declared(id: u64, wanted: &DesiredInstance) -> ObservedInstance {
    let mut instance = seen(id, &wanted.name, &[]);
    instance.element = made_of(&wanted.element);
    instance.tags = Some(
        wanted
            .tags
            .clone()
            .unwrap_or_else(|| ["own".to_owned()].into()),
    );
    let shown = |value: &DesiredValue| match value {
        DesiredValue::Plain(plain) => plain.canonical(),
        DesiredValue::Secret(_) => "********".to_owned(),
    };
    let values = wanted.configuration.iter();
    instance.configuration = Some(
        values
            .map(|(name, value)| (name.clone(), Some(Secret::new(shown(value)))))
            .collect(),
    );
    instance.enabled = wanted.enabled;
    instance
}

fn edit_instance(instance: &mut ObservedInstance, edit: Edit) {
    let configuration = &mut instance.configuration;
    match edit {
        Edit::Name => instance.name.push_str(" by hand"),
        Edit::Tags => {
            if let Some(tags) = &mut instance.tags {
                tags.insert("by-hand".to_owned());
            }
        }
        Edit::Enabled => instance.enabled = !instance.enabled,
        Edit::Value(name, value) => {
            let value = Some(Secret::new(VALUES[value]));
            configuration
                .get_or_insert_default()
                .insert(format!("v{name}"), value);
        }
        Edit::Unset(name) => {
            configuration
                .get_or_insert_default()
                .insert(format!("v{name}"), None);
        }
        Edit::Spelling => {
            for value in configuration
                .iter_mut()
                .flat_map(|all| all.values_mut())
                .flatten()
            {
                if value.expose() == VALUES[2] {
                    *value = Secret::new("{ \"a\": 1 }");
                }
            }
        }
        // What a secret is compared with are the facts.
        Edit::Secret => {}
        Edit::Invalid => instance.valid = false,
        Edit::Element => instance.element = element("by-hand"),
        Edit::Token => instance.token = Some(Secret::new("another")),
        Edit::NoToken => instance.token = None,
        Edit::HiddenTags => instance.tags = None,
        Edit::HiddenConfiguration => instance.configuration = None,
    }
}

fn record(input: &mut PlanInput, slots: &[Slot]) {
    for (place, slot) in slots.iter().enumerate() {
        let id = match slot.record {
            Record::Nothing => continue,
            Record::Own => id_of(place, 0),
            Record::Of(other) => id_of(other % slots.len(), 0),
            Record::Gone => 500 + place as u64,
            Record::Unread => 600 + place as u64,
        };
        let mut entry = recorded(id, &slot.wanted.name);
        entry.element = made_of(&slot.wanted.element);
        entry.tags.clone_from(&slot.wanted.tags);
        entry.enabled = slot.wanted.enabled;
        entry.lifecycle.clone_from(&slot.wanted.lifecycle);
        entry.configuration.clear();
        for (name, value) in &slot.wanted.configuration {
            match value {
                DesiredValue::Plain(plain) => {
                    entry.configuration.insert(name.clone(), plain.canonical());
                }
                DesiredValue::Secret(_) => {
                    entry.secrets.insert(name.clone(), None);
                }
            }
        }
        for edit in &slot.record_edits {
            edit_entry(&mut entry, *edit);
        }
        input.lock.instances.insert(key_at(place), entry);
        let is_unread = matches!(slot.record, Record::Unread);
        let observed = observed(input);
        if !observed.instances.contains_key(&InstanceId(id)) && !is_unread {
            observed.gone.insert(InstanceId(id));
        }
    }
}

fn edit_entry(entry: &mut LockedInstance, edit: Edit) {
    match edit {
        Edit::Name => entry.name.push_str(" before"),
        Edit::Tags => entry.tags = Some(["before".to_owned()].into()),
        Edit::Enabled => entry.enabled = !entry.enabled,
        Edit::Value(name, value) => {
            entry
                .configuration
                .insert(format!("v{name}"), VALUES[value].to_owned());
        }
        Edit::Unset(name) => {
            entry.configuration.remove(&format!("v{name}"));
        }
        Edit::Secret => {
            if entry.secrets.remove("secret").is_none() {
                entry.secrets.insert("secret".to_owned(), None);
            }
        }
        // The element of an instance never changes.
        Edit::Element => entry.lifecycle.ignore_changes.clear(),
        Edit::Token => entry.token = Some(LockedToken::Plain(Secret::new("before"))),
        Edit::NoToken => entry.token = None,
        Edit::Invalid => entry.lifecycle.protect = !entry.lifecycle.protect,
        Edit::Spelling => entry.lifecycle.on_remove = OnRemove::Delete,
        Edit::HiddenTags => entry.tags = None,
        Edit::HiddenConfiguration => {
            entry.lifecycle.ignore_changes.insert("name".to_owned());
        }
    }
}

/// Gives each secret of a declared key a fact that the lock file allows.
fn compare(input: &mut PlanInput, slots: &[Slot]) {
    let facts: Vec<(InstanceId, SecretFact)> = slots
        .iter()
        .enumerate()
        .flat_map(|(place, slot)| {
            let instances = slot.instances.iter().enumerate();
            instances.map(move |(number, one)| (InstanceId(id_of(place, number)), one.fact))
        })
        .collect();
    let mut sent = BTreeSet::new();
    for (name, instance) in &input.desired.instances {
        if !instance.configuration.contains_key("secret") {
            continue;
        }
        let keys = [Some(name.clone()), instance.lifecycle.moved_from.clone()];
        let entries: Vec<_> = keys
            .iter()
            .flatten()
            .filter_map(|key| input.lock.instances.get(key))
            .collect();
        for (id, fact) in &facts {
            let mut fact = *fact;
            let entry = entries.iter().find(|entry| entry.id == *id);
            let may_be = match (entry, fact.versus_lock) {
                (Some(entry), _) => entry.secrets.contains_key("secret"),
                // Only what an intent sent is known.
                (None, lock) => matches!(lock, VersusLock::Same | VersusLock::Changed),
            };
            if !may_be {
                fact.versus_lock = VersusLock::NotRecorded;
            } else if fact.versus_lock != VersusLock::Unverified {
                sent.insert(*id);
            }
            input.secrets.insert(name, *id, "secret", fact);
        }
    }
    for entry in input.lock.instances.values_mut() {
        if sent.contains(&entry.id)
            && let Some(secret) = entry.secrets.get_mut("secret")
        {
            *secret = Some(fingerprint());
        }
    }
}
