//! The journal's lines: one record each, with the time and a checksum, so that a torn end can be
//! told from damage.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::LockError;
use super::entry::{Entry, StoredFingerprint};
use super::fold::{Event, Mark, Stamped};
use super::header::StoredHeader;
use crate::model::{Fingerprint, InstanceId, InstanceKey, OpenIntent};
use crate::ports::Record;

/// The version of the lines. Each has it: a journal may be emptied at any time, so no line of its
/// own could hold it for the others.
const VERSION: u64 = 1;
/// Hex digits of a line's checksum: enough to tell damage, which is no adversary.
const CHECK_DIGITS: usize = 16;

#[derive(Serialize, Deserialize)]
struct Line {
    v: u64,
    at: u64,
    #[serde(flatten)]
    what: What,
}

#[derive(Deserialize)]
struct VersionOnly {
    v: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "kebab-case")]
enum What {
    Intent {
        key: InstanceKey,
        secrets: Fingerprints,
    },
    Answered {
        key: InstanceKey,
    },
    NotCreated {
        key: InstanceKey,
    },
    Sending {
        key: InstanceKey,
        secrets: BTreeSet<String>,
    },
    Entry {
        key: InstanceKey,
        entry: Box<Entry>,
    },
    Removed {
        key: InstanceKey,
    },
    Renamed {
        from: InstanceKey,
        to: InstanceKey,
    },
    Retired {
        id: InstanceId,
    },
    Deleted {
        id: InstanceId,
    },
    Alive,
    Header {
        header: StoredHeader,
    },
    Folding(StoredMark),
    Folded(StoredMark),
}

type Fingerprints = BTreeMap<String, StoredFingerprint>;

#[derive(Serialize, Deserialize)]
struct StoredMark {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lock: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    header: Option<StoredHeader>,
    intents: BTreeMap<InstanceKey, StoredIntent>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    retired: Vec<StoredRetired>,
}

#[derive(Serialize, Deserialize)]
struct StoredRetired {
    id: InstanceId,
    at: u64,
}

#[derive(Serialize, Deserialize)]
struct StoredIntent {
    alive: u64,
    answered: bool,
    secrets: Fingerprints,
}

fn stored(secrets: &BTreeMap<String, Fingerprint>) -> Fingerprints {
    secrets
        .iter()
        .map(|(name, secret)| (name.clone(), secret.clone().into()))
        .collect()
}

fn read_back(secrets: Fingerprints) -> BTreeMap<String, Fingerprint> {
    secrets
        .into_iter()
        .map(|(name, secret)| (name, secret.into()))
        .collect()
}

impl From<&Mark> for StoredMark {
    fn from(mark: &Mark) -> Self {
        let Mark {
            lock,
            header,
            intents,
            retired,
        } = mark;
        let intents = intents.iter().map(|(key, intent)| {
            let OpenIntent {
                last_alive_ms,
                answered,
                secrets,
            } = intent;
            let intent = StoredIntent {
                alive: *last_alive_ms,
                answered: *answered,
                secrets: stored(secrets),
            };
            (key.clone(), intent)
        });
        let retired = retired
            .iter()
            .map(|(id, at)| StoredRetired { id: *id, at: *at });
        Self {
            lock: lock.clone(),
            header: header.clone().map(StoredHeader::from),
            intents: intents.collect(),
            retired: retired.collect(),
        }
    }
}

impl From<StoredMark> for Mark {
    fn from(mark: StoredMark) -> Self {
        let StoredMark {
            lock,
            header,
            intents,
            retired,
        } = mark;
        let intents = intents.into_iter().map(|(key, intent)| {
            let StoredIntent {
                alive,
                answered,
                secrets,
            } = intent;
            let intent = OpenIntent {
                last_alive_ms: alive,
                answered,
                secrets: read_back(secrets),
            };
            (key, intent)
        });
        Self {
            lock,
            header: header.map(Into::into),
            intents: intents.collect(),
            retired: retired.into_iter().map(|row| (row.id, row.at)).collect(),
        }
    }
}

impl From<&Event> for What {
    fn from(event: &Event) -> Self {
        match event {
            Event::Record(record) => Self::from(record),
            Event::Header(header) => Self::Header {
                header: header.clone().into(),
            },
            Event::Folding(mark) => Self::Folding(mark.into()),
            Event::Folded(mark) => Self::Folded(mark.into()),
        }
    }
}

impl From<&Record> for What {
    fn from(record: &Record) -> Self {
        match record.clone() {
            Record::Intent { key, secrets } => Self::Intent {
                key,
                secrets: stored(&secrets),
            },
            Record::Answered { key } => Self::Answered { key },
            Record::NotCreated { key } => Self::NotCreated { key },
            Record::Sending { key, secrets } => Self::Sending { key, secrets },
            Record::Entry { key, entry } => Self::Entry {
                key,
                entry: Box::new(Entry::from(&*entry)),
            },
            Record::Removed { key } => Self::Removed { key },
            Record::Renamed { from, to } => Self::Renamed { from, to },
            Record::Retired { id } => Self::Retired { id },
            Record::Deleted { id } => Self::Deleted { id },
            Record::Heartbeat => Self::Alive,
        }
    }
}

impl From<What> for Event {
    fn from(what: What) -> Self {
        Self::Record(match what {
            What::Header { header } => return Self::Header(header.into()),
            What::Folding(mark) => return Self::Folding(mark.into()),
            What::Folded(mark) => return Self::Folded(mark.into()),
            What::Intent { key, secrets } => Record::Intent {
                key,
                secrets: read_back(secrets),
            },
            What::Answered { key } => Record::Answered { key },
            What::NotCreated { key } => Record::NotCreated { key },
            What::Sending { key, secrets } => Record::Sending { key, secrets },
            What::Entry { key, entry } => Record::Entry {
                key,
                entry: Box::new((*entry).into()),
            },
            What::Removed { key } => Record::Removed { key },
            What::Renamed { from, to } => Record::Renamed { from, to },
            What::Retired { id } => Record::Retired { id },
            What::Deleted { id } => Record::Deleted { id },
            What::Alive => Record::Heartbeat,
        })
    }
}

/// One line, ready to append.
pub(super) fn line(stamped: &Stamped) -> Vec<u8> {
    let line = Line {
        v: VERSION,
        at: stamped.at_ms,
        what: What::from(&stamped.event),
    };
    let json = serde_json::to_string(&line).expect("strings, numbers and string-keyed maps");
    format!("{} {json}\n", check(json.as_bytes())).into_bytes()
}

fn check(json: &[u8]) -> String {
    blake3::hash(json).to_hex()[..CHECK_DIGITS].to_owned()
}

/// The lines of a journal, and how many of its bytes they are. What is beyond has no end of line: a
/// write that never returned, so nobody relied on it.
///
/// A whole line that cannot be read is damage wherever it stands, the last one too: it may have been
/// durable, and an intent that is dropped becomes a second instance.
pub(super) fn read(path: &Path, bytes: &[u8]) -> Result<(Vec<Stamped>, usize), LockError> {
    let mut lines = Vec::new();
    let mut sound = 0;
    for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let Some(whole) = line.strip_suffix(b"\n") else {
            break;
        };
        match parse(whole) {
            Ok(stamped) => lines.push(stamped),
            Err(Unreadable::Damaged) => {
                return Err(LockError::JournalDamaged {
                    path: path.to_owned(),
                    line: index + 1,
                });
            }
            Err(Unreadable::Newer(found)) => {
                return Err(LockError::Newer {
                    path: path.to_owned(),
                    found,
                    known: VERSION,
                });
            }
        }
        sound += line.len();
    }
    Ok((lines, sound))
}

enum Unreadable {
    Damaged,
    Newer(u64),
}

fn parse(line: &[u8]) -> Result<Stamped, Unreadable> {
    let (sum, json) = line
        .split_at_checked(CHECK_DIGITS)
        .and_then(|(sum, rest)| Some((sum, rest.strip_prefix(b" ")?)))
        .ok_or(Unreadable::Damaged)?;
    if sum != check(json).as_bytes() {
        return Err(Unreadable::Damaged);
    }
    let VersionOnly { v } = serde_json::from_slice(json).map_err(|_| Unreadable::Damaged)?;
    if v > VERSION {
        return Err(Unreadable::Newer(v));
    }
    let Line { v: _, at, what } = serde_json::from_slice(json).map_err(|_| Unreadable::Damaged)?;
    Ok(Stamped {
        at_ms: at,
        event: what.into(),
    })
}
