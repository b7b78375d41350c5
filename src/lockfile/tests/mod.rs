//! What holds for the lock file and its journal.

mod checkpoint;
mod crash;
mod files;
mod fold;
mod format;
mod journal;
mod merge;
mod random;
mod sealed;
mod store;
mod takeover;
mod usable;
mod writer;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;

use super::event::{Checkpoint, StoredEvent, TimedEvent};
use super::fold::{Folded, drop_history};
use super::format::{digest, to_bytes};
use super::*;
use crate::model::{
    Algorithm, Candidate, DataKeys, Element, ElementId, ElementKey, ElementRef, Fingerprint,
    InstanceId, InstanceKey, InventoryMove, InventoryName, KeyId, Lifecycle, Lock, LockHeader,
    LockedApi, LockedInstance, LockedToken, OpenIntent, OrganizationId, Remade, Secret, Takeover,
    Timestamp,
};
use crate::ports::{Clock, LockSink as _, Record};

/// A clock on which every look takes a millisecond.
struct TestClock(Mutex<Timestamp>);

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        let mut now = self.0.lock().expect("the time");
        let seen = *now;
        *now = seen + Duration::from_millis(1);
        seen
    }

    fn reading(&self) -> Takeover {
        Takeover {
            wall: self.now(),
            boot: None,
        }
    }

    async fn sleep(&self, duration: Duration) {
        let mut now = self.0.lock().expect("the time");
        *now = *now + duration;
    }
}

fn inventory() -> InventoryName {
    InventoryName::new("acme-support").expect("a name")
}

fn key(text: &str) -> InstanceKey {
    InstanceKey::new(text).expect("a key")
}

/// The fold of these lines into this lock file.
fn fold(lock: Lock, lines: &[TimedEvent]) -> Folded {
    let digest = digest(&to_bytes(&lock));
    super::fold::fold(lock, Some(&digest), lines)
}

/// The checkpoint that a commit of this lock writes.
fn checkpoint(folded: &Folded) -> Checkpoint {
    let digest = digest(&to_bytes(&folded.lock));
    let now = Takeover {
        wall: Timestamp::from_millis(1_000),
        boot: None,
    };
    folded.checkpoint(Some(digest), &now)
}

/// Without when its recent instances were first in a checkpoint.
fn undated(mut folded: Folded) -> Folded {
    for recent in folded.recent.values_mut() {
        recent.since = None;
    }
    folded
}

fn print(salt: &str, fingerprint: &str) -> Fingerprint {
    Fingerprint {
        alg: Algorithm::Blake3,
        key: KeyId("0123456789abcdef".to_owned()),
        salt: salt.to_owned(),
        fingerprint: fingerprint.to_owned(),
        version: None,
    }
}

fn entry(id: u64) -> LockedInstance {
    let fingerprint = print("c2FsdA==", "ZmluZ2VycHJpbnQ=");
    LockedInstance {
        id: InstanceId(id),
        token: Some(LockedToken::Plain(Secret::new(format!(
            "invented-token-{id}"
        )))),
        element: Element {
            key: ElementKey("freshdeskv2".to_owned()),
            id: Some(ElementId(491)),
        },
        name: "Freshdesk Support".to_owned(),
        tags: Some(["support", "production"].map(str::to_owned).into()),
        configuration: BTreeMap::from([
            ("subdomain".to_owned(), "acme".to_owned()),
            ("filter.response.nulls".to_owned(), "true".to_owned()),
        ]),
        secrets: BTreeMap::from([("username".to_owned(), Some(fingerprint))]),
        read_back: BTreeMap::new(),
        enabled: true,
        valid: true,
        created_date: Some("2020-03-16T10:06:00Z".to_owned()),
        lifecycle: Lifecycle {
            protect: true,
            ..Lifecycle::default()
        },
    }
}

/// Without a token where the id is 2.
fn candidate(id: u64) -> Candidate {
    Candidate {
        id: InstanceId(id),
        token: entry(id).token.filter(|_| id != 2),
        element: ElementRef::Key(ElementKey("freshdeskv2".to_owned())),
        name: "Freshdesk Support".to_owned(),
        is_new: true,
    }
}

fn header() -> LockHeader {
    LockHeader {
        inventory: inventory(),
        api: Some(LockedApi {
            url: "https://api.example.com/elements/api-v2".to_owned(),
            organization: Some(OrganizationId(4711)),
            user: Some(print("user", "user")),
        }),
        check: None,
    }
}

/// A lock with no instances.
fn empty() -> Lock {
    Lock {
        header: header(),
        data_keys: DataKeys::new(),
        instances: BTreeMap::new(),
    }
}

fn whole() -> Lock {
    Lock {
        header: header(),
        data_keys: DataKeys::new(),
        instances: BTreeMap::from([(key("freshdesk-support"), entry(12345))]),
    }
}

const GOLDEN: &str = r#"{
  "version": 2,
  "inventory": "acme-support",
  "api": {
    "url": "https://api.example.com/elements/api-v2",
    "organization": 4711,
    "user": {
      "alg": "blake3",
      "key": "0123456789abcdef",
      "salt": "user",
      "fingerprint": "user"
    }
  },
  "instances": {
    "freshdesk-support": {
      "id": 12345,
      "token": "invented-token-12345",
      "element": {
        "key": "freshdeskv2",
        "id": 491
      },
      "name": "Freshdesk Support",
      "tags": [
        "production",
        "support"
      ],
      "configuration": {
        "filter.response.nulls": "true",
        "subdomain": "acme"
      },
      "secrets": {
        "username": {
          "alg": "blake3",
          "key": "0123456789abcdef",
          "salt": "c2FsdA==",
          "fingerprint": "ZmluZ2VycHJpbnQ="
        }
      },
      "enabled": true,
      "valid": true,
      "createdDate": "2020-03-16T10:06:00Z",
      "lifecycle": {
        "onRemove": "keep",
        "protect": true
      }
    }
  }
}
"#;

/// As version 1 wrote it.
const GOLDEN_V1: &str = r#"{
  "version": 1,
  "inventory": "acme-support",
  "api": {
    "url": "https://api.example.com/elements/api-v2",
    "organization": 4711,
    "user": {
      "salt": "user",
      "fingerprint": "user"
    }
  },
  "fingerprints": {
    "check": {
      "salt": "check",
      "fingerprint": "check"
    }
  },
  "instances": {
    "freshdesk-support": {
      "id": 12345,
      "token": "invented-token-12345",
      "element": {
        "key": "freshdeskv2",
        "id": 491
      },
      "name": "Freshdesk Support",
      "tags": [
        "production",
        "support"
      ],
      "configuration": {
        "filter.response.nulls": "true",
        "subdomain": "acme"
      },
      "secrets": {
        "username": {
          "salt": "c2FsdA==",
          "fingerprint": "ZmluZ2VycHJpbnQ="
        }
      },
      "enabled": true,
      "valid": true,
      "createdDate": "2020-03-16T10:06:00Z",
      "lifecycle": {
        "onRemove": "keep",
        "protect": true
      }
    }
  }
}
"#;

fn holder() -> Holder {
    Holder {
        pid: 1,
        since: "2026-01-01T00:00:00Z".to_owned(),
        run: None,
    }
}

fn paths(folder: &Path) -> LockPaths {
    LockPaths::new(None, &folder.join("instances.yaml"), false, LockKind::Real)
}

async fn open(folder: &Path) -> Result<LockStore, LockError> {
    open_at(folder, 1_000).await
}

async fn open_at(folder: &Path, now: u64) -> Result<LockStore, LockError> {
    let clock = Arc::new(TestClock(Mutex::new(Timestamp::from_millis(now))));
    LockStore::open(paths(folder), clock, &holder(), Duration::ZERO).await
}

/// The error of a second run.
async fn refused(folder: &Path) -> LockError {
    match open(folder).await {
        Ok(_) => panic!("two runs hold the lock"),
        Err(error) => error,
    }
}

async fn all(store: &LockStore, records: Vec<Record>) {
    for record in records {
        store.record(record).await.expect("durable");
    }
}

fn renamed(from: &str, to: &str) -> Record {
    Record::Renamed {
        from: key(from),
        to: key(to),
    }
}

fn timed(records: Vec<Record>) -> Vec<TimedEvent> {
    (1..)
        .zip(records)
        .map(|(millis, record)| TimedEvent {
            at: Timestamp::from_millis(millis),
            event: StoredEvent::Record(record),
        })
        .collect()
}

/// `key=id` of every instance.
fn ids(lock: &Lock) -> Vec<String> {
    let one = |(key, entry): (&InstanceKey, &LockedInstance)| format!("{key}={}", entry.id);
    lock.instances.iter().map(one).collect()
}

fn open_keys(view: &LockView) -> Vec<&str> {
    view.intents.keys().map(InstanceKey::as_str).collect()
}

fn intent(name: &str) -> Record {
    Record::Intent {
        key: key(name),
        secrets: BTreeMap::new(),
    }
}

fn created(name: &str, id: u64) -> Record {
    Record::Entry {
        key: key(name),
        entry: Box::new(entry(id)),
    }
}

fn story() -> Vec<Record> {
    vec![
        intent("a"),
        created("a", 1),
        intent("b"),
        Record::Answered { key: key("b") },
        intent("c"),
        Record::NotCreated { key: key("c") },
        Record::Sending {
            key: key("a"),
            id: Some(InstanceId(1)),
            secrets: BTreeSet::from(["username".to_owned()]),
        },
        created("d", 4),
        Record::Renamed {
            from: key("d"),
            to: key("e"),
        },
        created("f", 6),
        Record::Removed { key: key("f") },
    ]
}
