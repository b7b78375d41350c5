//! One test for each row of the presence table.

use super::world::*;
use crate::model::{ElementId, ElementRef, Limit, OnRemove, OpenIntent, Prune};
use crate::reconcile::Selection;

#[test]
fn wanted_not_recorded_none_marked_is_created() {
    let mut input = world();
    input.desired.instances.insert(key("k"), wanted("k"));
    assert_eq!(steps(&planned(&input)), ["create k: missing"]);
}

#[test]
fn wanted_not_recorded_one_marked_is_adopted() {
    let mut input = world();
    input.desired.instances.insert(key("k"), wanted("k"));
    observe(&mut input, seen(7, "other name", &["declared", &live("k")]));
    let planned = planned(&input);
    assert_eq!(
        steps(&planned),
        ["adopt k 7: marker-found, configuration-changed"]
    );
    assert_eq!(planned.plan.steps[0].changes[0].path, "name");
}

#[test]
fn wanted_not_recorded_several_marked_adopts_the_oldest_valid() {
    let mut input = world();
    input.desired.instances.insert(key("k"), wanted("k"));
    let mut invalid = seen(5, "k", &["declared", &live("k")]);
    invalid.valid = false;
    observe(&mut input, invalid);
    observe(&mut input, seen(6, "k", &["declared", &live("k")]));
    observe(&mut input, seen(7, "k", &["declared", &live("k")]));
    let first = planned(&input);
    assert_eq!(steps(&first), ["adopt k 6: marker-found"]);
    assert_eq!(notes(&first), ["duplicate"]);
    assert!(
        first.notes[0].message.contains("5, 7"),
        "{}",
        first.notes[0].message
    );
    input.policy.prune.insert(Prune::Duplicates);
    input.policy.max_deletes = Limit::Number(2);
    let pruned = planned(&input);
    assert_eq!(
        steps(&pruned),
        [
            "adopt k 6: marker-found",
            "delete k 5: duplicate, pruned",
            "delete k 7: duplicate, pruned"
        ]
    );
}

#[test]
fn a_look_alike_without_marker_is_not_ours() {
    let mut input = world();
    input.desired.instances.insert(key("k"), wanted("k"));
    observe(&mut input, seen(7, "k", &["declared"]));
    let planned = planned(&input);
    assert_eq!(steps(&planned), ["create k: missing"]);
    assert_eq!(notes(&planned), ["look-alike", "foreign"]);
}

#[test]
fn wanted_recorded_gone_is_created_again() {
    let mut input = settled();
    gone(&mut input, 1);
    assert_eq!(steps(&planned(&input)), ["create k: vanished"]);
}

#[test]
fn wanted_recorded_gone_another_marked_is_adopted() {
    let mut input = settled();
    gone(&mut input, 1);
    observe(&mut input, seen(9, "k", &["declared", &live("k")]));
    assert_eq!(steps(&planned(&input)), ["adopt k 9: vanished"]);
}

#[test]
fn wanted_recorded_there_is_unchanged() {
    let planned = planned(&settled());
    assert_eq!(steps(&planned), [""; 0]);
    assert_eq!(planned.unchanged, 1);
}

#[test]
fn a_recorded_instance_nobody_could_read_is_not_absent() {
    let mut input = settled();
    observed(&mut input).instances.clear();
    let planned = planned(&input);
    assert_eq!(steps(&planned), [""; 0]);
    assert_eq!(refusals(&planned), ["unreadable"]);
    let refusal = &planned.refusals[0];
    assert!(refusal.key.is_some() && refusal.hint.starts_with("run the command again"));
}

#[test]
fn a_missing_marker_is_restored() {
    let mut input = settled();
    observe(&mut input, seen(1, "k", &["declared"]));
    assert_eq!(steps(&planned(&input)), ["update k 1: marker-missing"]);
}

#[test]
fn a_foreign_marker_is_refused_and_named() {
    for tag in ["connectorctl:other:k", "connectorctl:acme:other"] {
        let mut input = settled();
        observe(&mut input, seen(1, "k", &["declared", tag]));
        let planned = planned(&input);
        assert_eq!(steps(&planned), [""; 0]);
        assert_eq!(refusals(&planned), ["foreign-marker"]);
        let message = &planned.refusals[0].message;
        assert!(
            message.contains(tag) && message.contains("connectorctl:acme:k"),
            "{message}"
        );
    }
}

#[test]
fn others_with_the_marker_are_reported_and_the_recorded_one_is_kept() {
    let mut input = settled();
    observe(&mut input, seen(8, "k", &["declared", &live("k")]));
    let first = planned(&input);
    assert_eq!(steps(&first), [""; 0]);
    assert_eq!(notes(&first), ["duplicate"]);
    input.policy.prune.insert(Prune::Duplicates);
    assert_eq!(steps(&planned(&input)), ["delete k 8: duplicate, pruned"]);
}

#[test]
fn a_dropped_instance_is_kept_pruned_or_deleted() {
    let mut input = settled();
    input.desired.instances.clear();
    let kept = planned(&input);
    assert_eq!((steps(&kept).len(), notes(&kept)), (0, vec!["kept"]));
    input.policy.prune.insert(Prune::Removed);
    assert_eq!(steps(&planned(&input)), ["delete k 1: removed, pruned"]);
    input.policy.prune.clear();
    entry(&mut input).lifecycle.on_remove = OnRemove::Delete;
    assert_eq!(steps(&planned(&input)), ["delete k 1: removed"]);
    entry(&mut input).lifecycle.protect = true;
    let refused = planned(&input);
    assert_eq!(
        (steps(&refused).len(), refusals(&refused)),
        (0, vec!["protected"])
    );
}

#[test]
fn a_dropped_instance_that_is_gone_is_forgotten() {
    let mut input = settled();
    input.desired.instances.clear();
    gone(&mut input, 1);
    assert_eq!(steps(&planned(&input)), ["forget k 1: removed, vanished"]);
}

#[test]
fn an_orphan_is_reported_and_deleted_only_on_request() {
    let mut input = world();
    observe(&mut input, seen(4, "old", &[&live("old")]));
    observe(&mut input, seen(5, "older", &[&retired("older")]));
    let first = planned(&input);
    assert_eq!(
        (steps(&first).len(), notes(&first)),
        (0, vec!["orphan", "orphan"])
    );
    input.policy.prune.insert(Prune::Orphans);
    input.policy.max_deletes = Limit::Number(2);
    assert_eq!(
        steps(&planned(&input)),
        ["delete old 4: pruned", "delete older 5: pruned"]
    );
}

#[test]
fn what_is_not_ours_is_counted_and_left_alone() {
    let mut input = settled();
    observe(&mut input, seen(50, "somebody", &["connectorctl:other:x"]));
    observe(&mut input, seen(51, "else", &[]));
    let planned = planned(&input);
    assert_eq!(
        (steps(&planned).len(), notes(&planned)),
        (0, vec!["foreign"])
    );
    assert!(planned.notes[0].message.starts_with('2'));
}

#[test]
fn another_element_is_a_replace_and_protection_forbids_it() {
    let mut input = settled();
    let mut other = seen(1, "k", &["declared", &live("k")]);
    other.element = element("older-private");
    observe(&mut input, other);
    assert_eq!(steps(&planned(&input)), ["replace k 1: element-changed"]);
    declared(&mut input).lifecycle.protect = true;
    assert_eq!(refusals(&planned(&input)), ["protected"]);
}

/// The hint of the refusal is followed, with the manifest as it is after each step.
#[test]
fn what_the_hint_of_a_protected_replace_says_can_be_done() {
    let mut input = settled();
    declared(&mut input).lifecycle.protect = true;
    entry(&mut input).lifecycle.protect = true;
    let old = declared(&mut input).element.clone();
    let new = ElementRef::Id(ElementId(99));
    declared(&mut input).element = new.clone();
    let refused = planned(&input);
    assert_eq!(refusals(&refused), ["protected"]);
    let hint = &refused.refusals[0].hint;
    assert!(hint.contains("declare element `private` again"), "{hint}");
    declared(&mut input).element = old;
    declared(&mut input).lifecycle.protect = false;
    let unprotect = planned(&input);
    assert_eq!(steps(&unprotect), ["update k 1: lock-only"]);
    let mut input = applied(&input, &unprotect);
    declared(&mut input).element = new;
    assert_eq!(steps(&planned(&input)), ["replace k 1: element-changed"]);

    let mut input = settled();
    entry(&mut input).lifecycle.protect = true;
    input.policy.replace.insert(key("k"));
    let refused = planned(&input);
    assert_eq!(refusals(&refused), ["protected"]);
    let hint = &refused.refusals[0].hint;
    assert!(hint.contains("without `--replace`"), "{hint}");
    input.policy.replace.clear();
    let unprotect = planned(&input);
    assert_eq!(steps(&unprotect), ["update k 1: lock-only"]);
    let mut input = applied(&input, &unprotect);
    input.policy.replace.insert(key("k"));
    assert_eq!(steps(&planned(&input)), ["replace k 1: replace-requested"]);
}

#[test]
fn a_replace_that_was_cut_off_goes_on_wherever_it_was() {
    // The old one is retired, nothing new exists, and the manifest still wants another element.
    let mut input = settled();
    let mut old = seen(1, "k", &["declared", &retired("k")]);
    old.element = element("older-private");
    observe(&mut input, old.clone());
    assert_eq!(steps(&planned(&input)), ["replace k 1: replace-unfinished"]);
    // The new one exists and is not recorded.
    observe(&mut input, seen(2, "k", &["declared", &live("k")]));
    assert_eq!(
        steps(&planned(&input)),
        [
            "adopt k 2: replace-unfinished",
            "delete k 1: replace-unfinished"
        ]
    );
    // The new one is recorded, the old one is still there.
    input.lock.instances.insert(key("k"), recorded(2, "k"));
    assert_eq!(steps(&planned(&input)), ["delete k 1: replace-unfinished"]);
    // The new one is not valid.
    let mut invalid = seen(2, "k", &["declared", &live("k")]);
    invalid.valid = false;
    observe(&mut input, invalid);
    assert_eq!(steps(&planned(&input)), [""; 0]);
    assert_eq!(notes(&planned(&input)), ["invalid", "retired"]);
}

#[test]
fn a_replace_whose_manifest_went_back_restores_the_marker() {
    let mut input = settled();
    observe(&mut input, seen(1, "k", &["declared", &retired("k")]));
    assert_eq!(steps(&planned(&input)), ["update k 1: replace-unfinished"]);
    let mut fresh = input.clone();
    fresh.lock.instances.clear();
    assert_eq!(steps(&planned(&fresh)), ["update k 1: replace-unfinished"]);
}

#[test]
fn an_oauth_element_without_a_sign_in_waits_for_a_person() {
    let mut input = world();
    let mut instance = wanted("k");
    instance.element = crate::model::ElementRef::Key(crate::model::ElementKey("sfdc".to_owned()));
    input.desired.instances.insert(key("k"), instance);
    input
        .desired
        .instances
        .insert(key("other"), wanted("other"));
    let planned = planned(&input);
    assert_eq!(steps(&planned), ["create other: missing"]);
    assert_eq!(notes(&planned), ["needs-sign-in"]);
}

#[test]
fn much_that_vanished_is_refused() {
    let mut input = world();
    for number in 0..10_u64 {
        let name = format!("k{number}");
        input.desired.instances.insert(key(&name), wanted(&name));
        input
            .lock
            .instances
            .insert(key(&name), recorded(number, &name));
        observe(&mut input, seen(number, &name, &["declared", &live(&name)]));
    }
    for number in 0..2 {
        gone(&mut input, number);
    }
    assert_eq!(refusals(&planned(&input)), [""; 0]);
    gone(&mut input, 2);
    assert_eq!(refusals(&planned(&input)), ["many-vanished"]);
    input.policy.recreate_vanished = true;
    assert_eq!(refusals(&planned(&input)), [""; 0]);
}

#[test]
fn any_that_vanished_under_other_credentials_is_refused() {
    let mut input = settled();
    gone(&mut input, 1);
    input.other_user = true;
    let planned = planned(&input);
    assert_eq!(refusals(&planned), ["many-vanished"]);
    assert_eq!(notes(&planned), ["other-user"]);
}

#[test]
fn deletes_and_changes_have_limits() {
    let mut input = world();
    for number in 0..10_u64 {
        let name = format!("k{number}");
        input
            .lock
            .instances
            .insert(key(&name), recorded(number, &name));
        observe(&mut input, seen(number, &name, &["declared", &live(&name)]));
    }
    input.policy.prune.insert(Prune::Removed);
    assert_eq!(refusals(&planned(&input)), ["too-many-deletes"]);
    input.policy.max_deletes = Limit::Percent(100);
    assert_eq!(refusals(&planned(&input)), [""; 0]);
    input.policy.max_changes = Some(9);
    assert_eq!(refusals(&planned(&input)), ["too-many-changes"]);
}

/// A fresh clone has no records, so a percentage counts instances with our marker.
#[test]
fn a_share_is_one_of_all_that_is_ours() {
    let mut input = world();
    for number in 0..30_u64 {
        let name = format!("k{number}");
        input.desired.instances.insert(key(&name), wanted(&name));
        let mut instance = seen(number, &name, &["declared", &live(&name)]);
        if number < 3 {
            instance.element = element("older-private");
        }
        observe(&mut input, instance);
    }
    observe(&mut input, seen(99, "somebody", &["connectorctl:other:x"]));
    assert_eq!(refusals(&planned(&input)), [""; 0]);
    input.policy.max_deletes = Limit::Percent(9);
    assert_eq!(refusals(&planned(&input)), ["too-many-deletes"]);
    input.policy.max_deletes = Limit::Percent(100);
    assert_eq!(refusals(&planned(&input)), [""; 0]);
}

#[test]
fn a_run_for_some_keys_touches_no_other() {
    let mut input = world();
    for (number, name) in [(1, "a-one"), (2, "a-two"), (3, "b-one")] {
        input
            .lock
            .instances
            .insert(key(name), recorded(number, name));
        observe(&mut input, seen(number, name, &["declared", &live(name)]));
    }
    observe(&mut input, seen(9, "b-orphan", &[&live("b-orphan")]));
    input.policy.prune.insert(Prune::Removed);
    input.policy.prune.insert(Prune::Orphans);
    input.policy.max_deletes = Limit::Number(9);
    input.policy.selection = Selection {
        targets: ["a-*".to_owned()].into(),
        excludes: ["a-two".to_owned()].into(),
    };
    assert_eq!(steps(&planned(&input)), ["delete a-one 1: removed, pruned"]);
}

#[test]
fn open_intents_are_notes_and_no_steps() {
    let mut input = settled();
    let intent = OpenIntent::new(std::collections::BTreeMap::new());
    input.intents.insert(key("left-the-manifest"), intent);
    let planned = planned(&input);
    assert_eq!(
        (steps(&planned).len(), notes(&planned)),
        (0, vec!["unsettled"])
    );
}

/// They were replaced from elsewhere: that credentials see the successors is what matters.
#[test]
fn instances_with_a_visible_successor_are_not_missing() {
    let mut input = world();
    for number in 0..10_u64 {
        let name = format!("k{number}");
        input.desired.instances.insert(key(&name), wanted(&name));
        input
            .lock
            .instances
            .insert(key(&name), recorded(number, &name));
        gone(&mut input, number);
        let successor = seen(100 + number, &name, &["declared", &live(&name)]);
        observe(&mut input, successor);
    }
    let replaced = planned(&input);
    assert_eq!(refusals(&replaced), [""; 0]);
    assert_eq!(steps(&replaced).len(), 10);
    input.other_user = true;
    assert_eq!(refusals(&planned(&input)), [""; 0]);
    // The old instance of a replace says nothing of a new one.
    observe(&mut input, seen(109, "k9", &["declared", &retired("k9")]));
    let refused = planned(&input);
    assert_eq!(refusals(&refused), ["many-vanished"]);
    assert!(refused.refusals[0].message.starts_with("1 of 10 "));
}

/// Names are not unique: with a list of all of them in the note of each key, a plan of many would grow with
/// their product.
#[test]
fn of_many_similar_instances_a_few_are_named() {
    let mut input = world();
    input.desired.instances.insert(key("k"), wanted("k"));
    for id in 1..=25 {
        observe(&mut input, seen(id, "k", &[]));
    }
    let message = &planned(&input).notes[0].message;
    assert!(message.contains("19, 20 and 5 more. To adopt"), "{message}");
}
