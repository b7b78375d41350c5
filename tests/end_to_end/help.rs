//! `--help`: options of the verb come first, then the shared headings; `-h` fits one screen.

use clap::CommandFactory as _;
use connectorctl::Cli;

use crate::support::Bench;

/// A screen of 80 columns.
const LINES: usize = 40;

/// Every verb, the program itself and groups of verbs included.
fn verbs() -> Vec<Vec<String>> {
    fn below(command: &clap::Command, words: &[String], found: &mut Vec<Vec<String>>) {
        found.push(words.to_vec());
        for command in command.get_subcommands() {
            let words = [words, &[command.get_name().to_owned()]].concat();
            below(command, &words, found);
        }
    }
    let mut found = Vec::new();
    below(&Cli::command(), &[], &mut found);
    found
}

/// A verb that does something, and not only has others below it.
fn runs(verb: &[String]) -> bool {
    let groups = verbs();
    !groups
        .iter()
        .any(|other| other.len() > verb.len() && other.starts_with(verb))
}

const SHARED: [&str; 3] = [
    "Selection and guards:",
    "Connection:",
    "Output and logging:",
];

fn help(verb: &[String], flag: &str) -> String {
    let mut bench = Bench::new();
    bench.set("COLUMNS", "80");
    let words: Vec<&str> = verb.iter().map(String::as_str).chain([flag]).collect();
    bench.run(&words).expect_code(0).stdout
}

#[test]
fn short_help_fits_one_screen() {
    for verb in verbs() {
        let lines = help(&verb, "-h").lines().count();
        assert!(lines <= LINES, "{verb:?}: {lines}");
    }
}

#[test]
fn options_of_the_verb_come_before_shared_ones() {
    for verb in verbs() {
        for flag in ["-h", "--help"] {
            let help = help(&verb, flag);
            let headings: Vec<&str> = help
                .lines()
                .filter(|line| line.ends_with(':') && !line.starts_with(' '))
                .filter(|line| {
                    !matches!(
                        *line,
                        "Commands:" | "Arguments:" | "Exit codes:" | "Example:"
                    )
                })
                .collect();
            assert_eq!(headings, [&["Options:"][..], &SHARED].concat(), "{verb:?}");
        }
    }
}

#[test]
fn long_help_ends_with_exit_codes_and_an_example_that_parses() {
    for verb in verbs().iter().filter(|verb| runs(verb)) {
        let help = help(verb, "--help");
        let (_, end) = help.split_once("Exit codes:\n").expect("exit codes");
        let (codes, example) = end.split_once("\n\nExample:\n").expect("an example");
        assert!(codes.starts_with("  0    done"), "{codes}");
        let command = example.trim().strip_prefix("connectorctl ");
        let words: Vec<&str> = command.expect("a command").split(' ').collect();
        assert!(words.join(" ").starts_with(&verb.join(" ")), "{words:?}");
        // What stands after `--` is another program's.
        let own = words.iter().position(|word| *word == "--");
        let words = &words[..own.unwrap_or(words.len())];
        // Whatever follows, `--help` answers only where everything before it is understood.
        let understood = Bench::new().run(&[words, &["--help"]].concat());
        assert_eq!(understood.code, 0, "{}", understood.stderr);
    }
}
