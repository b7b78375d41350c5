//! The laws of the lock file: canonical bytes, nothing durable lost, one run at a time.

#![expect(
    clippy::disallowed_methods,
    reason = "tests read and cut the files they made"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use proptest::prelude::*;

use super::*;
use crate::model::{
    Element, ElementId, ElementKey, Fingerprint, InstanceId, InstanceKey, InventoryName, Lifecycle,
    Lock, LockedApi, LockedInstance, OrganizationId, Secret,
};
use crate::ports::{Clock, LockSink as _, Record};

struct TestClock(AtomicU64);

#[async_trait]
impl Clock for TestClock {
    fn now_ms(&self) -> u64 {
        self.0.fetch_add(1, Ordering::SeqCst)
    }

    async fn sleep(&self, duration: Duration) {
        let millis = u64::try_from(duration.as_millis()).expect("a short sleep");
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

fn inventory() -> InventoryName {
    InventoryName::new("acme-support").expect("a name")
}

fn key(text: &str) -> InstanceKey {
    InstanceKey::new(text).expect("a key")
}

fn entry(id: u64) -> LockedInstance {
    let fingerprint = Fingerprint {
        salt: "c2FsdA==".to_owned(),
        fingerprint: "ZmluZ2VycHJpbnQ=".to_owned(),
    };
    LockedInstance {
        id: InstanceId(id),
        token: Secret::new(format!("invented-token-{id}")),
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
        enabled: true,
        valid: true,
        created_date: Some("2020-03-16T10:06:00Z".to_owned()),
        lifecycle: Lifecycle {
            protect: true,
            ..Lifecycle::default()
        },
    }
}

fn header() -> Lock {
    let fingerprint = |text: &str| {
        Some(Fingerprint {
            salt: text.to_owned(),
            fingerprint: text.to_owned(),
        })
    };
    Lock {
        inventory: inventory(),
        api: Some(LockedApi {
            url: "https://api.example.com/elements/api-v2".to_owned(),
            organization: Some(OrganizationId(4711)),
            user: fingerprint("user"),
        }),
        check: fingerprint("check"),
        instances: BTreeMap::new(),
    }
}

fn whole() -> Lock {
    Lock {
        instances: BTreeMap::from([(key("freshdesk-support"), entry(12345))]),
        ..header()
    }
}

const GOLDEN: &str = r#"{
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
        "protect": true,
        "onRemove": "keep"
      }
    }
  }
}
"#;

#[test]
fn the_documented_form_is_written_and_read() {
    let bytes = to_bytes(&whole());
    assert_eq!(String::from_utf8(bytes.clone()).expect("UTF-8"), GOLDEN);
    assert_eq!(parse(Path::new("x"), &bytes).expect("a lock"), whole());
}

#[test]
fn damage_of_every_kind_is_told_without_a_value() {
    let cases = [
        ("", "ends too early"),
        ("{", "ends too early"),
        ("not json", "not valid JSON"),
        ("[]", "not of the kind"),
        ("{\"version\": 1}", "missing field"),
        (
            &GOLDEN.replace("\"id\": 12345", "\"id\": \"canary\""),
            "not of the kind",
        ),
        (
            &GOLDEN.replace("\"valid\"", "\"vlaid\""),
            "unknown field `vlaid`",
        ),
        (&format!("<<<<<<< ours\n{GOLDEN}"), "conflict markers"),
    ];
    for (text, expected) in cases {
        let error = parse(Path::new("x.lock.json"), text.as_bytes()).expect_err(expected);
        assert!(error.to_string().contains(expected), "{error}");
        assert!(!error.to_string().contains("canary"), "{error}");
        assert!(error.hint().is_some());
    }
    let newer = GOLDEN.replace("\"version\": 1", "\"version\": 7");
    let error = parse(Path::new("x"), newer.as_bytes()).expect_err("a newer version");
    assert_eq!(
        error.to_string(),
        "x has format version 7, and this program knows 1"
    );
}

#[test]
fn a_key_that_is_there_twice_is_damage() {
    let one = &GOLDEN[GOLDEN.find("    \"freshdesk-support\"").expect("the entry")..];
    let one = &one[..one.rfind("\n  }\n}").expect("the end")];
    let text = GOLDEN.replace(one, &format!("{one},\n{one}"));
    let error = parse(Path::new("x"), text.as_bytes()).expect_err("a duplicate");
    assert!(error.to_string().contains("duplicate"), "{error}");
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
        let _ = parse(Path::new("x"), &bytes);
        let _ = journal::read(Path::new("x"), &bytes);
    }

    #[test]
    fn a_cut_lock_file_is_never_taken_for_a_whole_one(at in 0..GOLDEN.len() - 2) {
        prop_assert!(parse(Path::new("x"), &GOLDEN.as_bytes()[..at]).is_err());
    }
}

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
    let clock = Arc::new(TestClock(AtomicU64::new(1_000)));
    LockStore::open(paths(folder), clock, &holder(), Duration::ZERO).await
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
        Record::Alive,
        Record::Answered { key: key("b") },
        intent("c"),
        Record::NotCreated { key: key("c") },
        Record::Sending {
            key: key("a"),
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

#[test]
fn paths_follow_the_manifest() {
    let of = |file: &str, folder, kind| LockPaths::new(None, Path::new(file), folder, kind).lock;
    assert_eq!(
        of("a/prod.yaml", false, LockKind::Real),
        Path::new("a/prod.lock.json")
    );
    assert_eq!(
        of("a", true, LockKind::Real),
        Path::new("a/instances.lock.json")
    );
    assert_eq!(
        of("instances.yaml", false, LockKind::Sandbox),
        Path::new("instances.sandbox.lock.json")
    );
    let explicit = LockPaths::new(
        Some(Path::new("x/y.json")),
        Path::new("z.yaml"),
        false,
        LockKind::Real,
    );
    assert_eq!(
        explicit.journal,
        Path::new("x/.connectorctl/y.json.journal")
    );
}

#[tokio::test]
async fn what_is_recorded_survives_without_an_end_and_is_folded_by_the_next_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).await.expect("the lock");
    for record in story() {
        store.record(record).await.expect("durable");
    }
    // Killed: nothing is finished.
    drop(store);
    let mut store = open(folder.path()).await.expect("the lock");
    let view = store.view(&inventory());
    let lock = view.lock.expect("a lock");
    let keys: Vec<&str> = lock.instances.keys().map(InstanceKey::as_str).collect();
    assert_eq!(keys, ["a", "e"]);
    assert_eq!(
        lock.instances[&key("a")].secrets["username"],
        None,
        "sent, result unknown"
    );
    let open_keys: Vec<&str> = view.intents.keys().map(InstanceKey::as_str).collect();
    assert_eq!(open_keys, ["b"]);
    assert!(view.intents[&key("b")].answered);
    let finished = store.finish(&header()).expect("folded");
    assert_eq!((finished.instances, finished.open_intents), (2, 1));
    drop(store);
    let view = LockView::read(&paths(folder.path()), &inventory()).expect("a view");
    assert_eq!(view.lock.expect("a lock").instances.len(), 2);
    assert_eq!(
        view.intents
            .keys()
            .map(InstanceKey::as_str)
            .collect::<Vec<_>>(),
        ["b"]
    );
}

#[tokio::test]
async fn every_prefix_of_a_journal_is_read_and_keeps_what_was_durable() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).await.expect("the lock");
    let mut durable = vec![0];
    for record in story() {
        store.record(record).await.expect("durable");
        durable.push(
            fs::metadata(&store.paths().journal)
                .expect("the journal")
                .len(),
        );
    }
    let bytes = fs::read(&store.paths().journal).expect("the journal");
    for cut in 0..=bytes.len() {
        let (records, sound) = journal::read(Path::new("x"), &bytes[..cut]).expect("a torn end");
        let complete = durable.iter().filter(|end| **end <= cut as u64).count() - 1;
        assert_eq!(records.len(), complete, "cut at {cut}");
        assert!(sound <= cut);
    }
}

#[tokio::test]
async fn damage_inside_a_journal_is_an_error_that_touches_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).await.expect("the lock");
    for record in story() {
        store.record(record).await.expect("durable");
    }
    let journal = store.paths().journal.clone();
    drop(store);
    let mut bytes = fs::read(&journal).expect("the journal");
    bytes[30] ^= 1;
    fs::write(&journal, &bytes).expect("written");
    let Err(error) = open(folder.path()).await else {
        panic!("a damaged journal was taken");
    };
    assert!(
        matches!(error, LockError::JournalDamaged { line: 1, .. }),
        "{error}"
    );
    assert!(
        error
            .hint()
            .is_some_and(|hint| hint.contains("--settle-first"))
    );
    assert_eq!(fs::read(&journal).expect("the journal"), bytes);
}

#[tokio::test]
async fn folding_twice_is_folding_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path()).await.expect("the lock");
    for record in story() {
        store.record(record).await.expect("durable");
    }
    let journal = fs::read(&store.paths().journal).expect("the journal");
    store.finish(&header()).expect("folded");
    let lock = fs::read(&store.paths().lock).expect("the lock file");
    // Killed between the lock file and the emptying of the journal.
    let journal_path = store.paths().journal.clone();
    let lock_path = store.paths().lock.clone();
    drop(store);
    fs::write(&journal_path, journal).expect("written");
    let mut store = open(folder.path()).await.expect("the lock");
    let finished = store.finish(&header()).expect("folded");
    assert!(!finished.rewritten);
    assert_eq!(fs::read(lock_path).expect("the lock file"), lock);
}

#[tokio::test]
async fn a_second_run_is_told_who_holds_the_lock() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = open(folder.path()).await.expect("the lock");
    let Err(error) = open(folder.path()).await else {
        panic!("two runs hold the lock");
    };
    assert!(
        error
            .to_string()
            .contains("process 1, since 2026-01-01T00:00:00Z"),
        "{error}"
    );
    drop(first);
    open(folder.path()).await.expect("the lock is free");
}

#[tokio::test]
async fn an_unchanged_lock_file_is_not_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path()).await.expect("the lock");
    assert!(!store.finish(&header()).expect("nothing yet").rewritten);
    assert!(!store.paths().lock.exists());
    store.record(created("a", 1)).await.expect("durable");
    assert!(store.finish(&header()).expect("written").rewritten);
    assert!(!store.finish(&header()).expect("unchanged").rewritten);
    assert_eq!(fs::read(&store.paths().journal).expect("the journal"), b"");
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_reads_what_holds_tokens() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let folder = tempfile::tempdir().expect("a folder");
    let real = folder.path().join("elsewhere.json");
    fs::write(&real, GOLDEN).expect("written");
    symlink(&real, folder.path().join("instances.lock.json")).expect("a link");
    let mut store = open(folder.path()).await.expect("the lock");
    assert!(store.view(&inventory()).open_to_others);
    store.record(created("a", 1)).await.expect("durable");
    store.finish(&header()).expect("written");
    let mode = |path: &Path| fs::metadata(path).expect("a file").permissions().mode() & 0o777;
    assert_eq!(
        mode(&real),
        0o600,
        "the link's target is replaced, not the link"
    );
    assert!(
        fs::symlink_metadata(&store.paths().lock)
            .expect("a link")
            .is_symlink()
    );
    assert_eq!(mode(&store.paths().journal), 0o600);
    assert_eq!(mode(&store.paths().state_folder), 0o700);
    let ignore = store.paths().state_folder.join(".gitignore");
    assert_eq!(fs::read_to_string(ignore).expect("a file"), "*\n");
}

#[tokio::test]
async fn creating_a_thousand_costs_the_same_for_each_and_shares_syncs() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).await.expect("the lock");
    let mut cost = Vec::new();
    for batch in 0..100_u64 {
        let before = store.written();
        let records = (0..10_u64).map(|place| {
            let number = batch * 10 + place;
            let store = &store;
            async move {
                let name = format!("instance-{number:04}");
                store.record(intent(&name)).await.expect("durable");
                store
                    .record(created(&name, 100_000 + number))
                    .await
                    .expect("durable");
            }
        });
        futures_util::future::join_all(records).await;
        let after = store.written();
        cost.push(after.0 - before.0);
        assert!(after.1 - before.1 <= 20);
    }
    let (least, most) = (
        cost.iter().min().expect("some"),
        cost.iter().max().expect("some"),
    );
    assert!(
        most - least <= 200,
        "{least} to {most} bytes for ten instances"
    );
    assert!(*most < 10 * 1500, "{most} bytes for ten instances");
}
