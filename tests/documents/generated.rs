//! Tables of the documents that are made from the program. `CONNECTORCTL_WRITE_DOCS=1` writes them anew.

use std::fs;

use clap::{CommandFactory as _, builder::StyledStr};
use connectorctl::Cli;
use connectorctl::model::{Explanation, RefusalCode};

use super::{read, root};

/// What stands between the two comments in a document must be this.
fn hold(path: &str, name: &str, table: &str) {
    let text = read(path);
    let begin = format!("<!-- generated: {name} -->\n");
    let end = "<!-- end -->\n";
    let (before, rest) = text.split_once(&begin).expect(&begin);
    let (present, after) = rest.split_once(end).expect(end);
    if std::env::var("CONNECTORCTL_WRITE_DOCS").is_ok() {
        let text = format!("{before}{begin}{table}{end}{after}");
        fs::write(root().join(path), text).expect("written");
        return;
    }
    assert_eq!(
        present, table,
        "{path}: run this test with CONNECTORCTL_WRITE_DOCS=1"
    );
}

#[test]
fn every_refusal_is_explained() {
    let mut table = String::from("\n| Code | When | What allows it |\n| --- | --- | --- |\n");
    for code in RefusalCode::ALL {
        let Explanation { when, way_out } = code.explained();
        table += &format!("| `{code}` | {when} | {way_out} |\n");
    }
    table.push('\n');
    hold("docs/refusals.md", "refusals", &table);
}

/// Every verb with what it does, its own options, and the codes that its help names.
#[test]
fn every_verb_has_its_row() {
    fn rows(command: &clap::Command, words: &str, table: &mut String) {
        for below in command.get_subcommands() {
            let words = format!("{words} {}", below.get_name());
            if below.has_subcommands() {
                rows(below, &words, table);
            } else {
                *table += &row(below, words.trim());
            }
        }
    }
    let command = Cli::command();
    let mut table = String::from(
        "\n| Command | What it does | Own options | Exit codes |\n| --- | --- | --- | --- |\n",
    );
    rows(&command, "", &mut table);
    table.push('\n');
    hold("docs/reference.md", "commands", &table);
}

fn row(command: &clap::Command, words: &str) -> String {
    let about = command.get_about().map(StyledStr::to_string);
    let own = command.get_arguments().filter(|argument| {
        let is_of_clap = matches!(argument.get_id().as_str(), "help" | "version");
        !is_of_clap && argument.get_help_heading().is_none() && !argument.is_global_set()
    });
    let named = own.map(|argument| {
        let names = argument.get_long().map(|long| format!("--{long}"));
        let value = argument.get_value_names().and_then(|names| names.first());
        let value = value.map(ToString::to_string).unwrap_or_default();
        let aliases = argument.get_visible_aliases().unwrap_or_default();
        let aliases: Vec<String> = aliases
            .iter()
            .map(|alias| format!(" (`--{alias}`)"))
            .collect();
        format!("`{}`{}", names.unwrap_or(value), aliases.concat())
    });
    let named: Vec<String> = named.collect();
    let help = command.get_after_long_help().map(StyledStr::to_string);
    let help = help.unwrap_or_default();
    let codes: Vec<&str> = help
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|word| word.parse::<u8>().is_ok())
        .collect();
    format!(
        "| `{words}` | {} | {} | {} |\n",
        about.unwrap_or_default(),
        named.join(", "),
        codes.join(", ")
    )
}
