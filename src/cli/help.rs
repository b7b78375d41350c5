//! What the long help of a verb ends with: the exit codes it can return, and an example.
//!
//! Must not: describe an option; its doc comment does.

use anstyle::Style;

use crate::error::Exit;

/// The heading of options that select instances, of every verb or of some.
pub(super) const SELECTION: &str = "Selection and guards";

/// The exit codes of every verb.
const COMMON_EXITS: [Exit; 3] = [Exit::Success, Exit::Failed, Exit::Usage];

/// Those of a verb that changes the platform.
pub(super) const WRITING: &[Exit] = &[
    Exit::Partial,
    Exit::Unknown,
    Exit::Refused,
    Exit::Stale,
    Exit::Authentication,
    Exit::Lock,
    Exit::Interrupted,
];

/// The table of the common exit codes and of these, then the example.
pub(super) fn after(exits: &[Exit], example: &str) -> String {
    let heading = Style::new().bold().underline();
    let codes: String = Exit::TABLE
        .iter()
        .filter(|(exit, _)| COMMON_EXITS.contains(exit) || exits.contains(exit))
        .map(|(exit, meaning)| format!("  {:<3}  {meaning}\n", exit.code()))
        .collect();
    format!("{heading}Exit codes:{heading:#}\n{codes}\n{heading}Example:{heading:#}\n  {example}")
}
