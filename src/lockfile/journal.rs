//! The journal's lines: one record each, with the time and a checksum, so that a torn end can be
//! told from damage.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::LockError;
use super::event::TimedEvent;

/// The version of the lines. Each has it: a journal may be emptied at any time, so no line of its
/// own could hold it for the others.
const VERSION: u64 = 1;
/// Hex digits of a line's checksum: enough to tell damage, which is no adversary.
const CHECK_DIGITS: usize = 16;

/// The version first, so that a reader knows what it may expect of the others.
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

/// One line, ready to append.
pub(super) fn line(event: &TimedEvent) -> Vec<u8> {
    let line = Line { v: VERSION, event };
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
pub(super) fn read(path: &Path, bytes: &[u8]) -> Result<(Vec<TimedEvent>, usize), LockError> {
    let mut lines = Vec::new();
    let mut sound = 0;
    for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let Some(whole) = line.strip_suffix(b"\n") else {
            break;
        };
        match parse(whole) {
            Ok(event) => lines.push(event),
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

fn parse(line: &[u8]) -> Result<TimedEvent, Unreadable> {
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
    let Line { v: _, event } = serde_json::from_slice(json).map_err(|_| Unreadable::Damaged)?;
    Ok(event)
}
