//! What holds for every fold.

use proptest::prelude::*;

use super::random::{history, lock};
use super::*;

fn at(lines: &[TimedEvent], event: StoredEvent) -> TimedEvent {
    TimedEvent {
        at: lines.last().map_or(Timestamp::default(), |line| line.at),
        event,
    }
}

proptest! {
    /// A run that is killed right after it replaced the lock file changes nothing.
    #[test]
    fn what_the_lock_file_holds_is_not_folded_again(lock in lock(), records in history()) {
        let mut lines = timed(records);
        let once = fold(lock.clone(), &lines);
        lines.push(at(&lines, StoredEvent::CheckpointBegin(checkpoint(&once))));
        let written = digest(&to_bytes(&once.lock));
        let again = fold(once.lock.clone(), &drop_history(lines.clone(), Some(&written)));
        prop_assert_eq!(undated(again), once.clone());
        // The lock file that the checkpoint announces was never written.
        let old = digest(&to_bytes(&lock));
        let before = fold(lock, &drop_history(lines, Some(&old)));
        prop_assert_eq!(undated(before), once);
    }

    /// A fold in between does not change the result.
    #[test]
    fn folding_in_two_parts_is_folding_at_once(
        lock in lock(),
        first in history(),
        second in history(),
        interrupted: bool,
    ) {
        let whole: Vec<TimedEvent> = timed(first.iter().chain(&second).cloned().collect());
        let at_once = fold(lock.clone(), &whole);
        let (start, rest) = whole.split_at(first.len());
        let part = fold(lock, start);
        let mut lines = start.to_vec();
        lines.push(at(start, StoredEvent::CheckpointBegin(checkpoint(&part))));
        if !interrupted {
            lines.push(at(start, StoredEvent::CheckpointEnd(checkpoint(&part))));
        }
        lines.extend_from_slice(rest);
        let written = digest(&to_bytes(&part.lock));
        let in_two = fold(part.lock, &drop_history(lines, Some(&written)));
        prop_assert_eq!(undated(in_two), at_once);
    }

    /// An intent is open until a later record settles it. Forgetting it too early leads to a second
    /// instance; keeping it forever blocks its key.
    #[test]
    fn an_intent_is_open_until_its_outcome_is_recorded(records in history()) {
        let records: Vec<Record> = records
            .into_iter()
            .filter(|record| !matches!(record, Record::Renamed { .. }))
            .collect();
        let folded = fold(empty(), &timed(records.clone()));
        for name in ["a", "b", "c", "d"] {
            let last = records.iter().rev().find(|record| match record {
                Record::Intent { key, .. }
                | Record::NotCreated { key }
                | Record::Entry { key, .. } => key.as_str() == name,
                _ => false,
            });
            let open = matches!(last, Some(Record::Intent { .. }));
            prop_assert_eq!(folded.intents.contains_key(&key(name)), open, "{}", name);
        }
    }

    /// Nobody knows whether a secret arrived that was being sent when the process died.
    #[test]
    fn a_secret_being_sent_is_unverified_until_its_entry_is_recorded(records in history()) {
        let mut records = records;
        records.push(created("a", 1));
        let sending = Record::Sending {
            key: key("a"),
            id: Some(InstanceId(1)),
            secrets: BTreeSet::from(["username".to_owned()]),
        };
        records.push(sending);
        let folded = fold(empty(), &timed(records.clone()));
        prop_assert_eq!(&folded.lock.instances[&key("a")].secrets["username"], &None);
        records.push(created("a", 1));
        let folded = fold(empty(), &timed(records));
        prop_assert!(folded.lock.instances[&key("a")].secrets["username"].is_some());
    }
}

#[test]
fn a_key_that_is_renamed_and_used_anew_keeps_both() {
    let mut lock = empty();
    lock.instances.insert(key("a"), entry(1));
    let mut lines = timed(vec![renamed("a", "b"), created("a", 2)]);
    let once = fold(lock, &lines);
    assert_eq!(ids(&once.lock), ["a=2", "b=1"]);
    lines.push(at(&lines, StoredEvent::CheckpointBegin(checkpoint(&once))));
    let written = digest(&to_bytes(&once.lock));
    let again = fold(once.lock, &drop_history(lines, Some(&written)));
    assert_eq!(ids(&again.lock), ["a=2", "b=1"]);
}

#[test]
fn a_removed_entry_settles_no_intent() {
    let folded = fold(
        empty(),
        &timed(vec![
            created("a", 1),
            intent("a"),
            Record::Removed { key: key("a") },
        ]),
    );
    assert!(folded.lock.instances.is_empty());
    assert!(folded.intents.contains_key(&key("a")));
}

#[test]
fn when_a_rename_joins_two_intents_the_unanswered_one_counts() {
    let answered = |name: &str| Record::Answered { key: key(name) };
    for (records, expected) in [
        (vec![intent("a"), answered("a"), intent("b")], false),
        (vec![intent("a"), intent("b"), answered("b")], false),
        (
            vec![intent("a"), answered("a"), intent("b"), answered("b")],
            true,
        ),
    ] {
        let mut records = records;
        records.push(renamed("a", "b"));
        let folded = fold(empty(), &timed(records));
        let names: Vec<&str> = folded.intents.keys().map(InstanceKey::as_str).collect();
        assert_eq!(names, ["b"]);
        assert_eq!(folded.intents[&key("b")].answered, expected);
    }
}
