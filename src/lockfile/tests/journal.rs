//! The lines of the journal: a torn end is dropped, a damaged line never is.

use proptest::prelude::*;

use super::random::history;
use super::*;
use crate::lockfile::event::{RecentInstance, RetiredInstance, SupersededSecrets};
use crate::lockfile::journal::{line, read};
use crate::model::{BootTime, DataKeys};

fn bytes_of(lines: &[TimedEvent]) -> Vec<u8> {
    lines.iter().flat_map(line).collect()
}

fn with_checkpoints() -> Vec<TimedEvent> {
    let mut lines = timed(story());
    let folded = fold(empty(), &lines);
    let checkpoint = Checkpoint {
        lock: Some("digest".to_owned()),
        header: Some(header()),
        ..checkpoint(&folded)
    };
    for event in [
        StoredEvent::Header { header: header() },
        StoredEvent::CheckpointBegin(checkpoint.clone()),
        StoredEvent::CheckpointEnd(checkpoint),
    ] {
        lines.push(TimedEvent {
            at: Timestamp::from_millis(99),
            event,
        });
    }
    lines
}

proptest! {
    #[test]
    fn written_lines_are_read_back(records in history()) {
        let lines = timed(records);
        let bytes = bytes_of(&lines);
        let (read, sound) = read(Path::new("x"), &bytes).expect("a journal");
        prop_assert_eq!(read, lines);
        prop_assert_eq!(sound, bytes.len());
    }
}

#[test]
fn an_empty_journal_has_no_lines() {
    assert_eq!(read(Path::new("x"), b"").expect("a journal"), (vec![], 0));
}

#[test]
fn every_prefix_keeps_its_complete_lines() {
    let lines = with_checkpoints();
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

/// The last complete line may be an intent whose `POST` was sent. Dropping it would send another.
#[test]
fn any_damage_to_a_complete_line_names_it() {
    let lines = with_checkpoints();
    let bytes = bytes_of(&lines);
    let mut number = 1;
    for at in 0..bytes.len() - 1 {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x20;
        let error = read(Path::new("x"), &damaged).expect_err("damage is noticed");
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
    // Some file systems leave this of an append at a power loss.
    let lines = timed(story());
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
fn a_line_of_a_newer_version_names_both_versions() {
    let mut bytes = bytes_of(&timed(story()));
    bytes.extend(checked(r#"{"v":3,"at":1,"lease":"x"}"#));
    let error = read(Path::new("x.journal"), &bytes).expect_err("a newer version");
    assert_eq!(
        error.to_string(),
        "`x.journal` has format version 3, but this version of connectorctl reads up to version 2"
    );
}

#[test]
fn an_unknown_kind_of_record_is_damage() {
    let bytes = checked(r#"{"v":1,"at":1,"record":"lease","key":"a"}"#);
    let error = read(Path::new("x"), &bytes).expect_err("an unknown record");
    assert!(matches!(error, LockError::JournalDamaged { line: 1, .. }));
}

const GOLDEN_JOURNAL: &str = include_str!("journal.golden");
/// The same lines as version 1 wrote them.
const GOLDEN_JOURNAL_V1: &str = include_str!("journal-v1.golden");

/// What an earlier version wrote: when a process was last alive.
const HEARTBEATS: &str = r#"b0236dc910090a54 {"v":1,"at":9,"record":"alive"}
7a1ff26381a82856 {"v":1,"at":9,"record":"folded","lock":"digest","header":{"inventory":"acme-support","api":{"url":"https://api.example.com/elements/api-v2","organization":4711,"user":{"salt":"user","fingerprint":"user"}},"fingerprints":{"check":{"salt":"check","fingerprint":"check"}}},"intents":{"a":{"alive":7,"answered":true,"secrets":{"username":{"salt":"salt","fingerprint":"digest"}}}},"retired":[{"id":1,"at":7}]}
"#;

fn taken_over(has_boot: bool) -> Takeover {
    Takeover {
        wall: Timestamp::from_millis(8),
        boot: has_boot.then(|| BootTime {
            id: "start".to_owned(),
            millis: 5,
        }),
    }
}

/// What is recorded of the rename of an inventory. Version 1 had none.
fn of_a_move() -> [StoredEvent; 2] {
    let moving = InventoryMove {
        from: inventory(),
        to: InventoryName::new("acme").expect("a name"),
    };
    let mut folded = fold(empty(), &[]);
    folded.moving = Some(moving.clone());
    [
        StoredEvent::Record(Record::Moving(moving)),
        StoredEvent::CheckpointEnd(Checkpoint {
            lock: None,
            ..checkpoint(&folded)
        }),
    ]
}

/// One line of every kind, with every optional member and without.
fn every_kind() -> Vec<TimedEvent> {
    let fingerprint = print("salt", "digest");
    let sent = BTreeMap::from([("username".to_owned(), fingerprint.clone())]);
    let mut least = entry(2);
    least.element.id = None;
    least.tags = None;
    least.secrets = BTreeMap::from([("username".to_owned(), None)]);
    least.created_date = None;
    least.lifecycle = Lifecycle::default();
    let mut most = entry(1);
    most.lifecycle.ignore_changes = BTreeSet::from(["name".to_owned()]);
    let checkpoint = Checkpoint {
        lock: Some("digest".to_owned()),
        header: Some(header()),
        data_keys: DataKeys::new(),
        intents: BTreeMap::from([(
            key("a"),
            OpenIntent {
                takeover: Some(taken_over(true)),
                since: None,
                answered: true,
                secrets: sent.clone(),
                candidate: Some(candidate(1)),
            },
        )]),
        retired: vec![RetiredInstance {
            id: InstanceId(1),
            at: Timestamp::from_millis(7),
        }],
        moving: None,
        recent: Vec::new(),
        superseded: Vec::new(),
    };
    let nothing = Checkpoint {
        lock: None,
        header: None,
        data_keys: DataKeys::new(),
        intents: BTreeMap::new(),
        retired: Vec::new(),
        moving: None,
        recent: Vec::new(),
        superseded: Vec::new(),
    };
    let print = print("salt", "digest");
    let remembering = Checkpoint {
        recent: vec![RecentInstance {
            key: key("a"),
            id: InstanceId(1),
            since: taken_over(true),
            secrets: BTreeMap::from([("username".to_owned(), print.clone())]),
        }],
        superseded: vec![SupersededSecrets {
            id: InstanceId(1),
            fingerprints: vec![print],
        }],
        ..nothing.clone()
    };
    let bases = [Some("digest".to_owned()), None];
    let entry = |entry| Record::Entry {
        key: key("a"),
        entry: Box::new(entry),
    };
    let candidate_of = |id| Record::Candidate {
        key: key("a"),
        candidate: Box::new(candidate(id)),
    };
    let records = [
        Record::Intent {
            key: key("a"),
            secrets: sent,
        },
        candidate_of(1),
        candidate_of(2),
        Record::Answered { key: key("a") },
        Record::NotCreated { key: key("a") },
        Record::Sending {
            key: key("a"),
            id: Some(InstanceId(1)),
            secrets: BTreeSet::from(["username".to_owned()]),
        },
        entry(most),
        entry(least),
        Record::Removed { key: key("a") },
        renamed("a", "b"),
        Record::Retired { id: InstanceId(1) },
        Record::Deleted { id: InstanceId(1) },
    ];
    let headers = [header(), LockHeader::new(inventory())];
    records
        .map(StoredEvent::Record)
        .into_iter()
        .chain(headers.map(|header| StoredEvent::Header { header }))
        .chain([checkpoint.clone(), nothing.clone()].map(StoredEvent::CheckpointBegin))
        .chain([checkpoint, nothing].map(StoredEvent::CheckpointEnd))
        .chain([true, false].map(|has_boot| StoredEvent::Takeover(taken_over(has_boot))))
        .chain([StoredEvent::CheckpointEnd(remembering)])
        .chain(bases.map(|lock| StoredEvent::Base { lock }))
        .chain(of_a_move())
        .map(|event| TimedEvent {
            at: Timestamp::from_millis(9),
            event,
        })
        .collect()
}

/// The format is a contract: an upgrade must read the journal of the version before.
#[test]
fn the_bytes_of_every_kind_are_unchanged() {
    let lines = every_kind();
    let bytes = bytes_of(&lines);
    assert_eq!(String::from_utf8(bytes).expect("UTF-8"), GOLDEN_JOURNAL);
    let (read, _) = read(Path::new("x"), GOLDEN_JOURNAL.as_bytes()).expect("a journal");
    assert_eq!(read, lines);
}

/// A fingerprint did not name its key, and the secrets of a `PATCH` not their instance.
#[test]
fn the_journal_of_version_1_is_read() {
    let (mut lines, length) =
        read(Path::new("x"), GOLDEN_JOURNAL_V1.as_bytes()).expect("a journal");
    assert_eq!(length, GOLDEN_JOURNAL_V1.len());
    let mut unnamed = |fingerprint: &mut Fingerprint| {
        assert_eq!(fingerprint.key, KeyId::default());
        fingerprint.key = print("", "").key;
    };
    for line in &mut lines {
        match &mut line.event {
            StoredEvent::Header { header } => name_keys(header, &mut unnamed),
            StoredEvent::CheckpointBegin(checkpoint) | StoredEvent::CheckpointEnd(checkpoint) => {
                let header = checkpoint.header.iter_mut();
                header.for_each(|header| name_keys(header, &mut unnamed));
                let intents = checkpoint.intents.values_mut();
                let intents = intents.flat_map(|intent| intent.secrets.values_mut());
                let recent = checkpoint.recent.iter_mut();
                let recent = recent.flat_map(|recent| recent.secrets.values_mut());
                let superseded = checkpoint.superseded.iter_mut();
                let superseded = superseded.flat_map(|one| &mut one.fingerprints);
                intents
                    .chain(recent)
                    .chain(superseded)
                    .for_each(&mut unnamed);
            }
            StoredEvent::Record(Record::Intent { secrets, .. }) => {
                secrets.values_mut().for_each(&mut unnamed);
            }
            StoredEvent::Record(Record::Entry { entry, .. }) => {
                entry.secrets.values_mut().flatten().for_each(&mut unnamed);
            }
            StoredEvent::Record(Record::Sending { id, .. }) => *id = Some(InstanceId(1)),
            _ => {}
        }
    }
    let later = of_a_move();
    let mut known = every_kind();
    known.retain(|line| !later.contains(&line.event));
    assert_eq!(lines, known);
}

fn name_keys(header: &mut LockHeader, unnamed: &mut impl FnMut(&mut Fingerprint)) {
    // The names of the keys have replaced the check.
    let check = header.check.take();
    assert_eq!(check.is_some(), header.api.is_some());
    let api = header.api.iter_mut();
    api.filter_map(|api| api.user.as_mut()).for_each(unnamed);
}

#[test]
fn the_heartbeats_of_earlier_versions_are_read_and_say_nothing() {
    let (lines, length) = read(Path::new("x"), HEARTBEATS.as_bytes()).expect("a journal");
    assert_eq!(length, HEARTBEATS.len());
    let view = fold(empty(), &lines);
    let intent = &view.intents[&key("a")];
    assert_eq!((&intent.takeover, intent.answered), (&None, true));
    assert_eq!(view.retired.len(), 1);
}
