//! `--help`: options of the verb come first, then the shared headings; `-h` fits one screen.

use crate::support::Bench;

/// Every verb, and how many lines its `-h` has at 80 columns.
const VERBS: [(&[&str], usize); 8] = [
    (&[], 33),
    (&["plan"], 33),
    (&["apply"], 36),
    (&["validate"], 21),
    (&["lock"], 26),
    (&["lock", "verify"], 21),
    (&["lock", "rebuild"], 24),
    (&["sandbox"], 31),
];

const SHARED: [&str; 3] = [
    "Selection and guards:",
    "Connection:",
    "Output and logging:",
];

fn help(verb: &[&str], flag: &str) -> String {
    let mut bench = Bench::new();
    bench.set("COLUMNS", "80");
    bench.run(&[verb, &[flag]].concat()).expect_code(0).stdout
}

#[test]
fn short_help_fits_one_screen() {
    let lines: Vec<(&[&str], usize)> = VERBS
        .iter()
        .map(|(verb, _)| (*verb, help(verb, "-h").lines().count()))
        .collect();
    assert_eq!(lines, VERBS);
    assert!(lines.iter().all(|(_, lines)| *lines <= 40));
}

#[test]
fn options_of_the_verb_come_before_shared_ones() {
    for (verb, _) in VERBS {
        for flag in ["-h", "--help"] {
            let help = help(verb, flag);
            let headings: Vec<&str> = help
                .lines()
                .filter(|line| line.ends_with(':') && !line.starts_with(' '))
                .filter(|line| !matches!(*line, "Commands:" | "Exit codes:" | "Example:"))
                .collect();
            assert_eq!(headings, [&["Options:"][..], &SHARED].concat(), "{verb:?}");
        }
    }
}

#[test]
fn long_help_ends_with_exit_codes_and_an_example_that_parses() {
    let runs = VERBS
        .iter()
        .filter(|(verb, _)| !matches!(verb, [] | ["lock"]));
    for (verb, _) in runs {
        let help = help(verb, "--help");
        let (_, end) = help.split_once("Exit codes:\n").expect("exit codes");
        let (codes, example) = end.split_once("\n\nExample:\n").expect("an example");
        assert!(codes.starts_with("  0    done"), "{codes}");
        let command = example.trim().strip_prefix("connectorctl ");
        let words: Vec<&str> = command.expect("a command").split(' ').collect();
        assert!(words.starts_with(verb), "{words:?}");
        // Whatever follows, `--help` answers only where everything before it is understood.
        let understood = Bench::new().run(&[&words[..], &["--help"]].concat());
        assert_eq!(understood.code, 0, "{}", understood.stderr);
    }
}
