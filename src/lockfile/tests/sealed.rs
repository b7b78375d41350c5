//! Tokens on the disk of a run that seals: after every single write, through deaths and lost lock files.

#![expect(
    clippy::disallowed_methods,
    reason = "tests read and remove the files they made"
)]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::model::LockedToken;
use crate::sealing::{Identities, NewIdentity, NoPrompt, Opener, Prompt, Recipients, Sealer};

struct Reader(NewIdentity);

impl Reader {
    fn new() -> Self {
        Self(NewIdentity::generate("now"))
    }

    fn sealer(&self) -> Sealer {
        let names = [self.0.recipient.clone()].into();
        Sealer::new(inventory(), Recipients::new(names, Arc::new(NoPrompt)))
    }

    /// The tokens of all entries, as whoever has the identity reads them.
    fn tokens(&self, lock: &Lock) -> BTreeMap<String, String> {
        let mut identities = Identities::default();
        let prompt: Arc<dyn Prompt> = Arc::new(NoPrompt);
        identities.add(&self.0.file, &prompt).expect("an identity");
        let mut opener = Opener::new(&identities);
        let entries = lock.instances.iter().filter_map(|(key, entry)| {
            let token = entry.token.as_ref()?;
            let keys = &lock.data_keys;
            let opened = opener.token(&lock.header.inventory, keys, (key, entry.id), token);
            Some((key.to_string(), opened.expect("opened").expose().to_owned()))
        });
        entries.collect()
    }
}

async fn sealing(folder: &Path, reader: &Reader) -> LockStore {
    let mut store = open(folder).await.expect("the lock");
    store.seal_with(reader.sealer());
    store
}

/// No file of the folder has a token of these tests in clear.
fn assert_clean(folder: &Path) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            assert_clean(&path);
        } else {
            let text = String::from_utf8_lossy(&fs::read(&path).expect("read")).into_owned();
            assert!(!text.contains("invented-token-"), "{}", path.display());
        }
    }
}

/// No line of the journal has a token whose data key is not in a line before it.
fn assert_in_order(folder: &Path) {
    let text = fs::read_to_string(paths(folder).journal).expect("a journal");
    let mut known = BTreeSet::new();
    for line in text.lines() {
        let (_, json) = line.split_once(' ').expect("a checksum");
        let line: serde_json::Value = serde_json::from_str(json).expect("JSON");
        if line["record"] == "data-key" {
            known.insert(line["name"].to_string());
        }
        let keys = line["dataKeys"].as_object().into_iter().flatten();
        known.extend(keys.map(|(name, _)| format!("{name:?}")));
        for part in json.split("\"dataKey\":").skip(1) {
            let name = part.split([',', '}']).next().expect("a name");
            assert!(known.contains(name), "{name} is not known before {json}");
        }
    }
}

fn tokens(lock: &Lock) -> BTreeMap<String, String> {
    let expected = |(key, entry): (&InstanceKey, &LockedInstance)| {
        entry.token.as_ref()?;
        Some((key.to_string(), format!("invented-token-{}", entry.id)))
    };
    lock.instances.iter().filter_map(expected).collect()
}

/// After each record of the story the run dies, and after each write every byte is looked at.
#[tokio::test]
async fn no_byte_is_in_clear_after_any_write_whenever_the_run_dies() {
    let mut story = story();
    let candidate = Record::Candidate {
        key: key("z"),
        candidate: Box::new(candidate(9)),
    };
    story.extend([
        Record::Intent {
            key: key("z"),
            secrets: BTreeMap::new(),
        },
        candidate,
    ]);
    for deaths_at in 0..=story.len() {
        let folder = tempfile::tempdir().expect("a folder");
        let reader = Reader::new();
        let mut store = sealing(folder.path(), &reader).await;
        store.begin(&header()).await.expect("begun");
        assert_clean(folder.path());
        for (number, record) in story.iter().cloned().enumerate() {
            if number == deaths_at {
                drop(store);
                store = sealing(folder.path(), &reader).await;
                assert_clean(folder.path());
            }
            store.record(record).await.expect("durable");
            assert_clean(folder.path());
            assert_in_order(folder.path());
        }
        let view = store.view(&inventory());
        let lock = view.lock.expect("a lock");
        assert_eq!(reader.tokens(&lock), tokens(&lock), "{deaths_at}");
        store.finish(&header(), &Remade::default()).expect("folded");
        assert_clean(folder.path());
        drop(store);
        let view = LockView::read(&paths(folder.path()), &inventory()).expect("a view");
        let lock = view.lock.expect("a lock");
        assert!(!lock.instances.is_empty());
        assert_eq!(reader.tokens(&lock), tokens(&lock), "{deaths_at}");
    }
}

/// The journal has what its tokens are sealed with, even if the lock file had it.
#[tokio::test]
async fn a_lock_file_that_is_lost_takes_no_data_key_with_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let reader = Reader::new();
    let mut store = sealing(folder.path(), &reader).await;
    all(&store, vec![created("a", 1)]).await;
    store.finish(&header(), &Remade::default()).expect("folded");
    drop(store);
    // A later run records the entry anew, with the ciphertext of the lock file, and dies.
    let store = sealing(folder.path(), &reader).await;
    store.begin(&header()).await.expect("begun");
    let mut entry = entry(1);
    entry.name = "renamed".to_owned();
    let record = Record::Entry {
        key: key("a"),
        entry: Box::new(entry),
    };
    store.record(record).await.expect("durable");
    drop(store);
    fs::remove_file(paths(folder.path()).lock).expect("removed");
    let store = sealing(folder.path(), &reader).await;
    let lock = store.view(&inventory()).lock.expect("a lock");
    assert_eq!(reader.tokens(&lock)["a"], "invented-token-1");
}

/// What an earlier run recorded in clear is sealed by the fold, in the checkpoint too.
#[tokio::test]
async fn what_a_plain_run_left_in_the_journal_is_sealed() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).await.expect("the lock");
    all(&store, story()).await;
    let record = Record::Candidate {
        key: key("b"),
        candidate: Box::new(candidate(7)),
    };
    store.record(record).await.expect("durable");
    drop(store);
    let reader = Reader::new();
    let mut store = sealing(folder.path(), &reader).await;
    store.finish(&header(), &Remade::default()).expect("folded");
    assert_clean(folder.path());
    drop(store);
    let store = sealing(folder.path(), &reader).await;
    let view = store.view(&inventory());
    let candidate = view.intents[&key("b")].candidate.clone();
    let token = candidate.expect("a candidate").token;
    assert!(matches!(token, Some(LockedToken::Sealed(_))), "{token:?}");
    let lock = view.lock.expect("a lock");
    let name = token.as_ref().and_then(LockedToken::data_key);
    assert!(lock.data_keys.contains_key(name.expect("a data key")));
}

/// A command that forgets to seal writes no plain token beside sealed ones.
#[tokio::test]
async fn no_plain_token_is_recorded_beside_sealed_ones() {
    let folder = tempfile::tempdir().expect("a folder");
    let reader = Reader::new();
    let mut store = sealing(folder.path(), &reader).await;
    all(&store, vec![created("a", 1)]).await;
    store.finish(&header(), &Remade::default()).expect("folded");
    drop(store);
    let store = open(folder.path()).await.expect("the lock");
    let error = store.record(created("c", 3)).await.expect_err("refused");
    assert!(std::error::Error::source(&error).is_some());
    assert_clean(folder.path());
}
