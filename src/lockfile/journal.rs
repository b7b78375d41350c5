//! The journal's lines: one record each, with the time and a checksum, so that a torn end can be
//! told from damage.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::LockError;
use super::entry::Entry;
use super::fold::Stamped;
use crate::model::{Fingerprint, InstanceKey};
use crate::ports::Record;

/// The version of the lines.
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
        secrets: BTreeMap<String, Fingerprint>,
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
    Alive,
    Folded,
}

/// One line, ready to append.
pub(super) fn line(stamped: &Stamped) -> Vec<u8> {
    let what = match &stamped.record {
        None => What::Folded,
        Some(Record::Intent { key, secrets }) => What::Intent {
            key: key.clone(),
            secrets: secrets.clone(),
        },
        Some(Record::Answered { key }) => What::Answered { key: key.clone() },
        Some(Record::NotCreated { key }) => What::NotCreated { key: key.clone() },
        Some(Record::Sending { key, secrets }) => What::Sending {
            key: key.clone(),
            secrets: secrets.clone(),
        },
        Some(Record::Entry { key, entry }) => What::Entry {
            key: key.clone(),
            entry: Box::new(Entry::from(&**entry)),
        },
        Some(Record::Removed { key }) => What::Removed { key: key.clone() },
        Some(Record::Renamed { from, to }) => What::Renamed {
            from: from.clone(),
            to: to.clone(),
        },
        Some(Record::Alive) => What::Alive,
    };
    let line = Line {
        v: VERSION,
        at: stamped.at_ms,
        what,
    };
    let json = serde_json::to_string(&line).expect("strings, numbers and string-keyed maps");
    format!("{} {json}\n", check(json.as_bytes())).into_bytes()
}

fn check(json: &[u8]) -> String {
    blake3::hash(json).to_hex()[..CHECK_DIGITS].to_owned()
}

/// The records of a journal, and how many of its bytes they are: what is beyond is the torn end of
/// a write that never returned, so nobody relied on it.
pub(super) fn read(path: &Path, bytes: &[u8]) -> Result<(Vec<Stamped>, usize), LockError> {
    let mut records = Vec::new();
    let mut sound = 0;
    let mut number = 0;
    while let Some(length) = bytes[sound..].iter().position(|byte| *byte == b'\n') {
        number += 1;
        let line = &bytes[sound..sound + length];
        match record(path, line) {
            Ok(stamped) => records.push(stamped),
            // A write of several lines may be torn inside any of them, with whole lines after it
            // only where the disk reordered; what follows tells.
            Err(Unreadable::Damaged) if !any_sound(path, &bytes[sound + length + 1..]) => {
                return Ok((records, sound));
            }
            Err(Unreadable::Damaged) => {
                return Err(LockError::JournalDamaged {
                    path: path.to_owned(),
                    line: number,
                });
            }
            Err(Unreadable::Newer(error)) => return Err(error),
        }
        sound += length + 1;
    }
    Ok((records, sound))
}

enum Unreadable {
    Damaged,
    Newer(LockError),
}

fn any_sound(path: &Path, rest: &[u8]) -> bool {
    rest.split(|byte| *byte == b'\n')
        .any(|line| record(path, line).is_ok())
}

fn record(path: &Path, line: &[u8]) -> Result<Stamped, Unreadable> {
    let (sum, json) = line
        .split_at_checked(CHECK_DIGITS)
        .and_then(|(sum, rest)| Some((sum, rest.strip_prefix(b" ")?)))
        .ok_or(Unreadable::Damaged)?;
    if sum != check(json).as_bytes() {
        return Err(Unreadable::Damaged);
    }
    if let Ok(VersionOnly { v }) = serde_json::from_slice(json)
        && v > VERSION
    {
        return Err(Unreadable::Newer(LockError::Newer {
            path: path.to_owned(),
            found: v,
            known: VERSION,
        }));
    }
    let Line { v: _, at, what } = serde_json::from_slice(json).map_err(|_| Unreadable::Damaged)?;
    let record = match what {
        What::Intent { key, secrets } => Some(Record::Intent { key, secrets }),
        What::Answered { key } => Some(Record::Answered { key }),
        What::NotCreated { key } => Some(Record::NotCreated { key }),
        What::Sending { key, secrets } => Some(Record::Sending { key, secrets }),
        What::Entry { key, entry } => Some(Record::Entry {
            key,
            entry: Box::new((*entry).into()),
        }),
        What::Removed { key } => Some(Record::Removed { key }),
        What::Renamed { from, to } => Some(Record::Renamed { from, to }),
        What::Alive => Some(Record::Alive),
        What::Folded => None,
    };
    Ok(Stamped { at_ms: at, record })
}
