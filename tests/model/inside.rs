//! Explorations inside the conditions: laws 3 and 4 hold in every reachable state.

use super::explore::holds;
use super::scope::{
    MERGED, PRUNED, RENAMED, RENAMED_AND_BACK, REPLACED, REPLACED_AND_BACK, Scope, TO_AND_FRO, TWO,
};

#[test]
fn one_key() {
    holds(
        "one key, two kills, two faults",
        Scope::inside().budget(2, 2),
        true,
    );
}

#[test]
fn a_slow_platform() {
    let scope = Scope {
        time_out: 2,
        lag: 2,
        ..Scope::inside()
    };
    holds("one key, longer times", scope, true);
}

#[test]
fn two_keys_side_by_side() {
    holds(
        "two keys, one kill",
        Scope::inside().over(TWO).budget(1, 1),
        true,
    );
}

#[test]
fn two_runs_that_share_a_lock_file() {
    let scope = Scope {
        runs: 2,
        ..Scope::inside()
    };
    holds("two runs, one lock file", scope, true);
}

#[test]
fn a_fresh_clone_after_the_window() {
    let scope = Scope {
        losses: 1,
        ..Scope::inside()
    };
    holds("journal lost, window passed", scope, true);
}

#[test]
fn a_fresh_clone_at_once_with_settle_first() {
    let scope = Scope {
        losses: 1,
        loss_after_window: false,
        settle_first: true,
        ..Scope::inside()
    };
    holds("journal lost, --settle-first", scope, true);
}

#[test]
fn a_replace() {
    holds("replace", Scope::inside().over(REPLACED), true);
}

#[test]
fn a_replace_on_a_fresh_clone_with_settle_first() {
    let scope = Scope {
        losses: 1,
        loss_after_window: false,
        settle_first: true,
        ..Scope::inside().over(REPLACED).budget(1, 1)
    };
    holds("replace, journal lost, --settle-first", scope, true);
}

#[test]
fn a_replace_that_is_taken_back() {
    holds(
        "replace and back",
        Scope::inside().over(REPLACED_AND_BACK).budget(2, 0),
        true,
    );
}

#[test]
fn a_replace_to_and_fro_where_a_cut_patch_comes_late() {
    let scope = Scope {
        late_patch: true,
        ..Scope::inside().over(TO_AND_FRO).budget(1, 1)
    };
    holds("replace to and fro, late PATCH", scope, true);
}

#[test]
fn a_replace_where_searches_show_old_tags() {
    let scope = Scope {
        stale_tags: true,
        ..Scope::inside().over(REPLACED)
    };
    holds("replace, stale tags", scope, true);
}

#[test]
fn a_rename() {
    let scope = Scope {
        one_family: true,
        ..Scope::inside().over(RENAMED)
    };
    holds("rename", scope, true);
}

#[test]
fn a_rename_and_back() {
    let scope = Scope {
        one_family: true,
        ..Scope::inside().over(RENAMED_AND_BACK)
    };
    holds("rename and back", scope, true);
}

#[test]
fn two_keys_that_become_one() {
    // What carried the other key's marker is the user's to delete, and reported.
    holds(
        "two keys become one",
        Scope::inside().over(MERGED).budget(1, 1),
        true,
    );
}

#[test]
fn a_key_that_is_pruned_and_comes_again() {
    let scope = Scope {
        prune: true,
        ..Scope::inside().over(PRUNED)
    };
    holds("prune and create again", scope, true);
}
