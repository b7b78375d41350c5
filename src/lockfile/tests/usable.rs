//! What cannot be written is found before anything is sent.

#![cfg(unix)]
#![expect(clippy::disallowed_methods, reason = "tests make the files")]

use std::fs;
use std::os::unix::fs::symlink;

use super::*;

fn said(error: &LockError) -> String {
    assert!(error.hint().is_some(), "{error}");
    error.to_string()
}

#[tokio::test]
async fn links_and_folders_are_no_lock_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let paths = paths(folder.path());
    let elsewhere = folder.path().join("elsewhere");
    fs::create_dir(&elsewhere).expect("a folder");
    for (path, file) in [
        (&paths.lock, "real.json"),
        (&paths.state_folder, "elsewhere"),
    ] {
        symlink(file, path).expect("a link");
        let error = refused(folder.path()).await;
        assert!(said(&error).contains("it is a symbolic link"), "{error}");
        let error = LockView::read(&paths, &inventory()).expect_err("a plan fails too");
        assert!(said(&error).contains("it is a symbolic link"), "{error}");
        fs::remove_file(path).expect("removed");
    }
    fs::create_dir(&paths.lock).expect("a folder");
    let error = refused(folder.path()).await;
    assert!(said(&error).contains("it is a directory"), "{error}");
    fs::remove_dir(&paths.lock).expect("removed");
    fs::write(&paths.state_folder, "").expect("written");
    let error = refused(folder.path()).await;
    assert!(said(&error).contains("it is not a directory"), "{error}");
}

#[tokio::test]
async fn a_link_in_the_place_of_the_journal_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(open(folder.path()).await.expect("the lock"));
    let journal = paths(folder.path()).journal;
    fs::remove_file(&journal).expect("removed");
    symlink(folder.path().join("another"), &journal).expect("a link");
    let error = refused(folder.path()).await;
    assert!(said(&error).contains("it is a symbolic link"), "{error}");
    assert!(!folder.path().join("another").exists());
}

#[tokio::test]
async fn a_second_name_is_noticed() {
    let folder = tempfile::tempdir().expect("a folder");
    let lock = paths(folder.path()).lock;
    fs::write(&lock, to_bytes(&whole())).expect("written");
    let other = folder.path().join("other.json");
    fs::hard_link(&lock, &other).expect("a link");
    let error = refused(folder.path()).await;
    assert!(said(&error).contains("a second name"), "{error}");
    fs::remove_file(other).expect("removed");
    open(folder.path()).await.expect("the lock");
}

#[tokio::test]
async fn no_intent_goes_to_a_journal_that_the_next_run_does_not_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).await.expect("the lock");
    all(&store, vec![intent("a")]).await;
    fs::remove_dir_all(&store.paths().state_folder).expect("removed");
    let error = store.record(intent("b")).await.expect_err("no intent");
    assert!(
        error.source.to_string().contains("moved or deleted"),
        "{error:?}"
    );
    // What did happen is recorded as well as it can be.
    all(&store, vec![created("a", 1)]).await;
}

#[tokio::test]
async fn the_folder_of_a_new_journal_is_durable_too() {
    use crate::lockfile::file::SYNCED;
    let folder = tempfile::tempdir().expect("a folder");
    SYNCED.take();
    drop(open(folder.path()).await.expect("the lock"));
    let synced = SYNCED.take();
    let state = paths(folder.path()).state_folder;
    for expected in [folder.path(), &state] {
        assert!(synced.iter().any(|one| one == expected), "{synced:?}");
    }
    drop(open(folder.path()).await.expect("the lock"));
    assert!(
        !SYNCED.take().iter().any(|one| one == folder.path()),
        "once"
    );
}

/// A process died while it wrote the lock file in place.
#[tokio::test]
async fn a_write_in_place_that_did_not_end_is_finished_from_its_copy() {
    let folder = tempfile::tempdir().expect("a folder");
    let paths = paths(folder.path());
    drop(open(folder.path()).await.expect("the lock"));
    let copy = to_bytes(&whole());
    for length in [0, 1, copy.len() - 1] {
        fs::write(&paths.copy, &copy).expect("written");
        fs::write(&paths.lock, &copy[..length]).expect("written");
        let view = LockView::read(&paths, &inventory()).expect("a plan reads the copy");
        assert_eq!(view.lock, Some(whole()));
        let store = open(folder.path()).await.expect("the lock");
        assert_eq!(store.view(&inventory()).lock, Some(whole()));
        assert_eq!(fs::read(&paths.lock).expect("the lock file"), copy);
        assert!(!paths.copy.exists());
    }
    // It died before it began: the journal has the records.
    fs::write(&paths.copy, &copy).expect("written");
    fs::write(&paths.lock, to_bytes(&empty())).expect("written");
    let store = open(folder.path()).await.expect("the lock");
    assert_eq!(store.view(&inventory()).lock, Some(empty()));
    assert!(!paths.copy.exists());
}
