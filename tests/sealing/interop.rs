//! Data keys that we wrap are opened by the `age` program, and those that it wraps by us.
//!
//! The gate installs the program and sets `CONNECTORCTL_TEST_AGE`, and then its absence is a failure. A plain
//! `cargo test` passes without it.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::{Person, bench, change_lock, manifest, opened, sealed, token};
use crate::support::{Bench, Sandbox};

/// The `age` program, where it is there.
fn age() -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders)
        .map(|folder| folder.join("age"))
        .find(|path| path.is_file());
    let is_required = std::env::var_os("CONNECTORCTL_TEST_AGE").is_some();
    assert!(found.is_some() || !is_required, "the gate installs `age`");
    found
}

fn run(age: &PathBuf, arguments: &[&str], input: &str) -> Option<String> {
    let mut child = Command::new(age)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("age runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(input.as_bytes()).expect("written");
    drop(stdin);
    let output = child.wait_with_output().expect("age ends");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    output.status.success().then_some(text)
}

/// What `age -d` makes of the wrap of a key's data key.
fn unwrapped(age: &PathBuf, bench: &Bench, key: &str, person: &Person) -> Option<String> {
    bench.write("who.txt", &person.identity);
    let lock = bench.lock();
    let name = lock["instances"][key]["token"]["dataKey"].as_str();
    let wrap = lock["dataKeys"][name.expect("a name")]["wrap"].clone();
    let file = bench.path("who.txt").display().to_string();
    run(age, &["-d", "-i", &file], wrap.as_str().expect("a wrap"))
}

#[test]
fn the_age_program_opens_what_we_wrap_and_we_open_what_it_wraps() {
    let Some(age) = age() else {
        return;
    };
    let sandbox = Sandbox::start(&[]);
    let people: Vec<Person> = (0..3).map(|_| Person::new()).collect();
    let all: Vec<&Person> = people.iter().collect();
    let mut bench = bench(&sandbox, &manifest(&all, &["a"]));
    let _ = bench.apply();
    let keys: Vec<Option<String>> = people
        .iter()
        .map(|person| unwrapped(&age, &bench, "a", person))
        .collect();
    assert!(
        keys[0].as_ref().is_some_and(|key| key.len() == 44),
        "{keys:?}"
    );
    assert!(
        keys.iter().all(|key| *key == keys[0]),
        "each of three reads the same"
    );

    // The same data key, wrapped by the program, armored and for a fourth person.
    let fourth = Person::new();
    let key = keys[0].clone().expect("a data key");
    let wrap = run(&age, &["-a", "-r", &fourth.recipient], &key).expect("wrapped");
    change_lock(&bench, |lock| {
        for (_, data_key) in lock["dataKeys"].as_object_mut().expect("data keys") {
            data_key["wrap"] = wrap.clone().into();
        }
    });
    let expected = token(&sandbox, &bench, "a");
    assert_eq!(opened(&mut bench, &fourth, "a"), expected);

    // A recipient that was removed does not read what is written after `rekey`.
    bench.set("CONNECTORCTL_AGE_KEY", &fourth.identity);
    bench.write("instances.yaml", &manifest(&all[..2], &["a", "b"]));
    let before = sealed(&bench, "a");
    let _ = bench.run(&["lock", "rekey"]).expect_code(0);
    let _ = bench.apply();
    assert_ne!(sealed(&bench, "a"), before);
    for key in ["a", "b"] {
        assert!(unwrapped(&age, &bench, key, &people[0]).is_some(), "{key}");
        assert_eq!(unwrapped(&age, &bench, key, &people[2]), None, "{key}");
        assert_eq!(unwrapped(&age, &bench, key, &fourth), None, "{key}");
    }
}
