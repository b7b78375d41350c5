//! When the window of an intent starts: whoever wrote it may have been frozen until the next run got the
//! lock, and somebody may have set the wall clock meanwhile.

#![expect(clippy::disallowed_methods, reason = "tests read the files they made")]

use super::*;
use crate::model::BootTime;

/// The clocks of one process: its own, the wall clock, the machine's start and the time since then; all
/// in milliseconds.
#[derive(Clone)]
struct Clocks(u64, u64, Option<(&'static str, u64)>);

#[async_trait]
impl Clock for Clocks {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0)
    }

    fn reading(&self) -> Takeover {
        Takeover {
            wall: Timestamp::from_millis(self.1),
            boot: self.2.map(|(id, millis)| BootTime {
                id: id.to_owned(),
                millis,
            }),
        }
    }

    async fn sleep(&self, _duration: Duration) {}
}

/// A process on a machine that counts like its wall clock, from 1,000 on.
fn at(millis: u64) -> Clocks {
    Clocks(millis, millis, Some(("start", millis - 1_000)))
}

async fn store_at(folder: &Path, clocks: Clocks) -> LockStore {
    LockStore::open(paths(folder), Arc::new(clocks), &holder(), Duration::ZERO)
        .await
        .expect("the lock")
}

/// When the window of this key starts, in milliseconds of the process that asks.
fn since(store: &LockStore, name: &str) -> Option<Timestamp> {
    store.view(&inventory()).intents[&key(name)].since
}

fn millis(millis: u64) -> Option<Timestamp> {
    Some(Timestamp::from_millis(millis))
}

/// A folder in which a run died at 10,000 with an intent for `a`, which a run took over at 70,000.
async fn taken_over() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store_at(folder.path(), at(10_000)).await;
    all(&store, vec![intent("a")]).await;
    assert_eq!(since(&store, "a"), None, "its own intent");
    drop(store);
    drop(store_at(folder.path(), at(70_000)).await);
    folder
}

#[tokio::test]
async fn a_window_starts_when_the_next_run_gets_the_lock_and_later_runs_go_on_with_it() {
    let folder = taken_over().await;
    for now in [90_000, 95_000] {
        let store = store_at(folder.path(), at(now)).await;
        assert_eq!(since(&store, "a"), millis(70_000), "at {now}");
    }
}

#[tokio::test]
async fn only_the_first_run_after_an_intent_records_a_takeover() {
    let folder = taken_over().await;
    let journal = paths(folder.path()).journal;
    let before = std::fs::read(&journal).expect("the journal");
    drop(store_at(folder.path(), at(90_000)).await);
    assert_eq!(std::fs::read(&journal).expect("the journal"), before);
    let text = String::from_utf8(before).expect("UTF-8");
    assert_eq!(text.matches("\"record\":\"takeover\"").count(), 1, "{text}");
    // Nothing is open, so there is nothing to take over.
    let empty = tempfile::tempdir().expect("a folder");
    drop(store_at(empty.path(), at(90_000)).await);
    let journal = paths(empty.path()).journal;
    assert_eq!(std::fs::read(journal).expect("the journal"), b"");
}

#[tokio::test]
async fn a_takeover_covers_only_the_intents_before_it() {
    let folder = taken_over().await;
    let store = store_at(folder.path(), at(80_000)).await;
    let settled = Record::NotCreated { key: key("a") };
    all(&store, vec![settled, intent("a"), intent("b")]).await;
    assert_eq!(since(&store, "a"), None, "its own intent");
    drop(store);
    let store = store_at(folder.path(), at(90_000)).await;
    assert_eq!(
        (since(&store, "a"), since(&store, "b")),
        (millis(90_000), millis(90_000))
    );
}

#[tokio::test]
async fn the_fold_keeps_takeovers_and_makes_none() {
    let folder = taken_over().await;
    let mut store = store_at(folder.path(), at(80_000)).await;
    all(&store, vec![created("c", 3), intent("b")]).await;
    store.finish(&header(), &Remade::default()).expect("folded");
    assert_eq!(
        (since(&store, "a"), since(&store, "b")),
        (millis(70_000), None)
    );
    drop(store);
    // The one that ended well may still have been closing its connection.
    let store = store_at(folder.path(), at(90_000)).await;
    assert_eq!(
        (since(&store, "a"), since(&store, "b")),
        (millis(70_000), millis(90_000))
    );
}

#[tokio::test]
async fn clocks_that_are_set_neither_end_a_window_early_nor_make_it_longer_than_one() {
    for (clocks, start) in [
        // Set forward by hours: the machine knows better.
        (
            Clocks(9_000_000, 9_000_000, Some(("start", 89_000))),
            8_980_000,
        ),
        // Set back by hours: taken over anew.
        (Clocks(5_000, 5_000, Some(("start", 89_000))), 5_000),
        // Another start of the machine: only the wall clock counts.
        (Clocks(90_000, 90_000, Some(("other", 7))), 70_000),
        (Clocks(50_000, 50_000, Some(("other", 7))), 50_000),
        // The process is older than a step of the wall clock.
        (Clocks(90_000, 6_000_000, Some(("start", 89_000))), 70_000),
    ] {
        let folder = taken_over().await;
        let store = store_at(folder.path(), clocks.clone()).await;
        assert_eq!(since(&store, "a"), millis(start), "{:?}", clocks.2);
        let Clocks(own, wall, boot) = clocks;
        drop(store);
        // The next run goes on from there.
        let later = boot.map(|(id, millis)| (id, millis + 10_000));
        let store = store_at(folder.path(), Clocks(own + 10_000, wall + 10_000, later)).await;
        assert_eq!(since(&store, "a"), millis(start), "{boot:?}");
    }
}

#[test]
fn a_rename_that_joins_two_intents_keeps_only_a_takeover_of_both() {
    let line = |event| TimedEvent {
        at: Timestamp::from_millis(1),
        event,
    };
    let taken = StoredEvent::Takeover(at(70_000).reading());
    for (between, covered) in [(vec![], true), (vec![line(taken.clone())], false)] {
        let mut lines = timed(vec![intent("a")]);
        lines.extend(between);
        lines.extend(timed(vec![intent("b")]));
        lines.push(line(StoredEvent::Takeover(at(80_000).reading())));
        lines.extend(timed(vec![renamed("a", "b")]));
        let folded = fold(empty(), &lines);
        assert_eq!(folded.intents[&key("b")].takeover.is_some(), covered);
    }
}
