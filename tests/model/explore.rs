//! Running the checker to its end, and saying what it found.

use stateright::{Checker, HasDiscoveries, Model, Path};

use super::laws::{ADOPTED, DUPLICATED, Protocol};
use super::scope::{Mistake, Scope};
use super::state::{Action, State};

/// Beyond this many generated states a scope is too large for a test.
const MOST_STATES: usize = 4_000_000;

/// Explores a scope to its end and demands that every law holds and every example was found.
pub(super) fn holds(name: &str, scope: Scope, inside: bool) {
    let examples: &[&str] = if inside {
        &[ADOPTED]
    } else {
        &[ADOPTED, DUPLICATED]
    };
    let checker = Protocol { scope, inside }
        .checker()
        .target_state_count(MOST_STATES)
        .spawn_bfs()
        .join();
    let explored = checker.unique_state_count();
    println!("{name}: {explored} states");
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

/// Explores a scope with a mistake until a law breaks, prints how, and answers which.
pub(super) fn breaks(scope: Scope, mistake: Mistake, inside: bool) -> &'static str {
    let model = Protocol {
        scope: scope.with(mistake),
        inside,
    };
    let checker = model
        .checker()
        .target_state_count(MOST_STATES)
        .finish_when(HasDiscoveries::AnyFailures)
        .spawn_bfs()
        .join();
    let discoveries = checker.discoveries();
    let broken = discoveries
        .iter()
        .find(|(name, _)| ![ADOPTED, DUPLICATED].contains(name));
    let Some((law, path)) = broken else {
        panic!(
            "{mistake:?} goes unnoticed in {} states",
            checker.unique_state_count()
        );
    };
    println!("{mistake:?} breaks {law}:\n{}", lines(path));
    law
}

/// The actions of a path, one a line.
fn lines(path: &Path<State, Action>) -> String {
    let actions = path.clone().into_actions();
    let lines: Vec<_> = actions.iter().map(|a| format!("  {a:?}")).collect();
    lines.join("\n")
}
