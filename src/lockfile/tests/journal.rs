//! The lines of the journal: torn is told from damaged, and damaged is never dropped.

use proptest::prelude::*;

use super::random::history;
use super::*;
use crate::lockfile::journal::{line, read};

fn bytes_of(lines: &[Stamped]) -> Vec<u8> {
    lines.iter().flat_map(line).collect()
}

fn with_marks() -> Vec<Stamped> {
    let mut lines = stamped(story());
    let folded = fold(header(), &lines);
    let mark = Mark {
        lock: Some("digest".to_owned()),
        header: Some(Header::of(&header())),
        intents: folded.intents,
        retired: folded.retired,
    };
    for event in [
        Event::Header(Header::of(&whole())),
        Event::Folding(mark.clone()),
        Event::Folded(mark),
    ] {
        lines.push(Stamped { at_ms: 99, event });
    }
    lines
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(records in history()) {
        let lines = stamped(records);
        let bytes = bytes_of(&lines);
        let (read, sound) = read(Path::new("x"), &bytes).expect("a journal");
        prop_assert_eq!(read, lines);
        prop_assert_eq!(sound, bytes.len());
    }
}

#[test]
fn an_empty_journal_says_nothing() {
    assert_eq!(read(Path::new("x"), b"").expect("a journal"), (vec![], 0));
}

#[test]
fn every_prefix_is_read_and_keeps_every_whole_line() {
    let lines = with_marks();
    let bytes = bytes_of(&lines);
    let mut ends = vec![0];
    for one in &lines {
        ends.push(ends[ends.len() - 1] + line(one).len());
    }
    for cut in 0..=bytes.len() {
        let (read, sound) = read(Path::new("x"), &bytes[..cut]).expect("a torn end");
        let whole = ends.iter().filter(|end| **end <= cut).count() - 1;
        assert_eq!(read, lines[..whole], "cut at {cut}");
        assert_eq!(sound, ends[whole]);
    }
}

/// The last whole line may be an intent whose `POST` was sent: to drop it is to send another.
#[test]
fn any_damage_of_a_whole_line_is_an_error_that_names_it() {
    let lines = with_marks();
    let bytes = bytes_of(&lines);
    let mut number = 1;
    for at in 0..bytes.len() - 1 {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x20;
        let error = read(Path::new("x"), &damaged).expect_err("damage goes by");
        let LockError::JournalDamaged { line, .. } = error else {
            panic!("{error}");
        };
        assert_eq!(line, number, "byte {at}");
        if bytes[at] == b'\n' {
            number += 1;
        }
    }
}

#[test]
fn a_torn_end_of_zeros_is_dropped() {
    // What some file systems leave of an append when the power goes.
    let lines = stamped(story());
    let mut bytes = bytes_of(&lines);
    let sound = bytes.len();
    bytes.extend([0; 300]);
    assert_eq!(
        read(Path::new("x"), &bytes).expect("a torn end"),
        (lines, sound)
    );
}

fn checked(json: &str) -> Vec<u8> {
    format!("{} {json}\n", &blake3::hash(json.as_bytes()).to_hex()[..16]).into_bytes()
}

#[test]
fn a_line_of_a_newer_version_names_both() {
    let mut bytes = bytes_of(&stamped(story()));
    bytes.extend(checked(r#"{"v":2,"at":1,"lease":"x"}"#));
    let error = read(Path::new("x.journal"), &bytes).expect_err("a newer version");
    assert_eq!(
        error.to_string(),
        "x.journal has format version 2, and this program knows 1"
    );
}

#[test]
fn a_record_of_no_known_kind_is_not_skipped() {
    let bytes = checked(r#"{"v":1,"at":1,"record":"lease","key":"a"}"#);
    let error = read(Path::new("x"), &bytes).expect_err("an unknown record");
    assert!(matches!(error, LockError::JournalDamaged { line: 1, .. }));
}
