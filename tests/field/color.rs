//! `CLICOLOR_FORCE=0` forced color.

use crate::support::Bench;

/// `NO_COLOR`, `CLICOLOR_FORCE`, `CLICOLOR`, `--color`, and whether a pipe gets color.
type Row = (
    Option<&'static str>,
    Option<&'static str>,
    Option<&'static str>,
    Option<&'static str>,
    bool,
);

const TABLE: [Row; 18] = [
    (None, None, None, None, false),
    (None, Some("1"), None, None, true),
    (None, Some("yes"), None, None, true),
    (None, Some("0"), None, None, false),
    (None, Some(""), None, None, false),
    (Some("1"), None, None, None, false),
    (Some("1"), Some("1"), None, None, false),
    (Some("0"), Some("1"), None, None, false),
    // An empty one is not set.
    (Some(""), Some("1"), None, None, true),
    (Some(""), Some("0"), None, None, false),
    (None, None, Some("1"), None, false),
    (None, Some("1"), Some("0"), None, true),
    (None, Some("0"), Some("1"), None, false),
    // The option says more than the environment.
    (Some("1"), None, None, Some("always"), true),
    (None, Some("0"), Some("0"), Some("always"), true),
    (None, Some("1"), None, Some("never"), false),
    (None, Some("1"), None, Some("auto"), true),
    (None, None, None, Some("auto"), false),
];

#[test]
fn the_conventions_of_color_are_kept() {
    for (no_color, force, clicolor, option, colored) in TABLE {
        let row = format!("{no_color:?} {force:?} {clicolor:?} {option:?}");
        let mut bench = Bench::new().with_manifest("version: 1\ninventory: a\ntgas: []\n");
        for (name, value) in [
            ("NO_COLOR", no_color),
            ("CLICOLOR_FORCE", force),
            ("CLICOLOR", clicolor),
        ] {
            if let Some(value) = value {
                bench.set(name, value);
            }
        }
        for term in ["xterm", "dumb"] {
            bench.set("TERM", term);
            let color: Vec<&str> = option.into_iter().flat_map(|w| ["--color", w]).collect();
            let ran = bench.run(&[&["validate"][..], &color].concat());
            assert_eq!(
                ran.stderr.contains("\u{1b}["),
                colored,
                "{row}: {}",
                ran.stderr
            );
            // What the command line itself prints does not know the option yet.
            if option.is_none() {
                for arguments in [&["--help"][..], &["no-such-verb"]] {
                    let ran = bench.run(arguments);
                    assert_eq!(
                        ran.all().contains("\u{1b}["),
                        colored,
                        "{row}: {}",
                        ran.all()
                    );
                }
            }
        }
    }
}
