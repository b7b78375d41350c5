//! Files: their paths, their modes, and how they are replaced.

#![expect(
    clippy::disallowed_methods,
    reason = "tests read and cut the files they made"
)]

use std::fs;

use super::*;
use crate::lockfile::file::write_atomic;
use crate::lockfile::view::consistent;

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
async fn files_with_tokens_are_readable_by_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().expect("a folder");
    let lock = paths(folder.path()).lock;
    fs::write(&lock, GOLDEN).expect("written");
    let mode = |path: &Path| fs::metadata(path).expect("a file").permissions().mode() & 0o777;
    fs::set_permissions(&lock, fs::Permissions::from_mode(0o644)).expect("set");
    let mut store = open(folder.path()).await.expect("the lock");
    assert!(store.view(&inventory()).open_to_others);
    store.record(created("a", 1)).await.expect("durable");
    store
        .finish(&header(), &Remade::default())
        .expect("written");
    assert_eq!(mode(&lock), 0o600);
    assert_eq!(mode(&store.paths().journal), 0o600);
    assert_eq!(mode(&store.paths().state_folder), 0o700);
    let ignore = store.paths().state_folder.join(".gitignore");
    assert_eq!(fs::read_to_string(ignore).expect("a file"), "*\n");
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("a file").permissions().mode() & 0o777
    }

    /// A restored cache or a copy may have lost the modes, and the journal holds tokens too.
    #[tokio::test]
    async fn a_journal_that_others_can_read_gets_its_mode_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let paths = paths(folder.path());
        fs::create_dir(&paths.state_folder).expect("a folder");
        fs::write(&paths.journal, b"").expect("written");
        for (path, open) in [(&paths.state_folder, 0o755), (&paths.journal, 0o644)] {
            fs::set_permissions(path, fs::Permissions::from_mode(open)).expect("set");
        }
        let store = super::open(folder.path()).await.expect("the lock");
        assert_eq!(mode(&paths.state_folder), 0o700);
        assert_eq!(mode(&paths.journal), 0o600);
        assert_eq!(mode(&paths.holder), 0o600);
        drop(store);
        assert!(!paths.holder.exists(), "no process holds the lock any more");
    }
}

/// `prod.yaml` and `dev.yaml` may share a folder, and each has a lock file of its own.
#[tokio::test]
async fn only_the_temporary_files_of_this_lock_file_are_swept() {
    let folder = tempfile::tempdir().expect("a folder");
    let of = |name: &str| {
        let manifest = folder.path().join(name);
        LockPaths::new(None, &manifest, false, LockKind::Real)
    };
    let left = |path: &Path| {
        let mut name = crate::lockfile::file::temporary_prefix(path);
        name.push_str("left");
        let left = path.with_file_name(name);
        fs::write(&left, "half of a lock file").expect("written");
        left
    };
    let store = open(folder.path()).await.expect("the lock");
    drop(store);
    let own = [
        left(&of("instances.yaml").lock),
        left(&of("instances.yaml").holder),
    ];
    let others = [left(&of("prod.yaml").lock), left(&of("prod.yaml").holder)];
    let _store = open(folder.path()).await.expect("the lock");
    for path in own {
        assert!(!path.exists(), "{}", path.display());
    }
    for path in others {
        assert!(path.exists(), "{} is being written", path.display());
    }
}

#[test]
fn a_failed_replacement_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("lock");
    fs::create_dir(&path).expect("a folder");
    let error = write_atomic(&path, b"new").expect_err("a folder cannot be replaced");
    assert!(matches!(
        error,
        LockError::Io {
            action: "write",
            ..
        }
    ));
    let names: Vec<_> = fs::read_dir(folder.path()).expect("a folder").collect();
    assert_eq!(names.len(), 1);
}

/// The lock file and the journal.
type Read = (Option<Vec<u8>>, &'static str);

/// A plan takes no lock, so an apply may fold while it reads.
#[test]
fn a_plan_never_sees_half_of_a_fold() {
    let lock = |text: &str| Some(text.as_bytes().to_vec());
    // The lock file and the journal at each read.
    let cases: [(&str, &[Read], Read); 4] = [
        (
            "nothing happens",
            &[(None, "a"), (lock("old"), "a"), (None, "a")],
            (lock("old"), "a"),
        ),
        (
            "records are added",
            &[(None, "a"), (lock("old"), "ab"), (None, "ab")],
            (lock("old"), "ab"),
        ),
        (
            "a fold ends after the lock file was read",
            &[
                (None, "a"),
                (lock("old"), "a"),
                (None, ""),
                (lock("new"), ""),
                (None, ""),
            ],
            (lock("new"), ""),
        ),
        (
            "a record and a fold come between two reads",
            &[
                (None, ""),
                (lock("old"), ""),
                (None, "c"),
                (lock("new"), "c"),
                (None, "c"),
            ],
            (lock("new"), "c"),
        ),
    ];
    for (what, moments, expected) in cases {
        let moments = std::cell::RefCell::new(moments.iter());
        let next = || moments.borrow_mut().next().expect("one more read").clone();
        let seen = consistent::<()>(|| Ok(next().0), || Ok(next().1.as_bytes().to_vec()));
        let (lock, journal) = seen.expect("a read");
        assert_eq!(
            (lock, journal),
            (expected.0, expected.1.as_bytes().to_vec()),
            "{what}"
        );
    }
}
