//! What cannot be written is found before the first request that creates: nothing exists then that no
//! run can record.

#![cfg(unix)]

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Output};

use super::bench;
use crate::support::{Bench, Ran, Sandbox};

const LOCK: &str = "instances.lock.json";
/// The user that a test becomes, so that permissions count: root may write everywhere.
const NOBODY: u32 = 65_534;

/// Says so even where the output of tests that pass is hidden.
fn not_tested(why: &str) {
    let _ = writeln!(
        std::io::stderr(),
        "exactly_once::unusable: not tested: {why}"
    );
}

fn refused(sandbox: &Sandbox, ran: Ran, what: &str) {
    let ran = ran.expect_code(1);
    ran.stderr_has(what);
    ran.stderr_has("hint: ");
    assert_eq!(sandbox.count("posts"), 0, "{}", ran.all());
}

fn fifo(bench: &Bench, name: &str) {
    let made = Command::new("mkfifo").arg(bench.path(name)).status();
    assert!(made.expect("mkfifo").success());
}

#[test]
fn pipes_devices_and_links_as_lock_file_or_journal() {
    let sandbox = Sandbox::start(&[]);
    let bench = bench(&sandbox);
    refused(
        &sandbox,
        bench.apply_with(&["--lock", "/dev/null"]),
        "it is a device",
    );
    fifo(&bench, "pipe");
    refused(
        &sandbox,
        bench.apply_with(&["--lock", "pipe"]),
        "it is a named pipe",
    );
    let plan = bench.run(&["plan", "--lock", "pipe"]).expect_code(1);
    plan.stderr_has("it is a named pipe");
    fs::create_dir(bench.path(".connectorctl")).expect("a folder");
    fifo(&bench, ".connectorctl/instances.lock.json.journal");
    refused(&sandbox, bench.apply_with(&[]), "it is a named pipe");
    fs::remove_dir_all(bench.path(".connectorctl")).expect("removed");
    fs::create_dir(bench.path("elsewhere")).expect("a folder");
    for (name, target) in [(LOCK, "real.json"), (".connectorctl", "elsewhere")] {
        symlink(target, bench.path(name)).expect("a link");
        refused(&sandbox, bench.apply_with(&[]), "it is a symbolic link");
        fs::remove_file(bench.path(name)).expect("removed");
    }
    fs::write(bench.path("once"), "").expect("written");
    fs::hard_link(bench.path("once"), bench.path(LOCK)).expect("a link");
    refused(&sandbox, bench.apply_with(&[]), "it has a second name");
}

/// The same command as a user whom permissions bind.
fn as_bound_user(bench: &Bench) -> Ran {
    let mut command = bench.command(&["apply", "--yes"]);
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    Ran::from(command.output().expect("the binary runs"))
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}

fn mode(bench: &Bench, name: &str, mode: u32) {
    fs::set_permissions(bench.path(name), fs::Permissions::from_mode(mode)).expect("set");
}

/// Gives a file to the user that a command of [`as_bound_user`] is.
fn give(bench: &Bench, name: &str) {
    if is_root() {
        std::os::unix::fs::chown(bench.path(name), Some(NOBODY), Some(NOBODY)).expect("given");
    }
}

#[test]
fn a_folder_that_is_not_writable() {
    let sandbox = Sandbox::start(&[]);
    let bench = bench(&sandbox);
    give(&bench, ".");
    mode(&bench, ".", 0o555);
    refused(&sandbox, as_bound_user(&bench), "Permission denied");
    // The folder of the journal is there and writable, so only the lock file would fail.
    mode(&bench, ".", 0o755);
    fs::create_dir(bench.path(".connectorctl")).expect("a folder");
    give(&bench, ".connectorctl");
    mode(&bench, ".", 0o555);
    refused(&sandbox, as_bound_user(&bench), "it cannot be written");
    mode(&bench, ".", 0o755);
    let _ = as_bound_user(&bench).expect_code(0);
}

/// Needs root to make a folder of another user; an ordinary user cannot, and says so.
#[test]
fn a_folder_of_another_user() {
    if !is_root() {
        not_tested("only root can make a folder of another user");
        return;
    }
    let sandbox = Sandbox::start(&[]);
    let bench = bench(&sandbox);
    give(&bench, ".");
    fs::create_dir(bench.path(".connectorctl")).expect("a folder");
    mode(&bench, ".connectorctl", 0o777);
    refused(
        &sandbox,
        as_bound_user(&bench),
        "it belongs to another user",
    );
    mode(&bench, ".connectorctl", 0o700);
    refused(&sandbox, as_bound_user(&bench), "Permission denied");
    fs::remove_dir_all(bench.path(".connectorctl")).expect("removed");
    // In a folder as `/tmp` nobody replaces the file of another user.
    let lock = r#"{"version":1,"inventory":"acme","instances":{}}"#;
    bench.write("shared/instances.lock.json", lock);
    bench.write("shared/.connectorctl/x", "");
    give(&bench, "shared/.connectorctl");
    mode(&bench, "shared", 0o1777);
    mode(&bench, "shared/instances.lock.json", 0o666);
    let mut command = bench.command(&["apply", "--yes", "--lock", "shared/instances.lock.json"]);
    let ran = command.uid(NOBODY).gid(NOBODY).output();
    let ran = Ran::from(ran.expect("the binary runs"));
    refused(&sandbox, ran, "lets only the owner replace it");
}

/// A command in a mount namespace of its own, after this preparation; `None` where the machine does not
/// allow one.
fn in_own_mounts(bench: &Bench, prepare: &str, arguments: &[&str]) -> Option<Output> {
    let may = Command::new("unshare").args(["-m", "true"]).output();
    if !may.is_ok_and(|may| may.status.success()) {
        not_tested("this machine allows no mount namespace");
        return None;
    }
    let command = bench.command(arguments);
    let script = format!("set -e; {prepare}; exec \"$0\" \"$@\"");
    let output = Command::new("unshare")
        .args(["-m", "sh", "-c", &script])
        .arg(command.get_program())
        .args(command.get_args())
        .current_dir(bench.path("."))
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .envs(
            command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .output();
    Some(output.expect("a shell"))
}

/// A container that mounts the lock file alone: nothing can be renamed onto it.
#[test]
fn a_lock_file_that_is_a_mount_is_written_in_place() {
    let sandbox = Sandbox::start(&[]);
    let bench = bench(&sandbox);
    let empty = r#"{"version":1,"inventory":"acme","instances":{}}"#;
    bench.write("volume/the lock.json", empty);
    bench.write(LOCK, empty);
    let mount = "mount --bind 'volume/the lock.json' instances.lock.json";
    let apply = |arguments: &[&str]| Some(Ran::from(in_own_mounts(&bench, mount, arguments)?));
    let Some(ran) = apply(&["apply", "--yes"]) else {
        return;
    };
    let _ = ran.expect_code(0);
    assert_eq!(bench.read(LOCK), empty, "under the mount");
    let written = bench.read_json("volume/the lock.json");
    assert_eq!(
        written["instances"].as_object().map(serde_json::Map::len),
        Some(3)
    );
    assert!(
        !bench
            .path(".connectorctl/instances.lock.json.copy")
            .exists()
    );
    let again = apply(&["plan", "--detailed-exitcode"]).expect("as before");
    let _ = again.expect_code(0);
    assert_eq!(sandbox.count("posts"), 3);
}

#[test]
fn a_file_system_that_is_read_only() {
    let sandbox = Sandbox::start(&[]);
    let bench = bench(&sandbox);
    fs::create_dir(bench.path(".connectorctl")).expect("a folder");
    fs::create_dir(bench.path("state")).expect("a folder");
    let remount = "mount --bind . . && mount -o remount,bind,ro . && cd \"$PWD\"";
    let state = format!("mount --bind state .connectorctl && {remount}");
    for prepare in [remount, &state] {
        let Some(output) = in_own_mounts(&bench, prepare, &["apply", "--yes"]) else {
            return;
        };
        refused(&sandbox, Ran::from(output), "Read-only file system");
    }
}
