//! Kills and power loss at every byte: nothing durable is lost, and nothing counts twice.

#![expect(
    clippy::disallowed_methods,
    reason = "tests read and cut the files they made"
)]

use std::fs;

use super::checkpoint::assert_settled;
use super::*;

/// The content of both files at one moment.
struct Moment {
    lock: Option<Vec<u8>>,
    journal: Vec<u8>,
}

impl Moment {
    /// What the next run reads, in a folder of its own, and the lock file it ends with.
    async fn next_run(&self) -> (LockView, Vec<u8>) {
        let folder = tempfile::tempdir().expect("a folder");
        let paths = paths(folder.path());
        if let Some(lock) = &self.lock {
            fs::write(&paths.lock, lock).expect("written");
        }
        fs::create_dir(&paths.state_folder).expect("a folder");
        fs::write(&paths.journal, &self.journal).expect("written");
        let plan = LockView::read(&paths, &inventory()).expect("a view");
        let mut store = open_at(folder.path(), 1_000_000).await.expect("the lock");
        let view = store.view(&inventory());
        assert_eq!(
            (&plan.lock, open_keys(&plan)),
            (&view.lock, open_keys(&view)),
            "a plan and an apply see the same"
        );
        store.finish(&header(), &Remade::default()).expect("folded");
        let again = store.view(&inventory());
        assert_eq!(open_keys(&again), open_keys(&view));
        drop(store);
        let reread = LockView::read(&paths, &inventory()).expect("a view");
        assert_eq!(open_keys(&reread), open_keys(&view));
        (view, fs::read(&paths.lock).expect("the lock file"))
    }
}

/// Runs an apply over an existing lock file. Answers every moment at which its fold may have been
/// killed, and the lock file at its end.
async fn moments_of_a_fold(records: Vec<Record>) -> (Vec<Moment>, Vec<u8>) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path()).await.expect("the lock");
    all(&store, vec![created("a", 1), created("z", 26)]).await;
    store.finish(&header(), &Remade::default()).expect("folded");
    let old = fs::read(&store.paths().lock).expect("the lock file");

    all(&store, records).await;
    let recorded = fs::read(&store.paths().journal).expect("the journal");
    store.finish(&header(), &Remade::default()).expect("folded");
    let new = fs::read(&store.paths().lock).expect("the lock file");
    let left = fs::read(&store.paths().journal).expect("the journal");

    let [end] = &journal_lines(&left)[..] else {
        panic!("the checkpoint took the journal's place");
    };
    let StoredEvent::CheckpointEnd(checkpoint) = &end.event else {
        panic!("{end:?}");
    };
    let begin = TimedEvent {
        at: end.at,
        event: StoredEvent::CheckpointBegin(checkpoint.clone()),
    };
    let marked = [recorded.clone(), super::super::journal::line(&begin)].concat();
    // Where the journal cannot be replaced, the end is appended.
    let appended = [&marked[..], &left].concat();
    let mut moments = Vec::new();
    // The old lock file is still there while the checkpoint is written.
    for cut in recorded.len()..=marked.len() {
        moments.push(Moment {
            lock: Some(old.clone()),
            journal: marked[..cut].to_vec(),
        });
    }
    moments.push(Moment {
        lock: Some(new.clone()),
        journal: marked.clone(),
    });
    for cut in (marked.len()..=appended.len()).step_by(4) {
        moments.push(Moment {
            lock: Some(new.clone()),
            journal: appended[..cut].to_vec(),
        });
    }
    moments.push(Moment {
        lock: Some(new.clone()),
        journal: left,
    });
    (moments, new)
}

fn journal_lines(bytes: &[u8]) -> Vec<TimedEvent> {
    super::super::journal::read(Path::new("x"), bytes)
        .expect("a journal")
        .0
}

#[tokio::test]
async fn a_kill_at_every_byte_of_a_fold() {
    let records = vec![
        intent("b"),
        created("b", 2),
        // Folding this twice would give another result.
        renamed("a", "c"),
        intent("a"),
        created("a", 3),
        Record::Removed { key: key("z") },
    ];
    let (moments, new) = moments_of_a_fold(records).await;
    assert!(moments.len() > 50);
    for (number, moment) in moments.iter().enumerate() {
        let (view, end) = moment.next_run().await;
        let lock = view.lock.expect("a lock");
        assert_eq!(ids(&lock), ["a=3", "b=2", "c=1"], "moment {number}");
        assert!(view.intents.is_empty(), "moment {number}");
        assert_eq!(end, new, "moment {number}");
    }
}

#[tokio::test]
async fn a_kill_at_every_byte_of_a_fold_with_open_intents() {
    let records = vec![
        intent("b"),
        Record::Answered { key: key("b") },
        renamed("a", "c"),
        intent("a"),
        created("a", 3),
        intent("d"),
    ];
    let (moments, new) = moments_of_a_fold(records).await;
    for (number, moment) in moments.iter().enumerate() {
        let (view, end) = moment.next_run().await;
        assert_eq!(open_keys(&view), ["b", "d"], "moment {number}");
        assert!(view.intents[&key("b")].answered, "moment {number}");
        assert!(!view.intents[&key("d")].answered, "moment {number}");
        let lock = view.lock.expect("a lock");
        assert_eq!(ids(&lock), ["a=3", "c=1", "z=26"], "moment {number}");
        assert_eq!(end, new, "moment {number}");
    }
}

#[tokio::test]
async fn a_kill_at_every_byte_of_a_record_loses_no_durable_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).await.expect("the lock");
    let mut durable = Vec::new();
    for record in story() {
        store.record(record).await.expect("durable");
        let length = fs::metadata(&store.paths().journal).expect("it").len();
        let view = store.view(&inventory());
        durable.push((usize::try_from(length).expect("small"), view));
    }
    let bytes = fs::read(&store.paths().journal).expect("the journal");
    for cut in (0..=bytes.len()).rev() {
        let moment = Moment {
            lock: None,
            journal: bytes[..cut].to_vec(),
        };
        let Some((_, before)) = durable.iter().rev().find(|(length, _)| *length <= cut) else {
            continue;
        };
        let paths = paths(folder.path());
        fs::write(&paths.journal, &moment.journal).expect("written");
        let view = LockView::read(&paths, &inventory()).expect("a view");
        assert_eq!(&view, before, "cut at {cut}");
    }
}

#[tokio::test]
async fn the_journal_continues_after_a_torn_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).await.expect("the lock");
    all(&store, vec![intent("a"), intent("b")]).await;
    let path = store.paths().journal.clone();
    drop(store);
    let bytes = fs::read(&path).expect("the journal");
    fs::write(&path, &bytes[..bytes.len() - 9]).expect("written");
    let store = open(folder.path()).await.expect("the lock");
    assert_eq!(open_keys(&store.view(&inventory())), ["a"]);
    all(&store, vec![created("a", 1)]).await;
    drop(store);
    let view = LockView::read(&paths(folder.path()), &inventory()).expect("a view");
    assert_eq!(ids(&view.lock.expect("a lock")), ["a=1"]);
    assert!(view.intents.is_empty());
}

#[tokio::test]
async fn open_intents_survive_any_number_of_runs_and_take_no_more_space() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path()).await.expect("the lock");
    all(&store, vec![intent("a"), created("b", 2)]).await;
    store.finish(&header(), &Remade::default()).expect("folded");
    drop(store);
    // The next one takes the intent over, and those after it have nothing to add.
    let mut store = open(folder.path()).await.expect("the lock");
    store.finish(&header(), &Remade::default()).expect("folded");
    drop(store);
    let length = fs::metadata(paths(folder.path()).journal)
        .expect("it")
        .len();
    for _ in 0..5 {
        let mut store = open(folder.path()).await.expect("the lock");
        assert_eq!(open_keys(&store.view(&inventory())), ["a"]);
        store.finish(&header(), &Remade::default()).expect("folded");
        drop(store);
        let now = fs::metadata(paths(folder.path()).journal)
            .expect("it")
            .len();
        assert_eq!(now, length);
    }
    let mut store = open(folder.path()).await.expect("the lock");
    all(&store, vec![Record::NotCreated { key: key("a") }]).await;
    store.finish(&header(), &Remade::default()).expect("folded");
    assert_settled(&store);
}
