//! Explorations inside the conditions: laws 3 and 4 hold in every reachable state.

use super::explore::{inside, only};
use super::laws::ONE_MADE;
use super::scope::{
    PRUNED, RENAMED, RENAMED_AND_BACK, REPLACED, REPLACED_AND_BACK, Scope, TO_AND_FRO, TWO,
};

#[test]
fn one_key() {
    inside(
        "one key, two kills, two faults",
        Scope::inside().budget(2, 2),
    );
}

#[test]
fn a_slow_platform() {
    let scope = Scope {
        time_out: 2,
        lag: 2,
        ..Scope::inside()
    };
    inside("one key, longer times", scope);
}

#[test]
fn two_keys_side_by_side() {
    inside("two keys, one kill", Scope::inside().over(TWO).budget(1, 1));
}

#[test]
fn answers_with_any_instance() {
    let scope = Scope {
        wrong_answers: true,
        ..Scope::inside().budget(1, 2)
    };
    inside("answers with any instance", scope);
}

#[test]
fn answers_with_the_instance_of_another_key() {
    let scope = Scope {
        wrong_answers: true,
        ..Scope::inside().over(TWO).budget(0, 1)
    };
    inside("answers with any instance, two keys", scope);
}

#[test]
fn answers_with_the_old_instance_of_a_replace() {
    let scope = Scope {
        wrong_answers: true,
        ..Scope::inside().over(REPLACED).budget(1, 1)
    };
    inside("answers with any instance, replace", scope);
}

#[test]
fn a_platform_that_alters_markers() {
    let scope = Scope {
        alters_tags: true,
        ..Scope::inside().budget(2, 0)
    };
    only(ONE_MADE, "markers altered", scope);
}

#[test]
fn two_runs_that_share_a_lock_file() {
    let scope = Scope {
        runs: 2,
        ..Scope::inside()
    };
    inside("two runs, one lock file", scope);
}

#[test]
fn a_fresh_clone_after_the_window() {
    let scope = Scope {
        losses: 1,
        ..Scope::inside()
    };
    inside("journal lost, window passed", scope);
}

#[test]
fn a_fresh_clone_at_once_with_settle_first() {
    let scope = Scope {
        losses: 1,
        loss_after_window: false,
        settle_first: true,
        ..Scope::inside()
    };
    inside("journal lost, --settle-first", scope);
}

#[test]
fn a_replace() {
    inside("replace", Scope::inside().over(REPLACED));
}

#[test]
fn a_replace_on_a_fresh_clone_with_settle_first() {
    let scope = Scope {
        losses: 1,
        loss_after_window: false,
        settle_first: true,
        ..Scope::inside().over(REPLACED).budget(1, 1)
    };
    inside("replace, journal lost, --settle-first", scope);
}

#[test]
fn a_replace_that_is_taken_back() {
    inside(
        "replace and back",
        Scope::inside().over(REPLACED_AND_BACK).budget(2, 0),
    );
}

#[test]
fn a_replace_to_and_fro_where_a_cut_patch_comes_late() {
    let scope = Scope {
        late_patch: true,
        ..Scope::inside().over(TO_AND_FRO).budget(1, 1)
    };
    inside("replace to and fro, late PATCH", scope);
}

#[test]
fn a_replace_where_searches_show_old_tags() {
    let scope = Scope {
        stale_tags: true,
        ..Scope::inside().over(REPLACED)
    };
    inside("replace, stale tags", scope);
}

#[test]
fn a_rename() {
    let scope = Scope {
        one_family: true,
        ..Scope::inside().over(RENAMED)
    };
    inside("rename", scope);
}

#[test]
fn a_rename_and_back() {
    let scope = Scope {
        one_family: true,
        ..Scope::inside().over(RENAMED_AND_BACK)
    };
    inside("rename and back", scope);
}

#[test]
fn a_key_that_is_pruned_and_comes_again() {
    let scope = Scope {
        prune: true,
        ..Scope::inside().over(PRUNED)
    };
    inside("prune and create again", scope);
}

#[test]
fn a_lock_file_lost_or_rolled_back_alone() {
    let scope = Scope {
        rollbacks: 2,
        ..Scope::rolled_back().budget(2, 1)
    };
    inside("lock file rolled back", scope);
}

#[test]
fn a_lock_file_rolled_back_over_a_replace() {
    inside(
        "lock file rolled back, replace",
        Scope::rolled_back().over(REPLACED),
    );
}

#[test]
fn a_lock_file_rolled_back_during_runs() {
    inside(
        "lock file rolled back during runs",
        Scope::rolled_back_during_runs(),
    );
}

#[test]
fn a_lock_file_rolled_back_over_a_rename() {
    let scope = Scope {
        one_family: true,
        ..Scope::rolled_back().over(RENAMED)
    };
    inside("lock file rolled back, rename", scope);
}

#[test]
fn a_lock_file_rolled_back_during_a_run_that_is_killed() {
    let scope = Scope {
        during_runs: true,
        rollbacks: 2,
        ..Scope::rolled_back().over(REPLACED).budget(2, 1)
    };
    inside("lock file rolled back during killed runs", scope);
}
