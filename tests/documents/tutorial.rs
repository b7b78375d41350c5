//! The tutorial is one session in one terminal, and is what it prints. `CONNECTORCTL_WRITE_DOCS=1` writes
//! what it prints anew.

use std::fs;
use std::process::Command;

use super::{blocks, read, root};

const PATH: &str = "docs/tutorial.md";
/// A line between what two commands print.
const BETWEEN: &str = "-- the next command --";

/// A command as it is typed, its further lines included.
fn commands(block: &str) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    for line in block.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            commands.push(command.to_owned());
        } else if let Some(more) = line.strip_prefix("> ")
            && let Some(last) = commands.last_mut()
        {
            last.push('\n');
            last.push_str(more);
        }
    }
    commands
}

/// Whether a line says what an apply is doing: steps run at once, so that their order is open.
fn is_progress(line: &str) -> bool {
    let words = [" …", " done (id "];
    line.split_once(": ").is_some_and(|(_, rest)| {
        let verb = rest.split(' ').next().unwrap_or_default();
        let is_step = ["create", "update", "replace", "delete", "adopt"].contains(&verb);
        is_step && (words.iter().any(|word| rest.contains(word)) || rest.ends_with(" done"))
    })
}

/// What each command prints, one after another in one shell.
fn played(commands: &[String]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let programs = tempfile::tempdir().expect("a folder");
    let program = env!("CARGO_BIN_EXE_connectorctl");
    std::os::unix::fs::symlink(program, programs.path().join("connectorctl")).expect("a link");
    let script: Vec<String> = commands
        .iter()
        .map(|command| format!("{command}\necho '{BETWEEN}'"))
        .collect();
    let script = format!("exec 2>&1\n{}\n", script.join("\n"));
    let output = Command::new("sh")
        .args(["-eu", "-c", &script])
        .current_dir(folder.path())
        .env_clear()
        .env(
            "PATH",
            format!("{}:/usr/bin:/bin", programs.path().display()),
        )
        .output()
        .expect("a shell");
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(output.status.success(), "{printed}");
    let ends = format!("{BETWEEN}\n");
    let printed = printed.split_terminator(&ends);
    printed
        .map(|text| {
            let lines = text.lines().filter(|line| !is_progress(line));
            lines.map(|line| format!("{line}\n")).collect()
        })
        .collect()
}

/// The block as the terminal shows it.
fn shown(commands: &[String], printed: &mut impl Iterator<Item = String>) -> String {
    let one = |command: &String| {
        let typed = format!("$ {}\n", command.replace('\n', "\n> "));
        typed + &printed.next().unwrap_or_default()
    };
    commands.iter().map(one).collect()
}

/// With a name for each id in order of its appearance: which of two creates at once gets the next id is open.
fn with_names(sessions: &[String]) -> String {
    let mut ids: Vec<String> = Vec::new();
    let text = sessions.join("\n--\n");
    let words = text.split_inclusive(|c: char| !c.is_ascii_digit());
    let named = words.map(|word| {
        let digits = word.trim_end_matches(|c: char| !c.is_ascii_digit());
        if digits.len() != 5 {
            return word.to_owned();
        }
        let place = ids.iter().position(|id| id == digits);
        let place = place.unwrap_or_else(|| {
            ids.push(digits.to_owned());
            ids.len() - 1
        });
        word.replace(digits, &format!("id-{place}"))
    });
    named.collect()
}

#[test]
fn the_session_of_the_tutorial_is_real() {
    let sessions: Vec<String> = blocks(PATH, "console")
        .into_iter()
        .map(|(_, it)| it)
        .collect();
    let typed: Vec<Vec<String>> = sessions.iter().map(|session| commands(session)).collect();
    let printed = played(&typed.concat());
    assert_eq!(printed.len(), typed.concat().len(), "{printed:?}");
    let mut printed = printed.into_iter();
    let real: Vec<String> = typed
        .iter()
        .map(|typed| shown(typed, &mut printed))
        .collect();
    if std::env::var("CONNECTORCTL_WRITE_DOCS").is_ok() {
        let mut text = read(PATH);
        for (before, after) in sessions.iter().zip(&real) {
            text = text.replacen(before.as_str(), after, 1);
        }
        fs::write(root().join(PATH), text).expect("written");
        return;
    }
    assert_eq!(
        with_names(&sessions),
        with_names(&real),
        "run this test with CONNECTORCTL_WRITE_DOCS=1"
    );
    for line in real.iter().flat_map(|session| session.lines()) {
        let is_typed = line.starts_with(['$', '>']);
        assert!(
            is_typed || line.chars().count() <= 80,
            "wider than a terminal: {line}"
        );
    }
}
