//! What is known of a secret, for each instance that may turn out to be the key's.

use std::collections::BTreeMap;

use super::{
    FactInput, FingerprintKey, FingerprintKeys, MissingPolicy, desired, env, facts, key, lookups,
    remake, resolve,
};
use crate::model::{
    Desired, Element, ElementKey, Fingerprint, InstanceId, InstanceKey, Lifecycle, Lock,
    LockedInstance, Marker, Observed, ObservedInstance, OpenIntent, ReadBack, Secret, VersusLock,
    VersusPlatform,
};

/// The present value of the secret.
const VALUE: &str = "pre-value";

/// A manifest with one secret, and what is known of it.
struct World {
    desired: Desired,
    lock: Lock,
    observed: Observed,
    intents: BTreeMap<InstanceKey, OpenIntent>,
    missing: BTreeMap<InstanceId, BTreeMap<String, Fingerprint>>,
    keys: FingerprintKeys,
}

impl World {
    fn new() -> Self {
        let desired = desired(&[("password", env("SET", None))]);
        let lock = Lock::empty(desired.inventory.clone());
        let keys = keys("organization", None);
        Self {
            desired,
            lock,
            observed: Observed::default(),
            intents: BTreeMap::new(),
            missing: BTreeMap::new(),
            keys,
        }
    }

    fn print(&self, value: &str) -> Fingerprint {
        self.keys.present.make(value).expect("random")
    }

    fn record(&mut self, key: &InstanceKey, id: u64, secret: Option<Fingerprint>) {
        let entry = LockedInstance {
            id: InstanceId(id),
            token: None,
            element: element(),
            name: "k".to_owned(),
            tags: None,
            configuration: BTreeMap::new(),
            secrets: BTreeMap::from([("password".to_owned(), secret)]),
            read_back: BTreeMap::new(),
            enabled: true,
            valid: true,
            created_date: None,
            lifecycle: Lifecycle::default(),
        };
        self.lock.instances.insert(key.clone(), entry);
    }

    /// An instance with this marker, that shows this under the secret's key.
    fn observe(&mut self, id: u64, marker: &Marker, shown: &str) {
        let instance = ObservedInstance {
            id: InstanceId(id),
            name: "k".to_owned(),
            element: element(),
            tags: Some([marker.to_string()].into()),
            configuration: Some([("password".to_owned(), Some(Secret::new(shown)))].into()),
            enabled: true,
            valid: true,
            created_date: None,
            token: None,
        };
        self.observed.instances.insert(instance.id, instance);
    }

    fn sent(&mut self, secret: Fingerprint) {
        let intent = OpenIntent::new(BTreeMap::from([("password".to_owned(), secret)]));
        self.intents.insert(key(), intent);
    }

    fn live(&self, key: &InstanceKey) -> Marker {
        Marker::live(&self.desired.inventory, key)
    }

    fn retired(&self) -> Marker {
        Marker::retired(&self.desired.inventory, &key())
    }

    fn renamed_from(&mut self, old: &InstanceKey) {
        let instance = self.desired.instances.get_mut(&key()).expect("k");
        instance.lifecycle.moved_from = Some(old.clone());
    }

    /// The facts of these instances, and the fingerprint to record.
    fn facts<const N: usize>(
        &self,
        ids: [u64; N],
    ) -> ([(VersusLock, VersusPlatform); N], Fingerprint) {
        let policy = lookups(MissingPolicy::Refuse);
        let (mut resolved, _) =
            resolve(&self.desired, &BTreeMap::new(), &policy, &|_, _| true).expect("resolved");
        let input = FactInput {
            desired: &self.desired,
            lock: &self.lock,
            observed: &self.observed,
            intents: &self.intents,
            missing: &self.missing,
            keys: &self.keys,
        };
        let facts = facts(&input, &mut resolved).expect("random");
        let fact = |id| {
            let fact = facts.get(&key(), InstanceId(id), "password");
            (fact.versus_lock, fact.versus_platform)
        };
        let fingerprint = resolved.fingerprint(&key(), "password").cloned();
        (ids.map(fact), fingerprint.expect("a fingerprint"))
    }
}

fn keys(present: &str, previous: Option<&str>) -> FingerprintKeys {
    let inventory = desired(&[]).inventory;
    let derive = |secret| FingerprintKey::derive(&Secret::new(secret), &inventory);
    FingerprintKeys {
        present: derive(present),
        previous: previous.into_iter().map(derive).collect(),
    }
}

fn element() -> Element {
    Element {
        key: ElementKey("jira".to_owned()),
        id: None,
    }
}

fn old() -> InstanceKey {
    InstanceKey::new("old").expect("a key")
}

#[test]
fn an_unchanged_secret_keeps_its_salt_and_a_rotated_key_is_seen() {
    use VersusPlatform::Hidden;

    let mut world = World::new();
    let recorded = world.print(VALUE);
    world.record(&key(), 1, Some(recorded.clone()));
    assert_eq!(world.facts([1]), ([(VersusLock::Same, Hidden)], recorded));
    world.keys = keys("rotated", None);
    let (facts, fingerprint) = world.facts([1]);
    assert_eq!(facts, [(VersusLock::KeyRotated, Hidden)]);
    assert!(world.keys.present.matches(&fingerprint, VALUE));
}

#[test]
fn the_lock_files_fingerprint_is_of_the_recorded_instance_alone() {
    use VersusPlatform::{Differs, Hidden, Same};

    let mut world = World::new();
    world.record(&key(), 1, Some(world.print("another")));
    world.observe(1, &world.live(&key()), "********");
    let facts = world.facts([1]).0;
    assert_eq!(facts, [(VersusLock::Changed, Hidden)]);

    world.record(&key(), 1, Some(world.print(VALUE)));
    world.observed.instances.clear();
    world.observe(8, &world.live(&key()), VALUE);
    // Which one is valid, and which one is to be kept, is not for this room to say.
    let older = world.observed.instances.get_mut(&InstanceId(8));
    older.expect("8").valid = false;
    world.observe(9, &world.retired(), "another");
    let facts = world.facts([1, 8, 9]).0;
    assert_eq!(
        facts,
        [
            (VersusLock::Same, Hidden),
            (VersusLock::NotRecorded, Same),
            (VersusLock::NotRecorded, Differs),
        ]
    );
}

#[test]
fn what_never_was_sent_is_unverified_and_what_carries_no_marker_is_no_candidate() {
    let mut world = World::new();
    world.record(&key(), 1, None);
    world.observe(1, &world.live(&key()), "********");
    world.observe(2, &world.live(&old()), "********");
    let hidden = VersusPlatform::Hidden;
    assert_eq!(
        world.facts([1, 2]).0,
        [
            (VersusLock::Unverified, hidden),
            (VersusLock::NotCompared, hidden)
        ]
    );
}

/// An intent may have made any instance with the live marker, besides the one that is recorded, and
/// none with the retired one.
#[test]
fn what_an_intent_sent_counts_for_an_unrecorded_instance() {
    let mut world = World::new();
    let sent = world.print(VALUE);
    world.sent(sent.clone());
    world.record(&key(), 1, Some(world.print("another")));
    world.observe(1, &world.live(&key()), "********");
    world.observe(2, &world.live(&key()), "********");
    world.observe(3, &world.retired(), "********");
    let (facts, fingerprint) = world.facts([1, 2, 3]);
    assert_eq!(
        facts.map(|(versus_lock, _)| versus_lock),
        [
            VersusLock::Changed,
            VersusLock::Same,
            VersusLock::NotRecorded
        ]
    );
    assert_eq!(fingerprint, sent);
    // Both are of the present value: the recorded one may stand in the lock file already.
    let recorded = world.print(VALUE);
    world.record(&key(), 1, Some(recorded.clone()));
    assert_eq!(world.facts([1]).1, recorded);
}

#[test]
fn after_a_rename_either_key_may_have_the_record() {
    let mut world = World::new();
    world.renamed_from(&old());
    let recorded = world.print(VALUE);
    world.record(&old(), 1, Some(recorded.clone()));
    world.observe(1, &world.live(&old()), "********");
    world.observe(2, &world.live(&key()), "********");
    let (facts, fingerprint) = world.facts([1, 2]);
    let locks = facts.map(|(versus_lock, _)| versus_lock);
    assert_eq!(locks, [VersusLock::Same, VersusLock::NotRecorded]);
    assert_eq!(fingerprint, recorded);
    // Both are recorded.
    world.record(&key(), 2, Some(world.print("another")));
    let locks = world.facts([1, 2]).0.map(|(versus_lock, _)| versus_lock);
    assert_eq!(locks, [VersusLock::Same, VersusLock::Changed]);
}

/// The password of a manifest that declares version `two`, as it was sent in this version.
fn in_version(world: &mut World, version: Option<&str>) -> Fingerprint {
    let instance = world.desired.instances.get_mut(&key()).expect("k");
    let versions = [("password".to_owned(), "two".to_owned())];
    instance.secret_versions = versions.into();
    Fingerprint {
        version: version.map(str::to_owned),
        ..world.print("sent before")
    }
}

#[test]
fn a_declared_version_is_compared_instead_of_the_value() {
    use VersusPlatform::{Differs, Hidden, Same};
    let cases = [
        (Some("two"), "********", VersusLock::Same, Hidden),
        (Some("two"), "sent before", VersusLock::Same, Same),
        (Some("two"), "theirs", VersusLock::Same, Differs),
        // The value that is shown says nothing about another version.
        (Some("one"), "sent before", VersusLock::Changed, Hidden),
        (Some("one"), VALUE, VersusLock::Changed, Hidden),
        (None, VALUE, VersusLock::Changed, Hidden),
    ];
    for (version, shown, versus_lock, versus_platform) in cases {
        let mut world = World::new();
        let print = in_version(&mut world, version);
        world.record(&key(), 1, Some(print.clone()));
        world.observe(1, &world.live(&key()), shown);
        let facts = world.facts([1]).0;
        assert_eq!(
            facts,
            [(versus_lock, versus_platform)],
            "{version:?} {shown}"
        );
        // The journal alone knows it: a create whose outcome was unknown.
        world.lock.instances.clear();
        world.sent(print);
        assert_eq!(world.facts([1]).0, facts, "{version:?} {shown}");
    }
}

#[test]
fn an_accepted_version_has_the_fingerprint_of_what_is_there_or_was_sent() {
    let mut world = World::new();
    let sent = in_version(&mut world, Some("one"));
    world.record(&key(), 1, Some(sent.clone()));
    world.observe(1, &world.live(&key()), "********");
    let two = Some("two".to_owned());
    let accepted = world.facts([1]).1;
    assert_eq!((&accepted.version, &accepted.salt), (&two, &sent.salt));
    world.observe(1, &world.live(&key()), "theirs");
    let accepted = world.facts([1]).1;
    assert_eq!(accepted.version, two);
    assert!(world.keys.recognizes(&accepted, "theirs"));
    // Nobody knows the value.
    world.record(&key(), 1, None);
    world.observe(1, &world.live(&key()), "********");
    let (facts, accepted) = world.facts([1]);
    assert_eq!(facts, [(VersusLock::Unverified, VersusPlatform::Hidden)]);
    assert_eq!(accepted.version, two);
    let known = [VALUE, "sent before", "theirs", ""];
    assert!(
        !known
            .iter()
            .any(|value| world.keys.recognizes(&accepted, value))
    );
}

#[test]
fn a_rotation_makes_anew_what_the_platform_keeps_instead_and_keeps_versions() {
    let mut world = World::new();
    let version = Some("one".to_owned());
    let password = Fingerprint {
        version: version.clone(),
        ..world.print(VALUE)
    };
    let kept = world.print("kept");
    world.record(&key(), 1, Some(password));
    let entry = world.lock.instances.get_mut(&key()).expect("k");
    let path = "configuration.password".to_owned();
    entry.read_back = [(path.clone(), ReadBack::Secret(kept.clone()))].into();
    world.observe(1, &world.live(&key()), "kept");
    world.keys = keys("rotated", Some("organization"));

    let policy = lookups(MissingPolicy::Refuse);
    let resolved = resolve(&world.desired, &BTreeMap::new(), &policy, &|_, _| true);
    let (resolved, _) = resolved.expect("resolved");
    let (desired, observed) = (&world.desired, &world.observed);
    let remade = remake(&world.lock, desired, &resolved, observed, &world.keys);
    remade.apply_to(&mut world.lock);
    let entry = &world.lock.instances[&key()];
    let Some(ReadBack::Secret(remade)) = entry.read_back.get(&path) else {
        panic!("{:?}", entry.read_back);
    };
    assert_eq!(remade.salt, kept.salt);
    let password = entry.secrets["password"].as_ref().expect("a fingerprint");
    assert_eq!(password.version, version);
    // The previous key is gone.
    let present = keys("rotated", None);
    assert!(present.recognizes(remade, "kept"));
    assert!(present.recognizes(password, VALUE));
    world.keys = present;
    let facts = world.facts([1]).0;
    assert_eq!(facts, [(VersusLock::Same, VersusPlatform::Rewritten)]);
}
