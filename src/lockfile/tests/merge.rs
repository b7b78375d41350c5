//! A lock file that somebody changes while a run is recording.

#![expect(
    clippy::disallowed_methods,
    reason = "tests replace the files they made"
)]

use std::fs;

use super::*;
use crate::lockfile::merge::merge;

fn lock_of(instances: &[(&str, u64)]) -> Lock {
    let instances = instances.iter();
    Lock {
        instances: instances
            .map(|(name, id)| (key(name), entry(*id)))
            .collect(),
        ..empty()
    }
}

#[test]
fn keys_are_merged_one_by_one() {
    let base = lock_of(&[("a", 1), ("b", 2), ("c", 3)]);
    let theirs = lock_of(&[("a", 1), ("b", 7), ("d", 4)]);
    let ours = lock_of(&[("a", 9), ("b", 2), ("c", 3), ("e", 5)]);
    let merged = merge(Some(&base), &theirs, ours).expect("merged");
    assert_eq!(ids(&merged), ["a=9", "b=7", "d=4", "e=5"]);
    let merged = merge(None, &lock_of(&[("a", 1)]), lock_of(&[("b", 2)])).expect("merged");
    assert_eq!(ids(&merged), ["a=1", "b=2"]);
}

#[test]
fn both_sides_may_make_the_same_change() {
    let base = lock_of(&[("a", 1)]);
    for same in [
        lock_of(&[("a", 2)]),
        lock_of(&[]),
        lock_of(&[("a", 1), ("b", 2)]),
    ] {
        let merged = merge(Some(&base), &same, same.clone()).expect("merged");
        assert_eq!(merged, same);
    }
}

#[test]
fn a_key_with_two_versions_and_an_id_with_two_keys_are_conflicts() {
    let base = lock_of(&[("a", 1), ("b", 2)]);
    for (theirs, ours, expected) in [
        (
            lock_of(&[("a", 3), ("b", 2)]),
            lock_of(&[("a", 4), ("b", 2)]),
            "`a` was changed there and by this run",
        ),
        (
            lock_of(&[("b", 2)]),
            lock_of(&[("a", 4), ("b", 2)]),
            "`a` was changed there and by this run",
        ),
        (
            lock_of(&[("x", 1), ("b", 2)]),
            lock_of(&[("y", 1), ("b", 2)]),
            "instance 1 would be recorded under both `x` and `y`",
        ),
    ] {
        assert_eq!(
            merge(Some(&base), &theirs, ours).expect_err("a conflict"),
            expected
        );
    }
}

#[test]
fn a_lock_file_of_another_inventory_or_platform_is_a_conflict() {
    let other = Lock::empty(InventoryName::new("other").expect("a name"));
    let error = merge(Some(&empty()), &other, empty()).expect_err("a conflict");
    assert_eq!(error, "it belongs to inventory `other`");
    let mut elsewhere = empty();
    elsewhere.header.api.as_mut().expect("a platform").url = "https://elsewhere".to_owned();
    let error = merge(Some(&empty()), &elsewhere, empty()).expect_err("a conflict");
    assert_eq!(error, "it belongs to `https://elsewhere`");
}

async fn running(folder: &Path) -> LockStore {
    let mut store = open(folder).await.expect("the lock");
    all(&store, vec![created("a", 1)]).await;
    store.finish(&header(), &Remade::default()).expect("folded");
    store.begin(&header()).await.expect("durable");
    all(&store, vec![intent("b"), created("b", 2)]).await;
    store
}

#[tokio::test]
async fn what_was_pulled_meanwhile_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = running(folder.path()).await;
    let pulled = to_bytes(&lock_of(&[("a", 1), ("c", 3)]));
    fs::write(paths(folder.path()).lock, pulled).expect("written");
    let finished = store.finish(&header(), &Remade::default()).expect("merged");
    assert!(finished.rewritten);
    let lock = store.view(&inventory()).lock.expect("a lock");
    assert_eq!(ids(&lock), ["a=1", "b=2", "c=3"]);
    // The next round stands on what was written.
    all(&store, vec![created("d", 4)]).await;
    store.finish(&header(), &Remade::default()).expect("folded");
    drop(store);
    let view = LockView::read(&paths(folder.path()), &inventory()).expect("a view");
    assert_eq!(
        ids(&view.lock.expect("a lock")),
        ["a=1", "b=2", "c=3", "d=4"]
    );
}

/// What was taken out of the lock file during a run is remembered, whatever the run then wrote.
#[tokio::test]
async fn what_was_rolled_back_meanwhile_is_read_by_id() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = running(folder.path()).await;
    fs::write(paths(folder.path()).lock, to_bytes(&lock_of(&[]))).expect("written");
    store.finish(&header(), &Remade::default()).expect("merged");
    drop(store);
    let store = open_at(folder.path(), 2_000).await.expect("the lock");
    let view = store.view(&inventory());
    assert_eq!(ids(view.lock.as_ref().expect("a lock")), ["b=2"]);
    assert_eq!(view.missing.keys().next(), Some(&InstanceId(1)));
}

#[tokio::test]
async fn what_cannot_be_merged_is_left_alone_and_the_next_run_has_the_records() {
    let conflict = b"<<<<<<< ours\n{}\n".to_vec();
    let other = to_bytes(&Lock::empty(InventoryName::new("other").expect("a name")));
    for (there, said) in [
        (None, "it is gone"),
        (Some(conflict), "unresolved merge conflict"),
        (Some(b"{".to_vec()), "unexpected end of file"),
        (Some(other), "it belongs to inventory `other`"),
        (
            Some(to_bytes(&lock_of(&[("a", 1), ("b", 9)]))),
            "`b` was changed",
        ),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut store = running(folder.path()).await;
        let path = paths(folder.path()).lock;
        match &there {
            Some(bytes) => fs::write(&path, bytes).expect("written"),
            None => fs::remove_file(&path).expect("removed"),
        }
        for _ in 0..2 {
            let error = store
                .finish(&header(), &Remade::default())
                .expect_err("a conflict");
            assert!(matches!(error, LockError::Conflict { .. }), "{error}");
            assert!(error.to_string().contains(said), "{error}");
            assert_eq!(fs::read(&path).ok(), there, "it is left alone");
        }
        drop(store);
        // Somebody puts the right one in its place.
        fs::write(&path, to_bytes(&lock_of(&[("a", 1)]))).expect("written");
        let journal = fs::read_to_string(paths(folder.path()).journal).expect("the journal");
        assert!(journal.contains(r#""record":"conflict""#), "{journal}");
        let mut store = open_at(folder.path(), 2_000).await.expect("the lock");
        let lock = store.view(&inventory()).lock.expect("a lock");
        assert_eq!(ids(&lock), ["a=1", "b=2"]);
        store.finish(&header(), &Remade::default()).expect("folded");
        checkpoint::assert_settled(&store);
    }
}
