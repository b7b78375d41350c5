//! Explorations outside the conditions: a duplicate can happen, and is always reported.

use super::explore::outside;
use super::scope::{MERGED, REPLACED, Scope};

#[test]
fn a_fresh_clone_before_the_window_has_passed() {
    let scope = Scope {
        losses: 1,
        loss_after_window: false,
        ..Scope::inside()
    };
    outside("outside: journal lost at once", scope);
}

#[test]
fn two_checkouts() {
    let scope = Scope {
        runs: 2,
        own_checkouts: true,
        ..Scope::inside().budget(1, 0)
    };
    outside("outside: two checkouts", scope);
}

#[test]
fn two_checkouts_and_a_replace() {
    let scope = Scope {
        runs: 2,
        own_checkouts: true,
        edit_when_clean: true,
        ..Scope::inside().over(REPLACED).budget(0, 0)
    };
    outside("outside: two checkouts, a replace", scope);
}

#[test]
fn two_keys_that_become_one_before_either_is_settled() {
    // `movedFrom` onto a key that was declared beside it: both may exist, and one is a duplicate.
    let scope = Scope::inside().over(MERGED).budget(1, 0);
    outside("outside: two keys become one", scope);
}
