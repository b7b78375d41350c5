//! When to use color: the conventions of <https://no-color.org> and <https://bixense.com/clicolors>.
//!
//! Must not: ask a terminal or the environment itself.

use std::ffi::OsString;

use clap::ColorChoice;

/// The value of an environment variable.
pub(crate) type Variable<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Whether to color a stream. An empty variable is not set.
pub(super) fn is_colored(
    requested: ColorChoice,
    variable: Variable<'_>,
    is_terminal: bool,
) -> bool {
    match requested {
        ColorChoice::Always => return true,
        ColorChoice::Never => return false,
        ColorChoice::Auto => {}
    }
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    if set("NO_COLOR").is_some() {
        return false;
    }
    if set("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
        return true;
    }
    if set("CLICOLOR").is_some_and(|value| value == "0") {
        return false;
    }
    let term = variable("TERM");
    let is_dumb = term.as_ref().is_some_and(|term| term == "dumb");
    let has_term = cfg!(windows) || term.is_some();
    is_terminal && (has_term && !is_dumb || set("CLICOLOR").is_some() || set("CI").is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The variables, and whether a terminal and a pipe get color.
    type Row = (&'static [(&'static str, &'static str)], bool, bool);

    const TABLE: [Row; 14] = [
        (&[("TERM", "xterm")], true, false),
        (&[("TERM", "dumb")], false, false),
        (&[("TERM", "dumb"), ("CLICOLOR", "1")], true, false),
        (&[("TERM", "dumb"), ("CI", "true")], true, false),
        (&[("TERM", "xterm"), ("NO_COLOR", "")], true, false),
        (&[("TERM", "xterm"), ("NO_COLOR", "1")], false, false),
        (&[("TERM", "xterm"), ("NO_COLOR", "0")], false, false),
        (&[("TERM", "xterm"), ("CLICOLOR", "0")], false, false),
        (&[("TERM", "xterm"), ("CLICOLOR", "")], true, false),
        (&[("TERM", "xterm"), ("CLICOLOR_FORCE", "0")], true, false),
        (&[("TERM", "xterm"), ("CLICOLOR_FORCE", "")], true, false),
        (&[("CLICOLOR_FORCE", "1")], true, true),
        (&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false, false),
        (
            &[
                ("CLICOLOR_FORCE", "0"),
                ("CLICOLOR", "0"),
                ("TERM", "xterm"),
            ],
            false,
            false,
        ),
    ];

    #[test]
    fn the_environment_and_the_stream_decide() {
        for (variables, terminal, pipe) in TABLE {
            let variable = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| OsString::from(value))
            };
            let colored = |is_terminal| is_colored(ColorChoice::Auto, &variable, is_terminal);
            assert_eq!(
                (colored(true), colored(false)),
                (terminal, pipe),
                "{variables:?}"
            );
            assert!(
                is_colored(ColorChoice::Always, &variable, false),
                "{variables:?}"
            );
            assert!(
                !is_colored(ColorChoice::Never, &variable, true),
                "{variables:?}"
            );
        }
    }
}
