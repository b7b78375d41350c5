//! Canonical bytes of the lock file: sorted, versioned, made to be reviewed and merged.

use std::collections::BTreeMap;
use std::path::Path;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::error::Category;

use super::LockError;
use crate::model::lock::key_check;
use crate::model::unique::no_key_twice;
use crate::model::{
    Fingerprint, InstanceKey, InventoryName, Lock, LockHeader, LockedApi, LockedInstance,
};

/// The version this program reads and writes.
const VERSION: u64 = 1;

/// The file as it is written.
#[derive(Serialize)]
struct Written<'a> {
    version: u64,
    #[serde(flatten)]
    header: &'a LockHeader,
    instances: &'a BTreeMap<InstanceKey, LockedInstance>,
}

/// The file as it is read. The header's members are listed, for serde neither refuses an unknown
/// member of a flattened struct nor tells its line. An unknown member is refused because the next
/// write would drop it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a lock file, which is an object")]
struct Read {
    #[serde(rename = "version", deserialize_with = "known_version")]
    _version: (),
    inventory: InventoryName,
    api: Option<LockedApi>,
    #[serde(
        default,
        rename = "fingerprints",
        deserialize_with = "key_check::deserialize"
    )]
    check: Option<Fingerprint>,
    #[serde(deserialize_with = "no_key_twice")]
    instances: BTreeMap<InstanceKey, LockedInstance>,
}

#[derive(Deserialize)]
struct VersionOnly {
    version: u64,
}

/// The canonical bytes: two spaces, members sorted where their order is free, a newline at the end.
pub fn to_bytes(lock: &Lock) -> Vec<u8> {
    let Lock { header, instances } = lock;
    let file = Written {
        version: VERSION,
        header,
        instances,
    };
    let mut bytes =
        serde_json::to_vec_pretty(&file).expect("strings, numbers and string-keyed maps");
    bytes.push(b'\n');
    bytes
}

/// Tells one content of a lock file from another.
pub(super) fn digest(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
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
            what: "it has unresolved conflict markers of a merge".to_owned(),
            hint:
                "resolve the merge: keep every instance of both sides, and of one that both have \
                   changed, either; `connectorctl lock verify` then tells whether it is right"
                    .to_owned(),
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
        instances,
    } = serde_json::from_slice(bytes).map_err(|error| damaged(path, &error))?;
    Ok(Lock {
        header: LockHeader {
            inventory,
            api,
            check,
        },
        instances,
    })
}

fn known_version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    match u64::deserialize(deserializer)? {
        VERSION => Ok(()),
        other => Err(D::Error::custom(format_args!(
            "there is no format version {other}"
        ))),
    }
}

fn damaged(path: &Path, error: &serde_json::Error) -> LockError {
    LockError::Damaged {
        path: path.to_owned(),
        line: error.line().max(1),
        column: error.column().max(1),
        what: without_values(error),
        hint:
            "restore it from your repository, or move it away and run `connectorctl lock rebuild`"
                .to_owned(),
    }
}

/// What serde says may quote a value, and a value may be a token: only kinds and names are kept.
fn without_values(error: &serde_json::Error) -> String {
    match error.classify() {
        Category::Eof => "it ends too early".to_owned(),
        Category::Syntax => "it is not valid JSON".to_owned(),
        Category::Io => "it cannot be read".to_owned(),
        Category::Data => {
            let text = error.to_string();
            // serde's place comes last, and is told apart.
            let plain = text
                .rsplit_once(" at line ")
                .map_or(&*text, |(what, _)| what);
            naming(plain).unwrap_or_else(|| match plain.rsplit_once(", expected ") {
                Some((_, expected)) => format!("expected {expected}"),
                None => "a value is not of the kind that is expected here".to_owned(),
            })
        }
    }
}

/// A message that holds names only, and no value.
fn naming(plain: &str) -> Option<String> {
    const NAMING: [&str; 5] = [
        "missing field",
        "duplicate",
        "there is no format version",
        "an instance key may only contain",
        "an inventory name may only contain",
    ];
    let text = if plain.starts_with("unknown field") {
        let name = plain
            .rsplit_once(", expected ")
            .map_or(plain, |(name, _)| name);
        format!("{name}, which this version does not write")
    } else if NAMING.iter().any(|start| plain.starts_with(start)) {
        plain.to_owned()
    } else {
        return None;
    };
    // A name of the file may hold what a terminal obeys.
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
