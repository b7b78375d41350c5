//! Renames.

use std::collections::BTreeSet;

use super::world::*;
use crate::model::{Action, OnRemove, Planned, Prune, ReplaceRequest, VersusLock, VersusPlatform};
use crate::reconcile::PlanInput;

/// `k` is wanted and has moved from `old`, which is recorded and there.
fn renamed() -> PlanInput {
    let mut input = world();
    let mut instance = wanted("k");
    instance.lifecycle.moved_from = Some(key("old"));
    input.desired.instances.insert(key("k"), instance);
    input.lock.instances.insert(key("old"), recorded(1, "k"));
    observe(&mut input, seen(1, "k", &["declared", &live("old")]));
    input
}

fn keys(input: &PlanInput) -> Vec<&str> {
    input
        .lock
        .instances
        .keys()
        .map(|key| key.as_str())
        .collect()
}

#[test]
fn a_rename_moves_marker_and_entry() {
    let input = renamed();
    let first = planned(&input);
    assert_eq!(steps(&first), ["update k 1: moved"]);
    assert_eq!(first.plan.steps[0].moved_from, Some(key("old")));
    assert_eq!(first.plan.steps[0].changes[0].path, "marker");
    let after = applied(&input, &first);
    assert_eq!(keys(&after), ["k"]);
    assert_eq!(steps(&planned(&after)), [""; 0]);
}

#[test]
fn a_rename_that_was_cut_off_goes_on_from_either_side() {
    // The marker is the new one already, the entry is not.
    let mut tagged = renamed();
    observe(&mut tagged, seen(1, "k", &["declared", &live("k")]));
    assert_eq!(steps(&planned(&tagged)), ["update k 1: moved"]);
    // The entry is the new one already, the marker is not.
    let mut entered = renamed();
    let entry = entered.lock.instances.remove(&key("old")).expect("old");
    entered.lock.instances.insert(key("k"), entry);
    let planned_one = planned(&entered);
    assert_eq!(steps(&planned_one), ["update k 1: moved"]);
    assert_eq!(planned_one.plan.steps[0].moved_from, None);
}

#[test]
fn without_a_lock_file_the_old_marker_is_adopted() {
    let mut input = renamed();
    input.lock.instances.clear();
    let first = planned(&input);
    assert_eq!(steps(&first), ["adopt k 1: marker-found, moved"]);
    assert_eq!(steps(&planned(&applied(&input, &first))), [""; 0]);
}

/// Both keys have an instance: the new key keeps its own, and the other stays recorded.
#[test]
fn where_both_exist_the_keys_own_wins_and_the_other_is_reported() {
    let mut input = renamed();
    observe(&mut input, seen(2, "k", &["declared", &live("k")]));
    let first = planned(&input);
    assert_eq!(steps(&first), ["adopt k 2: marker-found"]);
    assert_eq!(notes(&first), ["duplicate"]);
    assert!(first.notes[0].message.contains("instance 1"));
    assert_eq!(first.notes[0].key, Some(key("k")));
    let after = applied(&input, &first);
    assert_eq!(keys(&after), ["k", "old"]);
    let second = planned(&after);
    assert_eq!(steps(&second), [""; 0]);
    assert_eq!(notes(&second), ["duplicate"]);
    // Two keys had an instance each, and nobody asked to delete one of them by renaming.
    let mut kept = after.clone();
    let entry = kept.lock.instances.get_mut(&key("old")).expect("old");
    entry.lifecycle.on_remove = OnRemove::Delete;
    kept.policy.prune.extend([Prune::Removed, Prune::Orphans]);
    let third = planned(&kept);
    assert_eq!(steps(&third), [""; 0]);
    assert_eq!(notes(&third), ["duplicate"]);
    let message = &third.notes[0].message;
    assert!(message.contains("--prune=duplicates"), "{message}");
    let mut pruned = after;
    pruned.policy.prune.insert(Prune::Duplicates);
    let last = planned(&pruned);
    assert_eq!(steps(&last), ["delete old 1: duplicate, pruned"]);
    assert_eq!(keys(&applied(&pruned, &last)), ["k"]);
}

/// What was sent to the old key's instance says nothing about the new key's own.
#[test]
fn what_was_sent_to_the_other_one_says_nothing_of_its_own() {
    let mut input = renamed();
    observe(&mut input, seen(2, "k", &["declared", &live("k")]));
    fact(&mut input, VersusLock::Same, VersusPlatform::Same);
    fact_of(
        &mut input,
        2,
        VersusLock::NotRecorded,
        VersusPlatform::Hidden,
    );
    assert_eq!(
        steps(&planned(&input)),
        ["adopt k 2: marker-found, secret-unverified"]
    );
}

#[test]
fn the_old_keys_instance_is_taken_over_where_the_new_keys_own_is_gone() {
    let mut input = renamed();
    input.lock.instances.insert(key("k"), recorded(9, "k"));
    gone(&mut input, 9);
    let first = planned(&input);
    assert_eq!(steps(&first), ["update k 1: moved"]);
    let after = applied(&input, &first);
    assert_eq!(keys(&after), ["k"]);
    assert_eq!(steps(&planned(&after)), [""; 0]);
}

/// The marker that is expected, the one that is given, and the tags it stands among.
fn replace_of(planned: &Planned) -> (Option<&str>, &str, Option<&BTreeSet<String>>) {
    let Action::Replace(ReplaceRequest {
        expect_marker,
        retired_marker,
        retire_tags,
        ..
    }) = &planned.plan.steps[0].action
    else {
        panic!("no replace");
    };
    (
        expect_marker.as_deref(),
        retired_marker,
        retire_tags.as_ref(),
    )
}

#[test]
fn a_rename_and_another_element_are_one_replace() {
    let mut input = renamed();
    declared(&mut input).element = crate::model::ElementRef::Id(crate::model::ElementId(99));
    let first = planned(&input);
    assert_eq!(steps(&first), ["replace k 1: element-changed, moved"]);
    let (expect_marker, retired_marker, retire_tags) = replace_of(&first);
    assert_eq!(expect_marker, Some(live("old").as_str()));
    assert_eq!(retired_marker, retired("k"));
    let tags: Vec<&String> = retire_tags.into_iter().flatten().collect();
    assert_eq!(tags, [&retired("k"), &"declared".to_owned()]);
}

#[test]
fn a_replace_that_was_cut_off_before_a_rename_is_finished_under_the_new_key() {
    let mut input = renamed();
    declared(&mut input).element = crate::model::ElementRef::Id(crate::model::ElementId(99));
    observe(&mut input, seen(1, "k", &["declared", &retired("old")]));
    let first = planned(&input);
    assert_eq!(steps(&first), ["replace k 1: moved, replace-unfinished"]);
    let (expect_marker, retired_marker, retire_tags) = replace_of(&first);
    assert_eq!(expect_marker, Some(retired("old").as_str()));
    assert_eq!(retired_marker, retired("k"));
    assert!(
        retire_tags.is_some(),
        "it has to carry the new key's marker"
    );
}

#[test]
fn a_run_for_the_old_key_alone_does_nothing() {
    let mut input = renamed();
    input.policy.selection.targets = ["old".to_owned()].into();
    let planned = planned(&input);
    assert_eq!(steps(&planned), [""; 0]);
    assert_eq!(planned.unchanged, 0);
}

/// The rename was finished elsewhere, after the new key had got an instance of its own here.
#[test]
fn a_stale_entry_whose_instance_is_a_duplicate_of_the_new_key_is_forgotten() {
    let mut input = renamed();
    input.lock.instances.insert(key("k"), recorded(2, "k"));
    observe(&mut input, seen(2, "k", &["declared", &live("k")]));
    observe(&mut input, seen(1, "k", &["declared", &live("k")]));
    let first = planned(&input);
    assert_eq!(steps(&first), ["forget old 1: removed, moved"]);
    assert_eq!(notes(&first), ["duplicate"]);
    input.policy.prune.insert(Prune::Duplicates);
    let pruned = planned(&input);
    assert_eq!(
        steps(&pruned),
        [
            "delete k 1: duplicate, pruned",
            "forget old 1: removed, moved"
        ]
    );
    assert_eq!(refusals(&pruned), [""; 0]);
}

/// The entry of the new key is gone. Of two that carry its marker, the recorded one is kept.
#[test]
fn of_two_with_the_new_marker_the_one_recorded_for_the_old_key_is_kept() {
    let mut input = renamed();
    input.lock.instances.insert(key("k"), recorded(9, "k"));
    gone(&mut input, 9);
    observe(&mut input, seen(1, "k", &["declared", &live("k")]));
    input.lock.instances.insert(key("old"), recorded(5, "k"));
    observe(&mut input, seen(5, "k", &["declared", &live("k")]));
    let first = planned(&input);
    assert_eq!(steps(&first), ["update k 5: moved"]);
    assert_eq!(notes(&first), ["duplicate"]);
}
