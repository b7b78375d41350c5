//! Canonical bytes of the lock file: sorted, versioned, made to be reviewed and merged.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::LockError;
use super::entry::Entry;
use crate::model::{
    Fingerprint, InstanceKey, InventoryName, Lock, LockedApi, LockedInstance, OrganizationId,
};

/// The version this program reads and writes.
const VERSION: u64 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u64,
    inventory: InventoryName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    api: Option<Api>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fingerprints: Option<Check>,
    #[serde(deserialize_with = "no_key_twice")]
    instances: BTreeMap<InstanceKey, Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Api {
    url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    organization: Option<OrganizationId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<Fingerprint>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Check {
    check: Fingerprint,
}

#[derive(Deserialize)]
struct VersionOnly {
    version: u64,
}

/// The canonical bytes: two spaces, members sorted where their order is free, a newline at the end.
pub fn to_bytes(lock: &Lock) -> Vec<u8> {
    let Lock {
        inventory,
        api,
        check,
        instances,
    } = lock;
    let file = File {
        version: VERSION,
        inventory: inventory.clone(),
        api: api.as_ref().map(|api| {
            let LockedApi {
                url,
                organization,
                user,
            } = api.clone();
            Api {
                url,
                organization,
                user,
            }
        }),
        fingerprints: check.clone().map(|check| Check { check }),
        instances: instances
            .iter()
            .map(|(key, instance)| (key.clone(), Entry::from(instance)))
            .collect(),
    };
    let mut bytes =
        serde_json::to_vec_pretty(&file).expect("strings, numbers and string-keyed maps");
    bytes.push(b'\n');
    bytes
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
            what: "it has the conflict markers of a merge".to_owned(),
            hint: "resolve the merge: keep every instance of both sides".to_owned(),
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
    let file: File = serde_json::from_slice(bytes).map_err(|error| damaged(path, &error))?;
    let File {
        version: _,
        inventory,
        api,
        fingerprints,
        instances,
    } = file;
    Ok(Lock {
        inventory,
        api: api.map(|api| {
            let Api {
                url,
                organization,
                user,
            } = api;
            LockedApi {
                url,
                organization,
                user,
            }
        }),
        check: fingerprints.map(|fingerprints| fingerprints.check),
        instances: instances
            .into_iter()
            .map(|(key, entry)| (key, LockedInstance::from(entry)))
            .collect(),
    })
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
    let text = error.to_string();
    match error.classify() {
        serde_json::error::Category::Eof => "it ends too early".to_owned(),
        serde_json::error::Category::Syntax => "it is not valid JSON".to_owned(),
        serde_json::error::Category::Io => "it cannot be read".to_owned(),
        serde_json::error::Category::Data => {
            const NAMING: [&str; 3] = ["missing field", "unknown field", "duplicate"];
            let plain = text.split(" at line ").next().unwrap_or_default();
            if NAMING.iter().any(|start| plain.starts_with(start)) {
                plain
                    .split(", expected")
                    .next()
                    .unwrap_or_default()
                    .to_owned()
            } else {
                "a value is not of the kind that is expected here".to_owned()
            }
        }
    }
}

fn conflict_line(bytes: &[u8]) -> Option<usize> {
    bytes
        .split(|byte| *byte == b'\n')
        .position(|line| line.starts_with(b"<<<<<<< ") || line.starts_with(b">>>>>>> "))
        .map(|index| index + 1)
}

/// `serde_json` keeps the last of two equal keys; two branches merged by hand may have both, and
/// dropping one would lose an id and a token.
fn no_key_twice<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<InstanceKey, Entry>, D::Error> {
    struct Entries;

    impl<'de> Visitor<'de> for Entries {
        type Value = BTreeMap<InstanceKey, Entry>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map of instances")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut entries = BTreeMap::new();
            while let Some(key) = map.next_key::<InstanceKey>()? {
                let entry = map.next_value()?;
                let shown = key.clone();
                if entries.insert(key, entry).is_some() {
                    return Err(A::Error::custom(format!("duplicate key `{shown}`")));
                }
            }
            Ok(entries)
        }
    }

    deserializer.deserialize_map(Entries)
}
