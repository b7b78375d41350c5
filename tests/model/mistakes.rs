//! Deliberate mistakes: each must break a law, or the model could not find anything.

use super::explore::breaks;
use super::laws::{NEVER_UNASKED, ONE_LIVE, ONE_MADE, RECOVERS, STRANGERS};
use super::scope::{Mistake, RENAMED, REPLACED, REPLACED_AND_BACK, Scope, TO_AND_FRO};

fn duplicates(scope: Scope, mistake: Mistake) {
    breaks(ONE_LIVE, scope, mistake);
}

#[test]
fn the_window_ignored() {
    duplicates(Scope::inside(), Mistake::WindowIgnored);
}

#[test]
fn no_intent() {
    duplicates(Scope::inside(), Mistake::NoIntent);
}

#[test]
fn no_marker_search() {
    duplicates(Scope::inside(), Mistake::NoMarkerSearch);
}

#[test]
fn a_cut_post_retried_at_once() {
    duplicates(Scope::inside(), Mistake::RetryAtOnce);
}

#[test]
fn the_journal_emptied_before_the_lock_file_is_durable() {
    // The id is lost with the journal, and the lagging list does not show it: a second one is made.
    duplicates(Scope::inside(), Mistake::FoldFirst);
}

#[test]
fn open_intents_dropped_by_the_fold() {
    duplicates(Scope::inside(), Mistake::FoldDropsIntents);
}

#[test]
fn no_checkpoint() {
    duplicates(Scope::rolled_back(), Mistake::NoCheckpoint);
}

#[test]
fn a_checkpoint_that_is_written_after_the_journal_is_emptied() {
    duplicates(Scope::rolled_back(), Mistake::CheckpointLate);
}

#[test]
fn a_checkpoint_that_counts_by_its_digest_alone() {
    // The lock file is rolled back, and a run for another key writes what is left of it.
    duplicates(
        Scope::rolled_back_during_runs(),
        Mistake::CheckpointByDigest,
    );
}

#[test]
fn the_list_lag_not_in_the_window() {
    duplicates(Scope::inside(), Mistake::LagNotInWindow);
}

#[test]
fn no_takeover() {
    duplicates(Scope::inside(), Mistake::NoTakeover);
}

#[test]
fn a_takeover_that_covers_later_intents() {
    duplicates(Scope::inside(), Mistake::TakeoverCoversLater);
}

#[test]
fn an_answered_unknown_outcome_taken_for_a_rejection() {
    duplicates(Scope::inside(), Mistake::AnsweredCloses);
}

#[test]
fn answered_carried_over_to_the_next_intent() {
    duplicates(Scope::inside(), Mistake::AnsweredSticks);
}

#[test]
fn no_exclusive_lock() {
    let scope = Scope {
        runs: 2,
        ..Scope::inside()
    };
    duplicates(scope, Mistake::NoLock);
}

#[test]
fn the_retired_marker_skipped_in_a_replace() {
    duplicates(Scope::inside().over(REPLACED), Mistake::RetiredSkipped);
}

#[test]
fn the_live_marker_given_back_with_an_intent_open() {
    let scope = Scope::inside().over(REPLACED_AND_BACK);
    duplicates(scope, Mistake::RestoreUnsettled);
}

#[test]
fn the_live_marker_given_back_without_an_intent() {
    let scope = Scope {
        late_patch: true,
        ..Scope::inside().over(TO_AND_FRO)
    };
    duplicates(scope, Mistake::RestoreUnjournaled);
}

#[test]
fn a_stale_hit_believed() {
    let scope = Scope {
        stale_tags: true,
        ..Scope::inside().over(REPLACED)
    };
    breaks(RECOVERS, scope, Mistake::HitNotReread);
}

#[test]
fn the_marker_of_before_a_rename_forgotten() {
    let scope = Scope {
        one_family: true,
        ..Scope::inside().over(RENAMED)
    };
    duplicates(scope, Mistake::OwnMarkerOnly);
}

#[test]
fn settle_first_only_where_nothing_is_seen() {
    let scope = Scope {
        losses: 1,
        loss_after_window: false,
        settle_first: true,
        ..Scope::inside().over(REPLACED)
    };
    duplicates(scope, Mistake::SettleFirstCreateOnly);
}

fn wrong_answers() -> Scope {
    Scope {
        wrong_answers: true,
        ..Scope::inside()
    }
}

#[test]
fn any_answer_trusted() {
    breaks(STRANGERS, wrong_answers(), Mistake::TrustAnyAnswer);
}

#[test]
fn a_wrong_answer_that_closes_the_intent() {
    duplicates(wrong_answers(), Mistake::WrongAnswerCloses);
}

#[test]
fn the_candidate_of_a_dead_run_unread() {
    breaks(STRANGERS, wrong_answers(), Mistake::CandidateUnread);
}

#[test]
fn the_candidate_of_a_dead_run_forgotten() {
    let scope = Scope {
        alters_tags: true,
        ..Scope::inside().budget(2, 0)
    };
    breaks(ONE_MADE, scope, Mistake::CandidateForgotten);
}

#[test]
fn a_retired_instance_deleted_unchecked() {
    let scope = Scope {
        runs: 2,
        own_checkouts: true,
        ..Scope::inside().over(REPLACED_AND_BACK).budget(0, 0)
    };
    breaks(NEVER_UNASKED, scope, Mistake::DeleteUnchecked);
}
