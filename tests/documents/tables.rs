//! Tables of the documents against the code that they describe.

use std::collections::BTreeSet;

use clap::{CommandFactory as _, ValueEnum as _};
use connectorctl::Cli;
use connectorctl::Exit;
use connectorctl::model::{NoteCode, Reason};
use connectorctl::sandbox::{Assumptions, Fault};

use super::{files, read};
use crate::chaos::checkout::Mistake;

#[test]
fn the_exit_codes_are_documented() {
    let text = read("docs/exit-codes.md");
    let documented: Vec<(String, String)> = text
        .lines()
        .filter_map(|line| line.strip_prefix("| "))
        .filter_map(|line| line.split_once(" | "))
        .filter(|(code, _)| code.parse::<u8>().is_ok())
        .map(|(code, meaning)| (code.to_owned(), meaning.trim_end_matches(" |").to_owned()))
        .collect();
    let coded: Vec<(String, String)> = Exit::TABLE
        .iter()
        .map(|(exit, meaning)| (exit.code().to_string(), (*meaning).to_owned()))
        .collect();
    assert_eq!(documented, coded);
}

#[test]
fn every_dependency_has_its_line() {
    let manifest = read("Cargo.toml");
    let mut used = BTreeSet::new();
    let mut inside = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]");
        } else if inside && let Some((name, _)) = line.split_once(" = ") {
            used.insert(name.trim_start_matches("# ").to_owned());
        }
    }
    let text = read("docs/dependencies.md");
    let documented: BTreeSet<String> = text
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .filter_map(|line| line.split('`').next().map(str::to_owned))
        .collect();
    assert_eq!(documented, used);
}

#[test]
fn every_word_of_a_plan_is_documented() {
    let text = read("docs/reference.md");
    let words = Reason::ALL
        .iter()
        .map(|reason| reason.as_str())
        .chain(NoteCode::ALL.iter().map(|code| code.as_str()));
    for word in words {
        assert!(
            text.contains(&format!("| `{word}` |")),
            "{word} is not in docs/reference.md"
        );
    }
}

#[test]
fn every_assumption_and_every_fault_is_documented() {
    let text = read("docs/sandbox.md");
    for (question, what, answers) in Assumptions::QUESTIONS {
        let row = text
            .lines()
            .find(|line| line.starts_with(&format!("| {question} |")))
            .unwrap_or_else(|| panic!("{question} is not in docs/sandbox.md"));
        assert!(row.contains(what), "{question}: {row}");
        for answer in *answers {
            assert!(
                row.contains(&format!("`{answer}`")),
                "{question}={answer}: {row}"
            );
        }
    }
    for (kind, what) in Fault::KINDS {
        assert!(text.contains(&format!("| `{kind}` | {what} |")), "{kind}");
    }
}

/// Each open question has its place among the facts, with every answer of its switch, the default first.
#[test]
fn every_open_question_names_its_switch() {
    let text = read("docs/platform.md");
    for (question, _, answers) in Assumptions::QUESTIONS {
        let title = format!("### {}\n", question.to_uppercase());
        let (_, section) = text.split_once(&title).expect(question);
        let section = section.split("\n### ").next().unwrap_or_default();
        let (_, switch) = section
            .split_once(&format!(
                "- Sandbox: `{question}`, `{}` by default",
                answers[0]
            ))
            .unwrap_or_else(|| panic!("{question}: its default is {}", answers[0]));
        for answer in &answers[1..] {
            assert!(
                switch.contains(&format!("`{answer}`")),
                "{question}={answer}"
            );
        }
    }
}

/// Its numbers are counted anew before a release; which mistakes there are must be right at any time.
#[test]
fn every_deliberate_mistake_is_documented() {
    let text = read("docs/verification.md");
    let documented: Vec<&str> = text
        .lines()
        .skip_while(|line| !line.starts_with("| `--mistake` |"))
        .take_while(|line| line.starts_with('|'))
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .skip(1)
        .collect();
    let coded = Mistake::value_variants()
        .iter()
        .filter_map(Mistake::to_possible_value);
    let coded: BTreeSet<String> = coded.map(|value| value.get_name().to_owned()).collect();
    let documented: BTreeSet<String> = documented.into_iter().map(str::to_owned).collect();
    assert_eq!(documented, coded);
}

#[test]
fn every_command_and_option_is_documented() {
    fn check(text: &str, command: &clap::Command, words: &str) {
        for argument in command.get_arguments() {
            let name = argument
                .get_long()
                .filter(|name| !matches!(*name, "help" | "version"));
            if let Some(name) = name {
                assert!(text.contains(&format!("`--{name}`")), "{words} --{name}");
            }
        }
        let below: Vec<&clap::Command> = command.get_subcommands().collect();
        if below.is_empty() {
            assert!(text.contains(&format!("| `{words}` |")), "{words}");
        }
        for command in below {
            check(
                text,
                command,
                format!("{words} {}", command.get_name()).trim(),
            );
        }
    }
    check(&read("docs/reference.md"), &Cli::command(), "");
}

/// Every `Diagnostic::error("code", …)` of the sources, and of the manifest reader's own `error`.
#[test]
fn every_diagnostic_is_documented() {
    let text = read("docs/reference.md");
    let table = text.split("## Diagnostics").nth(1).expect("the table");
    let table = table.split("\n## ").next().unwrap_or_default();
    let documented: BTreeSet<&str> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    let mut coded = BTreeSet::new();
    for file in files("src").iter().filter(|file| file.ends_with(".rs")) {
        let source = read(file);
        let source = source.split("#[cfg(test)]").next().unwrap_or_default();
        for call in [
            "Diagnostic::error(",
            "Diagnostic::warning(",
            ".error(",
            ".warning(",
        ] {
            for (at, _) in source.match_indices(call) {
                // The code is the first word in quotes, after a place at most.
                let mut pieces = source[at + call.len()..].splitn(3, '"');
                let before = pieces.next().unwrap_or_default();
                let word = pieces.next().unwrap_or_default();
                let is_code = word
                    .bytes()
                    .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
                if is_code && before.matches(',').count() <= 1 && !before.contains([';', '{']) {
                    coded.insert(word.to_owned());
                }
            }
        }
    }
    let documented: BTreeSet<String> = documented.into_iter().map(str::to_owned).collect();
    assert_eq!(documented, coded);
}
