//! The bytes of the journal: one event a line, with a checksum, so that a torn end can be told from
//! damage.
//!
//! Must not: know what an event means.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::LockError;
use super::event::TimedEvent;

/// The version of a line. Each line has it, because the journal may be emptied at any time and a
/// first line with the version would be lost.
const VERSION: u64 = 2;
/// Hex digits of a line's checksum. Enough against damage; it is no defence against an attacker.
const CHECKSUM_DIGITS: usize = 16;

#[derive(Serialize, Deserialize)]
struct Line<T> {
    v: u64,
    #[serde(flatten)]
    event: T,
}

#[derive(Deserialize)]
struct VersionOnly {
    v: u64,
}

pub(super) fn line(event: &TimedEvent) -> Vec<u8> {
    let line = Line { v: VERSION, event };
    let json = serde_json::to_string(&line).expect("strings, numbers and string-keyed maps");
    format!("{} {json}\n", checksum(json.as_bytes())).into_bytes()
}

fn checksum(json: &[u8]) -> String {
    blake3::hash(json).to_hex()[..CHECKSUM_DIGITS].to_owned()
}

/// The events of a journal, and how many of its bytes they take. The bytes after them have no line
/// break: their write never returned, so nothing depends on them.
///
/// A complete line that cannot be read is damage, even if it is the last one. It may have been
/// durable, and dropping an intent leads to a second instance.
pub(super) fn read(path: &Path, bytes: &[u8]) -> Result<(Vec<TimedEvent>, usize), LockError> {
    let mut events = Vec::new();
    let mut length = 0;
    for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let Some(complete) = line.strip_suffix(b"\n") else {
            break;
        };
        match parse(complete) {
            Ok(event) => events.push(event),
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
        length += line.len();
    }
    Ok((events, length))
}

enum Unreadable {
    Damaged,
    Newer(u64),
}

impl From<serde_json::Error> for Unreadable {
    fn from(_: serde_json::Error) -> Self {
        Self::Damaged
    }
}

fn parse(line: &[u8]) -> Result<TimedEvent, Unreadable> {
    let (sum, json) = line
        .split_at_checked(CHECKSUM_DIGITS)
        .and_then(|(sum, rest)| Some((sum, rest.strip_prefix(b" ")?)))
        .ok_or(Unreadable::Damaged)?;
    if sum != checksum(json).as_bytes() {
        return Err(Unreadable::Damaged);
    }
    let VersionOnly { v } = serde_json::from_slice(json)?;
    if v > VERSION {
        return Err(Unreadable::Newer(v));
    }
    let Line { v: _, event } = serde_json::from_slice(json)?;
    Ok(event)
}
