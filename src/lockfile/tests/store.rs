//! The store: one run at a time, a complete fold, and no needless write.

#![expect(
    clippy::disallowed_methods,
    reason = "tests read and cut the files they made"
)]

use super::checkpoint::assert_settled;
use super::*;
use std::fs;

#[tokio::test]
async fn records_of_a_killed_run_are_folded_by_the_next_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).await.expect("the lock");
    for record in story() {
        store.record(record).await.expect("durable");
    }
    // Killed before `finish`.
    drop(store);
    let mut store = open(folder.path()).await.expect("the lock");
    let view = store.view(&inventory());
    let lock = view.lock.expect("a lock");
    let keys: Vec<&str> = lock.instances.keys().map(InstanceKey::as_str).collect();
    assert_eq!(keys, ["a", "e"]);
    assert_eq!(
        lock.instances[&key("a")].secrets["username"],
        None,
        "sent, result unknown"
    );
    let open_keys: Vec<&str> = view.intents.keys().map(InstanceKey::as_str).collect();
    assert_eq!(open_keys, ["b"]);
    assert!(view.intents[&key("b")].answered);
    let finished = store.finish(&header(), &Remade::default()).expect("folded");
    assert_eq!((finished.instances, finished.open_intents), (2, 1));
    drop(store);
    let view = LockView::read(&paths(folder.path()), &inventory()).expect("a view");
    assert_eq!(view.lock.expect("a lock").instances.len(), 2);
    assert_eq!(
        view.intents
            .keys()
            .map(InstanceKey::as_str)
            .collect::<Vec<_>>(),
        ["b"]
    );
}

#[tokio::test]
async fn damage_is_an_error_and_changes_no_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path()).await.expect("the lock");
    all(&store, vec![created("a", 1)]).await;
    store.finish(&header(), &Remade::default()).expect("folded");
    all(&store, story()).await;
    let paths = store.paths().clone();
    drop(store);
    let lock = fs::read(&paths.lock).expect("the lock file");
    let journal = fs::read(&paths.journal).expect("the journal");
    let torn = [&journal[..], b"torn"].concat();

    // A torn end is cut off only where both files can be read.
    fs::write(&paths.journal, &torn).expect("written");
    fs::write(&paths.lock, &lock[..lock.len() / 2]).expect("written");
    let error = refused(folder.path()).await;
    assert!(matches!(error, LockError::Damaged { .. }), "{error}");
    assert_eq!(fs::read(&paths.journal).expect("the journal"), torn);
    assert_eq!(
        fs::read(&paths.lock).expect("the lock file"),
        lock[..lock.len() / 2]
    );

    fs::write(&paths.lock, &lock).expect("written");
    let mut damaged = journal.clone();
    damaged[30] ^= 1;
    fs::write(&paths.journal, &damaged).expect("written");
    let error = refused(folder.path()).await;
    assert!(
        matches!(error, LockError::JournalDamaged { line: 1, .. }),
        "{error}"
    );
    let hint = error.hint().expect("a hint");
    assert!(hint.contains("--settle-first") && hint.contains("--resend-secrets"));
    assert!(
        LockView::read(&paths, &inventory()).is_err(),
        "a plan fails too"
    );
    assert_eq!(fs::read(&paths.journal).expect("the journal"), damaged);
    assert_eq!(fs::read(&paths.lock).expect("the lock file"), lock);
}

#[tokio::test]
async fn the_error_names_the_process_that_holds_the_lock() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = open(folder.path()).await.expect("the lock");
    let Err(error) = open(folder.path()).await else {
        panic!("two runs hold the lock");
    };
    assert!(
        error
            .to_string()
            .contains("lock file is held by process 1 since 2026-01-01T00:00:00Z"),
        "{error}"
    );
    drop(first);
    open(folder.path()).await.expect("the lock is free");
}

/// A clock that runs something during its first sleep.
struct Meanwhile(Mutex<Option<Box<dyn FnOnce() + Send>>>, Mutex<Timestamp>);

#[async_trait]
impl Clock for Meanwhile {
    fn now(&self) -> Timestamp {
        *self.1.lock().expect("the time")
    }

    fn reading(&self) -> Takeover {
        Takeover {
            wall: self.now(),
            boot: None,
        }
    }

    async fn sleep(&self, duration: Duration) {
        {
            let mut now = self.1.lock().expect("the time");
            *now = *now + duration;
        }
        if let Some(act) = self.0.lock().expect("whole").take() {
            act();
        }
    }
}

async fn wait_while(
    folder: &Path,
    act: impl FnOnce() + Send + 'static,
    wait: Duration,
) -> Result<LockStore, LockError> {
    let clock = Meanwhile(Mutex::new(Some(Box::new(act))), Mutex::default());
    LockStore::open(paths(folder), Arc::new(clock), &holder(), wait).await
}

#[tokio::test]
async fn a_waiting_run_gets_the_lock_and_every_record() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut first = open(folder.path()).await.expect("the lock");
    all(&first, vec![created("a", 1)]).await;
    let end = move || {
        first.finish(&header(), &Remade::default()).expect("folded");
        drop(first);
    };
    let wait = Duration::from_secs(1);
    let store = wait_while(folder.path(), end, wait)
        .await
        .expect("the lock");
    let view = store.view(&inventory());
    assert_eq!(ids(&view.lock.expect("a lock")), ["a=1"]);
}

#[tokio::test]
async fn a_run_waits_no_longer_than_its_timeout() {
    let folder = tempfile::tempdir().expect("a folder");
    let _first = open(folder.path()).await.expect("the lock");
    let wait = Duration::from_secs(1);
    let Err(error) = wait_while(folder.path(), || {}, wait).await else {
        panic!("two runs hold the lock");
    };
    assert!(matches!(error, LockError::Held { .. }), "{error}");
}

/// The hint for a damaged journal is to move it away. A run that waits for the lock on the moved file
/// would get one that keeps no other run out.
#[cfg(unix)]
#[tokio::test]
async fn a_lock_on_a_moved_journal_does_not_count() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = open(folder.path()).await.expect("the lock");
    let journal = first.paths().journal.clone();
    let moved = move || {
        fs::rename(&journal, journal.with_extension("old")).expect("moved");
        drop(first);
    };
    let wait = Duration::from_secs(1);
    let _second = wait_while(folder.path(), moved, wait)
        .await
        .expect("the lock");
    let error = refused(folder.path()).await;
    assert!(matches!(error, LockError::Held { .. }), "{error}");
}

#[tokio::test]
async fn an_unchanged_lock_file_is_not_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path()).await.expect("the lock");
    assert!(
        !store
            .finish(&header(), &Remade::default())
            .expect("nothing yet")
            .rewritten
    );
    assert!(!store.paths().lock.exists());
    store.record(created("a", 1)).await.expect("durable");
    assert!(
        store
            .finish(&header(), &Remade::default())
            .expect("written")
            .rewritten
    );
    assert!(
        !store
            .finish(&header(), &Remade::default())
            .expect("unchanged")
            .rewritten
    );
    assert_settled(&store);
}

#[cfg(unix)]
#[tokio::test]
async fn a_run_that_changes_nothing_keeps_the_same_file() {
    use std::os::unix::fs::MetadataExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path()).await.expect("the lock");
    all(&store, vec![created("a", 1)]).await;
    store
        .finish(&header(), &Remade::default())
        .expect("written");
    let before = fs::metadata(&store.paths().lock).expect("the lock file");
    all(&store, vec![created("a", 1), created("a", 1)]).await;
    store
        .finish(&header(), &Remade::default())
        .expect("unchanged");
    let after = fs::metadata(&store.paths().lock).expect("the lock file");
    assert_eq!(
        (before.ino(), before.mtime(), before.mtime_nsec()),
        (after.ino(), after.mtime(), after.mtime_nsec())
    );
    assert_settled(&store);
}

#[tokio::test]
async fn a_failed_write_of_the_lock_file_keeps_the_journal() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path()).await.expect("the lock");
    all(&store, story()).await;
    let view = store.view(&inventory());
    // A folder cannot be replaced by a file.
    let lock = store.paths().lock.clone();
    fs::create_dir(&lock).expect("a folder");
    assert!(store.finish(&header(), &Remade::default()).is_err());
    fs::remove_dir(&lock).expect("removed");
    drop(store);
    let mut store = open_at(folder.path(), 9_000).await.expect("the lock");
    let mut again = store.view(&inventory());
    for intent in again.intents.values_mut() {
        assert!(intent.takeover.take().is_some() && intent.since.take().is_some());
    }
    assert_eq!(again, view);
    let finished = store.finish(&header(), &Remade::default()).expect("folded");
    assert_eq!((finished.instances, finished.open_intents), (2, 1));
}

/// A first run that was killed before it wrote a lock file cannot be resumed as another inventory or on
/// another platform.
#[tokio::test]
async fn the_header_is_recorded_before_the_first_lock_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).await.expect("the lock");
    store.begin(&header()).await.expect("durable");
    let once = fs::read(&store.paths().journal).expect("the journal");
    store.begin(&header()).await.expect("known");
    assert_eq!(fs::read(&store.paths().journal).expect("the journal"), once);
    all(&store, vec![intent("a")]).await;
    drop(store);
    let other = InventoryName::new("another").expect("a name");
    let mut store = open(folder.path()).await.expect("the lock");
    for lock in [
        LockView::read(&paths(folder.path()), &other)
            .expect("a view")
            .lock,
        store.view(&other).lock,
    ] {
        assert_eq!(lock, Some(empty()));
    }
    // The intent stays open, so the header stays recorded.
    store.finish(&header(), &Remade::default()).expect("folded");
    assert!(!store.paths().lock.exists());
    drop(store);
    let view = LockView::read(&paths(folder.path()), &other).expect("a view");
    assert_eq!(
        (view.lock.as_ref(), open_keys(&view)),
        (Some(&empty()), vec!["a"])
    );
}

/// Another user, and the names of the keys, count once the run has ended.
#[tokio::test]
async fn rotated_secrets_count_once_the_run_has_ended() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(paths(folder.path()).lock, GOLDEN_V1).expect("written");
    let mut store = open(folder.path()).await.expect("the lock");
    let recorded = |store: &LockStore| store.view(&inventory()).lock.expect("a lock").header;
    let before = recorded(&store);
    assert!(before.check.is_some());
    let mut rotated = header();
    rotated.api.as_mut().expect("a platform").user = Some(print("rotated", "rotated"));
    store.begin(&rotated).await.expect("durable");
    assert_eq!(recorded(&store), before);
    store.finish(&rotated, &Remade::default()).expect("folded");
    assert_eq!(recorded(&store), rotated);
}

/// The entry that gets the name of its key is not one that this run changed.
#[tokio::test]
async fn what_was_pulled_during_a_run_is_lifted_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let lock = paths(folder.path()).lock;
    std::fs::write(&lock, GOLDEN_V1).expect("written");
    let mut store = open(folder.path()).await.expect("the lock");
    let pulled = GOLDEN_V1.replace("Freshdesk Support", "Pulled");
    std::fs::write(&lock, pulled).expect("written");
    let mut remade = Remade::default();
    let after = print("c2FsdA==", "ZmluZ2VycHJpbnQ=");
    let before = Fingerprint {
        key: KeyId::default(),
        ..after.clone()
    };
    remade.insert(before, after);
    store.finish(&header(), &remade).expect("folded");
    let written = std::fs::read_to_string(&lock).expect("the lock file");
    assert_eq!(written, GOLDEN.replace("Freshdesk Support", "Pulled"));
}

#[tokio::test]
async fn an_intent_that_is_not_durable_is_not_settled() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).await.expect("the lock");
    store.break_disk();
    assert!(store.record(intent("a")).await.is_err());
    assert!(store.record(created("b", 2)).await.is_err());
    let view = store.view(&inventory());
    assert!(view.intents.is_empty(), "no request was sent");
    assert_eq!(ids(&view.lock.expect("a lock")), ["b=2"], "this did happen");
}

#[tokio::test]
async fn a_rebuilt_lock_file_keeps_open_intents() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path()).await.expect("the lock");
    all(&store, vec![created("old", 1), intent("b")]).await;
    assert!(store.replace(whole()).expect("written"));
    let view = store.view(&inventory());
    assert_eq!(
        (view.lock.as_ref(), open_keys(&view)),
        (Some(&whole()), vec!["b"])
    );
    drop(store);
    let view = LockView::read(&paths(folder.path()), &inventory()).expect("a view");
    assert_eq!(
        (view.lock.as_ref(), open_keys(&view)),
        (Some(&whole()), vec!["b"])
    );
}

#[tokio::test]
async fn every_create_writes_the_same_number_of_bytes() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).await.expect("the lock");
    let mut cost = Vec::new();
    for number in 0..1_000 {
        let before = store.written().0;
        let name = format!("instance-{number:04}");
        all(
            &store,
            vec![intent(&name), created(&name, 100_000 + number)],
        )
        .await;
        cost.push(store.written().0 - before);
    }
    let (least, most) = (cost.iter().min(), cost.iter().max());
    // Only the number of digits of the times differs.
    assert!(
        most.zip(least)
            .is_some_and(|(most, least)| most - least <= 4)
    );
    assert!(most.is_some_and(|most| *most < 1_000), "{most:?} bytes");
}
