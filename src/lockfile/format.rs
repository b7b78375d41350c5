//! The canonical bytes of the lock file: sorted and versioned, so that changes can be reviewed and
//! merged.
//!
//! Must not: quote a value of the file in an error, because it may be a token.

use std::collections::BTreeMap;
use std::path::Path;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::error::Category;

use super::{LockError, sealed};
use crate::diagnostic::{OtherFile, without_bom};
use crate::model::{
    DataKeys, InstanceKey, InventoryName, KeyCheck, Lock, LockHeader, LockedApi, LockedInstance,
    data_keys, unique_keys,
};

/// The version this program writes. It reads the earlier ones.
const VERSION: u64 = 2;

/// The file as it is written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    version: u64,
    inventory: &'a InventoryName,
    #[serde(skip_serializing_if = "Option::is_none")]
    api: Option<&'a LockedApi>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    data_keys: DataKeys,
    instances: &'a BTreeMap<InstanceKey, LockedInstance>,
}

/// The file as it is read. It lists the header's members, because serde cannot reject an unknown
/// member beside a flattened struct. The next write would drop an unknown member, so it is an error.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
struct Read {
    #[serde(rename = "version", deserialize_with = "known_version")]
    _version: (),
    inventory: InventoryName,
    api: Option<LockedApi>,
    #[serde(rename = "fingerprints")]
    check: Option<KeyCheck>,
    #[serde(default, rename = "dataKeys", deserialize_with = "data_keys")]
    data_keys: DataKeys,
    #[serde(deserialize_with = "unique_keys")]
    instances: BTreeMap<InstanceKey, LockedInstance>,
}

/// Readable whatever else a newer version holds.
#[derive(Deserialize)]
struct VersionOnly {
    version: u64,
}

/// Writes a lock file: two spaces of indentation, sorted members, a line break at the end.
pub(super) fn to_bytes(lock: &Lock) -> Vec<u8> {
    let Lock {
        header,
        data_keys: _,
        instances,
    } = lock;
    let LockHeader {
        inventory,
        api,
        // Of version 1.
        check: _,
    } = header;
    let file = Written {
        version: VERSION,
        inventory,
        api: api.as_ref(),
        // What nothing needs any more is dropped with each write.
        data_keys: lock.used_data_keys(),
        instances,
    };
    let mut bytes =
        serde_json::to_vec_pretty(&file).expect("strings, numbers and string-keyed maps");
    bytes.push(b'\n');
    bytes
}

/// A digest of a lock file's bytes, for the checkpoints of the journal.
pub(super) fn digest(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// A lock file as it was read or written.
#[derive(Clone)]
pub(super) struct LockFile {
    pub(super) lock: Lock,
    pub(super) digest: String,
}

impl LockFile {
    pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<Self, LockError> {
        Ok(Self {
            lock: parse(path, bytes)?,
            digest: digest(bytes),
        })
    }
}

/// Reads a lock file; `path` is for messages.
///
/// # Errors
/// [`LockError::Damaged`] or [`LockError::Newer`].
pub fn parse(path: &Path, bytes: &[u8]) -> Result<Lock, LockError> {
    if let Some(line) = conflict_line(bytes) {
        return Err(LockError::Damaged {
            path: path.to_owned(),
            line,
            column: 1,
            what: "unresolved merge conflict".to_owned(),
            hint: "keep every instance of both sides, and either version of one that both sides \
                   changed; then run `connectorctl lock verify`",
        });
    }
    let bytes = without_bom(bytes);
    if let Some(OtherFile { what, hint, line }) = OtherFile::of(bytes) {
        return Err(LockError::Damaged {
            path: path.to_owned(),
            line,
            column: 1,
            what: format!("it {what}"),
            hint,
        });
    }
    if let Ok(VersionOnly { version }) = serde_json::from_slice(bytes)
        && version > VERSION
    {
        return Err(LockError::Newer {
            path: path.to_owned(),
            found: version,
            known: VERSION,
        });
    }
    let Read {
        _version: (),
        inventory,
        api,
        check,
        data_keys,
        instances,
    } = serde_json::from_slice(bytes).map_err(|error| damaged(path, &error))?;
    let header = LockHeader {
        inventory,
        api,
        check,
    };
    let lock = Lock {
        header,
        data_keys,
        instances,
    };
    match sealed::broken(&lock) {
        Some((key, what)) => Err(LockError::BrokenSeal {
            path: path.to_owned(),
            key: key.clone(),
            what,
        }),
        None => Ok(lock),
    }
}

fn known_version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    match u64::deserialize(deserializer)? {
        1..=VERSION => Ok(()),
        other => Err(D::Error::custom(format_args!(
            "unknown format version {other}"
        ))),
    }
}

fn damaged(path: &Path, error: &serde_json::Error) -> LockError {
    LockError::Damaged {
        path: path.to_owned(),
        line: error.line().max(1),
        column: error.column().max(1),
        what: without_values(error),
        hint: "restore the file from your repository, or move it away and run \
               `connectorctl lock rebuild`",
    }
}

/// Serde may quote a value, and a value may be a token. Only kinds and names are kept.
fn without_values(error: &serde_json::Error) -> String {
    match error.classify() {
        Category::Eof => "unexpected end of file".to_owned(),
        Category::Syntax => "not valid JSON".to_owned(),
        Category::Io => "cannot be read".to_owned(),
        Category::Data => {
            let text = error.to_string();
            // Serde appends the position, which the message has already.
            let plain = text
                .rsplit_once(" at line ")
                .map_or(&*text, |(what, _)| what);
            names_only(plain).unwrap_or_else(|| match plain.rsplit_once(", expected ") {
                // Serde's names for two of them are Rust's.
                Some((_, "u64")) => "expected a number".to_owned(),
                Some((_, "a sequence")) => "expected a list".to_owned(),
                Some((_, expected)) => format!("expected {expected}"),
                None => "unexpected kind of value".to_owned(),
            })
        }
    }
}

/// A message that holds names and no value.
fn names_only(plain: &str) -> Option<String> {
    const STARTS: [&str; 5] = [
        "missing field",
        "duplicate",
        "unknown format version",
        "an instance key may only contain",
        "an inventory name may only contain",
    ];
    let text = if plain.starts_with("unknown field") {
        let name = plain
            .rsplit_once(", expected ")
            .map_or(plain, |(name, _)| name);
        format!("{name}, which this version of connectorctl does not write")
    } else if STARTS.iter().any(|start| plain.starts_with(start)) {
        plain.to_owned()
    } else {
        return None;
    };
    // A name in the file may hold control characters that a terminal would obey.
    Some(text.replace(char::is_control, "\u{fffd}"))
}

fn conflict_line(bytes: &[u8]) -> Option<usize> {
    const MARKERS: [&[u8]; 4] = [b"<<<<<<<", b"|||||||", b"=======", b">>>>>>>"];
    // No line of JSON begins like this: a string cannot hold a line break.
    bytes
        .split(|byte| *byte == b'\n')
        .position(|line| MARKERS.iter().any(|marker| line.starts_with(marker)))
        .map(|index| index + 1)
}
