//! What the journal remembers after a fold, for a lock file that is lost or replaced by another one.

#![expect(
    clippy::disallowed_methods,
    reason = "tests replace the files they made"
)]

use std::fs;

use super::*;

/// The journal holds a checkpoint that leaves nothing open, and no token.
pub(super) fn assert_settled(store: &LockStore) {
    let text = fs::read_to_string(&store.paths().journal).expect("the journal");
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.contains(r#""record":"folded""#), "{text}");
    assert!(text.contains(r#""intents":{}"#), "{text}");
    assert!(!text.contains("token"), "{text}");
}

/// The end of a run at 1,000 that recorded these.
async fn after(records: Vec<Record>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    run(folder.path(), 1_000, records).await;
    folder
}

async fn run(folder: &Path, now: u64, records: Vec<Record>) {
    let mut store = open_at(folder, now).await.expect("the lock");
    store.begin(&header()).await.expect("durable");
    all(&store, records).await;
    store.finish(&header(), &Remade::default()).expect("folded");
}

async fn view_at(folder: &Path, now: u64) -> LockView {
    let store = open_at(folder, now).await.expect("the lock");
    store.view(&inventory())
}

fn missing(view: &LockView) -> Vec<u64> {
    view.missing.keys().map(|id| id.0).collect()
}

fn write(folder: &Path, instances: Vec<(&str, LockedInstance)>) {
    let instances = instances
        .into_iter()
        .map(|(name, entry)| (key(name), entry))
        .collect();
    let lock = Lock {
        instances,
        ..empty()
    };
    fs::write(paths(folder).lock, to_bytes(&lock)).expect("written");
}

fn with_secret(id: u64, secret: &str) -> LockedInstance {
    let fingerprint = print(secret, secret);
    LockedInstance {
        secrets: BTreeMap::from([("username".to_owned(), Some(fingerprint))]),
        ..entry(id)
    }
}

fn sent(id: u64, secret: &str) -> Record {
    Record::Entry {
        key: key("a"),
        entry: Box::new(with_secret(id, secret)),
    }
}

#[tokio::test]
async fn what_a_lost_lock_file_held_is_read_by_id() {
    let folder = after(vec![intent("a"), created("a", 1)]).await;
    fs::remove_file(paths(folder.path()).lock).expect("removed");
    let view = view_at(folder.path(), 9_000).await;
    assert_eq!(missing(&view), [1]);
    assert_eq!(view.remembered(), BTreeSet::from([InstanceId(1)]));
    let secrets: Vec<&String> = view.missing[&InstanceId(1)].keys().collect();
    assert_eq!(secrets, ["username"]);
    let plan = LockView::read(&paths(folder.path()), &inventory()).expect("a view");
    assert_eq!(missing(&plan), [1], "a plan reads it too");
}

#[tokio::test]
async fn an_older_lock_file_is_noticed_by_its_ids_whatever_its_digest() {
    let folder = after(vec![created("a", 1), created("b", 2)]).await;
    // The id of `a` is an older one, and somebody has added a key.
    write(folder.path(), vec![("a", entry(7)), ("c", entry(3))]);
    assert_eq!(missing(&view_at(folder.path(), 9_000).await), [1, 2]);
    // It was noticed after another run has folded into it.
    run(folder.path(), 10_000, vec![created("d", 4)]).await;
    assert_eq!(missing(&view_at(folder.path(), 19_000).await), [1, 2]);
}

#[tokio::test]
async fn a_newer_lock_file_with_the_same_ids_is_nothing_to_speak_of() {
    let folder = after(vec![created("a", 1)]).await;
    let mut pulled = entry(1);
    pulled.name = "Another".to_owned();
    write(folder.path(), vec![("a", pulled.clone()), ("b", entry(2))]);
    let view = view_at(folder.path(), 9_000).await;
    assert_eq!(view.remembered(), BTreeSet::new());
    let lock = view.lock.expect("a lock");
    assert_eq!(lock.instances[&key("a")], pulled);
}

#[tokio::test]
async fn what_every_list_shows_is_forgotten() {
    let folder = after(vec![created("a", 1)]).await;
    let lock = fs::read(paths(folder.path()).lock).expect("the lock file");
    fs::remove_file(paths(folder.path()).lock).expect("removed");
    assert_eq!(missing(&view_at(folder.path(), 200_000).await), [1]);
    assert_eq!(missing(&view_at(folder.path(), 202_000).await), [0; 0]);
    // A clock that was set back says nothing about its age.
    assert_eq!(missing(&view_at(folder.path(), 10).await), [1]);
    fs::write(paths(folder.path()).lock, lock).expect("written");
    let mut store = open_at(folder.path(), 202_000).await.expect("the lock");
    store.finish(&header(), &Remade::default()).expect("folded");
    let journal = fs::read_to_string(&store.paths().journal).expect("the journal");
    assert!(!journal.contains("recent"), "{journal}");
}

#[tokio::test]
async fn a_retired_instance_is_remembered_until_it_is_deleted_or_restored() {
    const LATER: u64 = 90_000_000;
    let retired = |id| Record::Retired { id: InstanceId(id) };
    let records = vec![created("a", 1), retired(1), created("a", 2), retired(3)];
    let folder = after(records).await;
    run(folder.path(), LATER, vec![created("b", 4)]).await;
    let view = view_at(folder.path(), 2 * LATER).await;
    assert_eq!(view.retired, [1, 3].map(InstanceId).into());
    let deleted = Record::Deleted { id: InstanceId(3) };
    run(folder.path(), 2 * LATER, vec![deleted, created("a", 1)]).await;
    assert_eq!(view_at(folder.path(), 2 * LATER).await.retired, [].into());
}

/// The key is recorded as instance 1, whose successor 2 was adopted by its journal.
#[test]
fn what_is_sent_to_an_instance_leaves_the_record_of_another_alone() {
    let mut lines = timed(vec![created("a", 1), intent("a"), created("b", 2)]);
    lines.extend(timed(vec![
        Record::Intent {
            key: key("c"),
            secrets: BTreeMap::from([("username".to_owned(), print("salt", "sent"))]),
        },
        Record::Sending {
            key: key("a"),
            id: Some(InstanceId(2)),
            secrets: BTreeSet::from(["username".to_owned()]),
        },
        Record::Sending {
            key: key("c"),
            id: Some(InstanceId(3)),
            secrets: BTreeSet::from(["username".to_owned()]),
        },
    ]));
    let folded = fold(empty(), &lines);
    let secrets = |name: &str| &folded.lock.instances[&key(name)].secrets;
    assert!(secrets("a")["username"].is_some(), "nothing was sent to it");
    assert_eq!(folded.recent[&InstanceId(2)].secrets, BTreeMap::new());
    // The intent may have made the instance that got another secret since.
    assert_eq!(folded.intents[&key("c")].secrets, BTreeMap::new());
}

#[tokio::test]
async fn a_lock_file_with_an_earlier_fingerprint_makes_the_secret_unverified() {
    let sending = || Record::Sending {
        key: key("a"),
        id: Some(InstanceId(1)),
        secrets: BTreeSet::from(["username".to_owned()]),
    };
    let folder = after(vec![sent(1, "0")]).await;
    for number in 1..=9 {
        // Whether or not the first of two runs ended before the entry was recorded.
        run(folder.path(), 2_000 * number, vec![sending()]).await;
        let entry = sent(1, &number.to_string());
        run(folder.path(), 2_000 * number + 1_000, vec![entry]).await;
    }
    let is_verified = async |secret: &str| {
        write(folder.path(), vec![("a", with_secret(1, secret))]);
        let lock = view_at(folder.path(), 90_000_000).await.lock;
        lock.expect("a lock").instances[&key("a")].secrets["username"].is_some()
    };
    assert!(is_verified("9").await);
    for number in 1..=8 {
        assert!(!is_verified(&number.to_string()).await, "{number}");
    }
    assert!(is_verified("0").await, "the last 8 are remembered");
    // The same one was sent again.
    run(folder.path(), 90_001_000, vec![sending(), sent(1, "5")]).await;
    assert!(is_verified("5").await);
    assert!(!is_verified("9").await);
}

/// Records of a killed run, and then the lock file is replaced.
#[tokio::test]
async fn records_count_on_another_lock_file_for_the_same_id_or_an_absent_key() {
    let folder = after(vec![created("a", 1), created("b", 2), created("z", 26)]).await;
    let store = open_at(folder.path(), 2_000).await.expect("the lock");
    store.begin(&header()).await.expect("durable");
    let mut newer = entry(2);
    newer.name = "Newer".to_owned();
    let newer = Record::Entry {
        key: key("b"),
        entry: Box::new(newer),
    };
    let removed = Record::Removed { key: key("z") };
    all(
        &store,
        vec![created("a", 3), newer, created("c", 4), removed],
    )
    .await;
    drop(store);
    let kept = view_at(folder.path(), 3_000).await.lock.expect("a lock");
    assert_eq!(ids(&kept), ["a=3", "b=2", "c=4"], "on the same lock file");

    write(
        folder.path(),
        vec![("a", entry(9)), ("b", entry(2)), ("z", entry(27))],
    );
    let mut store = open_at(folder.path(), 3_000).await.expect("the lock");
    let view = store.view(&inventory());
    let lock = view.lock.as_ref().expect("a lock");
    assert_eq!(ids(lock), ["a=9", "b=2", "c=4", "z=27"]);
    assert_eq!(lock.instances[&key("b")].name, "Newer");
    assert_eq!(missing(&view), [1, 3, 26]);
    // What this run records stands on the lock file that it has read.
    store.begin(&header()).await.expect("durable");
    let removed = Record::Removed { key: key("z") };
    all(&store, vec![created("a", 3), removed]).await;
    let lock = store.view(&inventory()).lock.expect("a lock");
    assert_eq!(ids(&lock), ["a=3", "b=2", "c=4"]);
    store.finish(&header(), &Remade::default()).expect("folded");
    assert_settled(&store);
}

/// One instance is never recorded under two keys.
#[tokio::test]
async fn a_rename_on_another_lock_file_makes_no_second_entry() {
    let folder = after(vec![created("a", 1)]).await;
    let store = open_at(folder.path(), 2_000).await.expect("the lock");
    store.begin(&header()).await.expect("durable");
    all(&store, vec![renamed("a", "b"), created("b", 1)]).await;
    drop(store);
    for (lock, expected) in [
        (vec![("a", entry(1)), ("x", entry(9))], vec!["b=1", "x=9"]),
        (vec![("c", entry(1))], vec!["c=1"]),
        (vec![("a", entry(5)), ("b", entry(1))], vec!["a=5", "b=1"]),
    ] {
        write(folder.path(), lock);
        let view = view_at(folder.path(), 3_000).await;
        assert_eq!(ids(&view.lock.expect("a lock")), expected);
    }
}

#[tokio::test]
async fn the_checkpoint_takes_the_place_of_the_journal_and_keeps_the_lock() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path()).await.expect("the lock");
    all(&store, story()).await;
    store.finish(&header(), &Remade::default()).expect("folded");
    let error = refused(folder.path()).await;
    assert!(matches!(error, LockError::Held { .. }), "{error}");
    let text = fs::read_to_string(&store.paths().journal).expect("the journal");
    assert_eq!(text.lines().count(), 1);
    assert!(!text.contains("token"), "{text}");
    // The run goes on with the file that has the name now.
    all(&store, vec![created("g", 7)]).await;
    drop(store);
    let view = view_at(folder.path(), 9_000).await;
    assert_eq!(ids(&view.lock.expect("a lock")), ["a=1", "e=4", "g=7"]);
    let names: Vec<_> = fs::read_dir(paths(folder.path()).state_folder)
        .expect("a folder")
        .map(|entry| entry.expect("a file").file_name())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
}
