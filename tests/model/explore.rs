//! Running the checker to its end, and saying what it found.

#![expect(
    clippy::print_stdout,
    reason = "the numbers and the histories are what a person runs the model for"
)]

use stateright::{Checker, Model, Path};

use super::laws::{ADOPTED, DUPLICATED, Laws, Protocol};
use super::scope::{Mistake, Scope};
use super::state::{Action, State};

/// Beyond this many generated states a scope is too large for a test.
const MOST_STATES: usize = 3_000_000;

/// Explores a scope to its end and demands that every law holds and every example was found.
fn holds(name: &str, scope: Scope, laws: Laws, examples: &[&str]) {
    let checker = Protocol { scope, laws }
        .checker()
        .target_state_count(MOST_STATES)
        .spawn_bfs()
        .join();
    println!(
        "{name}: {} states, {} generated, depth {}",
        checker.unique_state_count(),
        checker.state_count(),
        checker.max_depth()
    );
    let discoveries = checker.discoveries();
    for (property, path) in &discoveries {
        assert!(
            examples.contains(property),
            "{name}: {property}\n{}\nends in {:#?}",
            lines(path),
            path.last_state()
        );
    }
    assert_eq!(
        discoveries.len(),
        examples.len(),
        "{name}: an example is missing"
    );
    assert!(
        checker.state_count() < MOST_STATES,
        "{name}: not explored to its end"
    );
}

/// Laws 3 and 4 hold in every state of this scope, and its recovery finds instances again.
pub(super) fn inside(name: &str, scope: Scope) {
    holds(name, scope, Laws::Inside, &[ADOPTED]);
}

/// This law holds in every state of this scope, in which others cannot.
pub(super) fn only(law: &'static str, name: &str, scope: Scope) {
    holds(name, scope, Laws::Only(law), &[]);
}

/// Duplicates happen in this scope, and every one of them is reported.
pub(super) fn outside(name: &str, scope: Scope) {
    holds(name, scope, Laws::Outside, &[ADOPTED, DUPLICATED]);
}

/// Explores a scope with a mistake until this law breaks, and prints how.
pub(super) fn breaks(law: &'static str, scope: Scope, mistake: Mistake) {
    let model = Protocol {
        scope: scope.with(mistake),
        laws: Laws::Only(law),
    };
    let checker = model
        .checker()
        .target_state_count(MOST_STATES)
        .spawn_bfs()
        .join();
    let states = checker.unique_state_count();
    let Some(path) = checker.discovery(law) else {
        panic!("{mistake:?} goes unnoticed in {states} states");
    };
    println!("{mistake:?} breaks \"{law}\":\n{}", lines(&path));
}

/// The actions of a path, one a line.
fn lines(path: &Path<State, Action>) -> String {
    let actions = path.clone().into_actions();
    let lines: Vec<_> = actions.iter().map(|a| format!("  {a:?}")).collect();
    lines.join("\n")
}
