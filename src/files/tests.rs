//! Tests of inputs that never end and outputs that are not files, with pipes of their own.

#![cfg(unix)]
#![expect(clippy::disallowed_methods, reason = "tests make the files")]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::*;

const SHORT: Duration = Duration::from_millis(50);

fn few(bytes: u64) -> Limits {
    Limits { bytes, wait: SHORT }
}

fn fifo(folder: &Path) -> PathBuf {
    fifo_named(folder, "pipe")
}

fn fifo_named(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    let made = Command::new("mkfifo").arg(&path).status();
    assert!(made.expect("mkfifo").success());
    path
}

#[test]
fn a_limit_holds_while_reading() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    fs::write(&file, "12345").expect("written");
    assert_eq!(read(&file, few(5)).expect("read"), b"12345");
    // The device says that it has no bytes, and so does a file of `/proc`.
    for path in [
        &file,
        Path::new("/dev/zero"),
        Path::new("/proc/self/mountinfo"),
    ] {
        if !path.exists() {
            continue;
        }
        let error = read(path, few(4)).expect_err("too large");
        assert_eq!(error.to_string(), "it is larger than 4 bytes");
    }
    assert!(
        read(&folder.path().join("none"), few(4))
            .expect_err("none")
            .is_missing()
    );
}

#[test]
fn a_pipe_that_nobody_writes_to_ends() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = fifo(folder.path());
    let error = read(&pipe, few(10)).expect_err("no end");
    assert!(matches!(error, ReadError::Endless { .. }), "{error}");
}

#[test]
fn a_pipe_is_read_to_its_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = fifo(folder.path());
    let writer = pipe.clone();
    std::thread::spawn(move || fs::write(writer, "from a pipe"));
    assert_eq!(
        read(&pipe, Limits::bytes(100)).expect("read"),
        b"from a pipe"
    );
}

#[test]
fn an_output_pipe_without_a_reader_is_found_before_anything_is_done() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = fifo(folder.path());
    let error = Output::open_within(&pipe, SHORT).expect_err("no reader");
    assert!(matches!(error, OutputError::NoReader { .. }), "{error}");
    // The attempt that was given up still waits for a reader of the first one.
    let pipe = fifo_named(folder.path(), "another");
    let reader = pipe.clone();
    let reader = std::thread::spawn(move || fs::read(reader));
    let output = Output::open(&pipe).expect("a reader");
    output.write(b"result").expect("written");
    assert_eq!(reader.join().expect("joined").expect("read"), b"result");
    let kind = fs::metadata(&pipe).expect("still there").file_type();
    assert!(!kind.is_file(), "the pipe was replaced");
}

#[test]
fn a_reader_that_stops_reading_ends_the_wait() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = fifo(folder.path());
    // Open for both, so that neither side waits; nothing is ever read.
    let options = fs::OpenOptions::new().read(true).write(true).open(&pipe);
    let _reader = options.expect("a pipe");
    let output = Output::open_within(&pipe, SHORT).expect("a reader");
    // More than a pipe holds.
    let error = output
        .write_within(&vec![b'x'; 4 << 20], SHORT)
        .expect_err("stuck");
    assert!(matches!(error, OutputError::NoReader { .. }), "{error}");
}

#[test]
fn outputs_are_replaced_only_where_they_are_plain_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    fs::write(at("file"), "old").expect("written");
    symlink(at("file"), at("link")).expect("a link");
    symlink("/dev/stdout", at("log")).expect("a link");
    let open = |name: &str| Output::open(&at(name));
    assert!(matches!(open("new"), Ok(Output::Replaced(_))));
    assert!(!at("new").exists(), "opening changes nothing");
    assert!(matches!(
        open("log"),
        Ok(Output::Standard(Standard::Output))
    ));
    open("link")
        .expect("opened")
        .write(b"new")
        .expect("written");
    assert_eq!(fs::read(at("file")).expect("read"), b"new");
    assert!(
        fs::symlink_metadata(at("link"))
            .expect("there")
            .is_symlink()
    );
    assert!(matches!(
        Output::open(folder.path()),
        Err(OutputError::Directory)
    ));
    let nowhere = Output::open(&at("none").join("file"));
    assert!(matches!(nowhere, Err(OutputError::Io(_))), "{nowhere:?}");
}

#[test]
fn a_folder_that_is_not_writable_is_found_in_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    fs::write(&file, "old").expect("written");
    let mode = |mode| fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode));
    mode(0o500).expect("a mode");
    // Root may write anywhere.
    let is_root = tempfile::tempfile_in(folder.path()).is_ok();
    let new = Output::open(&folder.path().join("new"));
    let old = Output::open(&file);
    mode(0o700).expect("a mode");
    if is_root {
        return;
    }
    assert!(matches!(new, Err(OutputError::Io(_))), "{new:?}");
    assert!(matches!(old, Ok(Output::Overwritten(_))), "{old:?}");
}

#[test]
fn streams_are_told_from_places() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = fifo(folder.path());
    let file = folder.path().join("file");
    fs::write(&file, "").expect("written");
    for stream in ["-", "/dev/stdin", "/dev/fd/63", "/proc/self/fd/7"] {
        assert!(is_stream(Path::new(stream)), "{stream}");
    }
    assert!(is_stream(&pipe));
    for place in [&file, folder.path(), Path::new("none"), Path::new("fd/7")] {
        assert!(!is_stream(place), "{}", place.display());
    }
    assert!(is_same(&file, &folder.path().join(".").join("file")));
    assert!(is_same(Path::new("none"), Path::new("./none")));
    assert!(!is_same(&file, &pipe));
}
