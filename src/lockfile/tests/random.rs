//! Random locks and histories.

use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::model::{DataKeys, LockedToken, OnRemove};

/// Few, so that records of a history concern the same key.
pub(super) fn keys() -> impl Strategy<Value = InstanceKey> {
    prop::sample::select(vec!["a", "b", "c", "d"]).prop_map(key)
}

fn fingerprint() -> impl Strategy<Value = Fingerprint> {
    let text = any::<String>;
    let version = prop::option::of(text());
    (text(), text(), text(), version).prop_map(|(key, salt, fingerprint, version)| Fingerprint {
        alg: Algorithm::Blake3,
        key: KeyId(key),
        salt,
        fingerprint,
        version,
    })
}

fn lifecycle() -> impl Strategy<Value = Lifecycle> {
    let paths = btree_set(any::<String>(), 0..3);
    (any::<bool>(), any::<bool>(), paths).prop_map(|(protect, delete, ignore_changes)| Lifecycle {
        protect,
        on_remove: if delete {
            OnRemove::Delete
        } else {
            OnRemove::Keep
        },
        moved_from: None,
        ignore_changes,
    })
}

pub(super) fn instance() -> impl Strategy<Value = LockedInstance> {
    let text = any::<String>;
    (
        (any::<u64>(), text(), text(), option::of(any::<u64>())),
        (text(), option::of(btree_set(text(), 0..3))),
        btree_map(text(), text(), 0..3),
        btree_map("[uv]", option::of(fingerprint()), 0..3),
        (any::<bool>(), any::<bool>(), option::of(text())),
        lifecycle(),
    )
        .prop_map(
            |(identity, named, configuration, secrets, state, lifecycle)| {
                let (id, token, element, element_id) = identity;
                let (name, tags) = named;
                let (enabled, valid, created_date) = state;
                LockedInstance {
                    id: InstanceId(id),
                    token: Secret::token(token).map(LockedToken::Plain),
                    element: Element {
                        key: ElementKey(element),
                        id: element_id.map(ElementId),
                    },
                    name,
                    tags,
                    configuration,
                    secrets,
                    read_back: BTreeMap::new(),
                    enabled,
                    valid,
                    created_date,
                    lifecycle,
                }
            },
        )
}

pub(super) fn lock() -> impl Strategy<Value = Lock> {
    let api = (
        any::<String>(),
        option::of(any::<u64>()),
        option::of(fingerprint()),
    )
        .prop_map(|(url, organization, user)| LockedApi {
            url,
            organization: organization.map(OrganizationId),
            user,
        });
    (option::of(api), btree_map(keys(), instance(), 0..4)).prop_map(|(api, instances)| Lock {
        header: LockHeader {
            inventory: inventory(),
            api,
            check: None,
        },
        data_keys: DataKeys::new(),
        instances,
    })
}

pub(super) fn record() -> impl Strategy<Value = Record> {
    let secrets = btree_map("[uv]", fingerprint(), 0..2);
    prop_oneof![
        3 => (keys(), secrets).prop_map(|(key, secrets)| Record::Intent { key, secrets }),
        1 => keys().prop_map(|key| Record::Answered { key }),
        1 => (keys(), 0..4_u64).prop_map(|(key, id)| Record::Candidate {
            key,
            candidate: Box::new(candidate(id)),
        }),
        1 => keys().prop_map(|key| Record::NotCreated { key }),
        2 => (keys(), option::of(0..4_u64), btree_set("[uv]", 0..2)).prop_map(
            |(key, id, secrets)| Record::Sending { key, id: id.map(InstanceId), secrets }
        ),
        3 => (keys(), instance()).prop_map(|(key, entry)| Record::Entry {
            key,
            entry: Box::new(entry),
        }),
        1 => keys().prop_map(|key| Record::Removed { key }),
        2 => (keys(), keys())
            .prop_filter("a rename is to another key", |(from, to)| from != to)
            .prop_map(|(from, to)| Record::Renamed { from, to }),
        1 => (0..4_u64).prop_map(|id| Record::Retired { id: InstanceId(id) }),
        1 => (0..4_u64).prop_map(|id| Record::Deleted { id: InstanceId(id) }),
    ]
}

pub(super) fn history() -> impl Strategy<Value = Vec<Record>> {
    vec(record(), 0..14)
}
