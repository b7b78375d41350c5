//! Instances with two claims, instances recorded twice and instances that cannot be read are never
//! changed.

use super::world::*;
use crate::model::{InstanceId, OnRemove, Prune};
use crate::reconcile::PlanInput;

const SOMEBODY: &str = "connectorctl:other:x";

fn wants(input: &mut PlanInput, name: &str) {
    input.desired.instances.insert(key(name), wanted(name));
}

#[test]
fn an_unrecorded_instance_with_two_markers_is_neither_adopted_nor_doubled() {
    let mut input = world();
    wants(&mut input, "k");
    observe(
        &mut input,
        seen(7, "k", &["declared", &live("k"), SOMEBODY]),
    );
    let planned = planned(&input);
    assert_eq!(steps(&planned), [""; 0]);
    assert_eq!(refusals(&planned), ["foreign-marker"]);
    let message = &planned.refusals[0].message;
    assert!(
        message.contains("instance 7")
            && message.contains(&live("k"))
            && message.contains(SOMEBODY),
        "{message}"
    );
}

#[test]
fn besides_a_current_one_it_is_told_and_never_pruned() {
    let mut input = settled();
    observe(&mut input, seen(7, "k", &[&live("k"), SOMEBODY]));
    input.policy.prune.insert(Prune::Duplicates);
    input.policy.prune.insert(Prune::Orphans);
    let planned = planned(&input);
    assert_eq!(steps(&planned), [""; 0]);
    assert_eq!(notes(&planned), ["duplicate"]);
    assert!(planned.notes[0].message.contains("left alone"));
}

#[test]
fn one_instance_with_the_markers_of_two_keys_is_nobodys() {
    let mut input = world();
    wants(&mut input, "a");
    wants(&mut input, "b");
    observe(
        &mut input,
        seen(7, "a", &["declared", &live("a"), &live("b")]),
    );
    let planned = planned(&input);
    assert_eq!(steps(&planned), [""; 0]);
    assert_eq!(refusals(&planned), ["foreign-marker", "foreign-marker"]);
}

/// A create for `b` would make a second instance with its marker.
#[test]
fn an_instance_recorded_for_one_key_and_marked_for_another_is_not_doubled() {
    let mut input = world();
    wants(&mut input, "a");
    wants(&mut input, "b");
    input.lock.instances.insert(key("a"), recorded(1, "a"));
    observe(&mut input, seen(1, "a", &["declared", &live("b")]));
    let planned = planned(&input);
    assert_eq!(steps(&planned), [""; 0]);
    assert_eq!(refusals(&planned), ["foreign-marker", "foreign-marker"]);
    let messages: Vec<&str> = planned
        .refusals
        .iter()
        .map(|r| r.message.as_str())
        .collect();
    assert!(
        messages
            .iter()
            .any(|message| message.contains("is recorded as `a`")),
        "{messages:?}"
    );
}

/// `old` was renamed to `new`, and the lock file is older than that.
fn renamed_elsewhere() -> PlanInput {
    let mut input = world();
    wants(&mut input, "new");
    input.lock.instances.insert(key("old"), recorded(1, "new"));
    observe(&mut input, seen(1, "new", &["declared", &live("new")]));
    input
}

#[test]
fn an_entry_whose_instance_became_another_keys_is_forgotten() {
    let adopted = ["adopt new 1: marker-found", "forget old 1: removed, moved"];
    for prune in [None, Some(Prune::Removed), Some(Prune::Orphans)] {
        for on_remove in [OnRemove::Keep, OnRemove::Delete] {
            let mut input = renamed_elsewhere();
            input.policy.prune.extend(prune);
            let entry = input.lock.instances.get_mut(&key("old")).expect("old");
            entry.lifecycle.on_remove = on_remove;
            entry.lifecycle.protect = true;
            let first = planned(&input);
            assert_eq!(steps(&first), adopted);
            assert_eq!(refusals(&first), [""; 0]);
            let after = applied(&input, &first);
            assert_eq!(steps(&planned(&after)), [""; 0]);
            assert_eq!(after.lock.instances.len(), 1);
        }
    }
}

/// The run was killed after it had recorded the new key.
#[test]
fn an_entry_whose_instance_is_recorded_for_the_key_that_it_carries_is_forgotten() {
    let mut input = renamed_elsewhere();
    input.lock.instances.insert(key("new"), recorded(1, "new"));
    let first = planned(&input);
    assert_eq!(steps(&first), ["forget old 1: removed, moved"]);
    assert_eq!(refusals(&first), [""; 0]);
    // The new key has left the manifest, too.
    input.desired.instances.clear();
    let second = planned(&input);
    assert_eq!(steps(&second), ["forget old 1: removed, moved"]);
    assert_eq!(notes(&second), ["kept"]);
}

/// The other key was replaced since: the instance has its retired marker, and the new one the live one.
#[test]
fn an_entry_whose_instance_was_renamed_and_then_replaced_is_forgotten() {
    let mut input = renamed_elsewhere();
    observe(&mut input, seen(1, "new", &["declared", &retired("new")]));
    observe(&mut input, seen(2, "new", &["declared", &live("new")]));
    input.policy.max_deletes = crate::model::Limit::Number(1);
    assert_eq!(
        steps(&planned(&input)),
        [
            "adopt new 2: marker-found",
            "delete new 1: replace-unfinished",
            "forget old 1: removed, moved"
        ]
    );
}

/// The other key has an instance of its own: this one is its duplicate.
#[test]
fn an_entry_whose_instance_is_another_keys_duplicate_is_forgotten() {
    let mut input = renamed_elsewhere();
    input.lock.instances.insert(key("new"), recorded(2, "new"));
    observe(&mut input, seen(2, "new", &["declared", &live("new")]));
    let first = planned(&input);
    assert_eq!(steps(&first), ["forget old 1: removed, moved"]);
    assert_eq!(notes(&first), ["duplicate"]);
    input.policy.prune.insert(Prune::Duplicates);
    assert_eq!(
        steps(&planned(&input)),
        [
            "delete new 1: duplicate, pruned",
            "forget old 1: removed, moved"
        ]
    );
}

/// Without that, the new key would record an instance that is recorded already.
#[test]
fn an_entry_that_is_in_the_way_of_a_selected_key_is_forgotten() {
    let mut input = renamed_elsewhere();
    let whole = planned(&input);
    input.policy.selection.targets = ["new".to_owned()].into();
    assert_eq!(planned(&input).plan, whole.plan);
    input.policy.selection.targets = ["old".to_owned()].into();
    assert_eq!(
        steps(&planned(&input)),
        ["forget old 1: removed, moved"],
        "the old key alone"
    );
}

#[test]
fn an_entry_that_is_in_the_way_of_no_selected_key_stays() {
    let mut input = renamed_elsewhere();
    wants(&mut input, "other");
    input.policy.selection.targets = ["other".to_owned()].into();
    assert_eq!(steps(&planned(&input)), ["create other: missing"]);
}

#[test]
fn an_entry_that_is_excluded_is_not_forgotten() {
    let mut input = renamed_elsewhere();
    input.policy.selection.excludes = ["old".to_owned()].into();
    let refused = planned(&input);
    assert_eq!(steps(&refused), [""; 0]);
    assert_eq!(refusals(&refused), ["foreign-marker"]);
    let hint = &refused.refusals[0].hint;
    assert!(hint.contains("do not exclude `old`"), "{hint}");
}

#[test]
fn an_entry_whose_instance_carries_the_marker_of_no_known_key_is_kept() {
    let mut input = renamed_elsewhere();
    input.desired.instances.clear();
    assert_eq!(notes(&planned(&input)), ["kept"]);
    input.policy.prune.insert(Prune::Removed);
    let refused = planned(&input);
    assert_eq!(steps(&refused), [""; 0]);
    assert_eq!(refusals(&refused), ["foreign-marker"]);
}

#[test]
fn an_orphan_that_somebody_else_claims_is_not_pruned() {
    let mut input = world();
    observe(&mut input, seen(4, "old", &[&live("old"), SOMEBODY]));
    input.policy.prune.insert(Prune::Orphans);
    let planned = planned(&input);
    assert_eq!(steps(&planned), [""; 0]);
    assert!(planned.notes[0].message.contains(SOMEBODY));
}

/// They are the two markers of one key, whether anything else knows that key or not.
#[test]
fn an_orphan_with_both_markers_of_its_key_is_pruned() {
    let mut input = world();
    observe(&mut input, seen(4, "old", &[&live("old"), &retired("old")]));
    assert_eq!(notes(&planned(&input)), ["orphan"]);
    input.policy.prune.insert(Prune::Orphans);
    assert_eq!(steps(&planned(&input)), ["delete old 4: pruned"]);
}

/// A duplicate is no old instance of a replace, which was counted before.
#[test]
fn a_duplicate_with_both_markers_counts_as_a_delete() {
    let mut input = settled();
    observe(&mut input, seen(2, "k", &[&live("k"), &retired("k")]));
    input.policy.prune.insert(Prune::Duplicates);
    input.policy.max_deletes = crate::model::Limit::Number(0);
    assert_eq!(steps(&planned(&input)), ["delete k 2: duplicate, pruned"]);
    assert_eq!(refusals(&planned(&input)), ["too-many-deletes"]);
}

#[test]
fn a_dropped_instance_that_somebody_else_claims_is_kept_or_refused() {
    let mut input = settled();
    input.desired.instances.clear();
    observe(&mut input, seen(1, "k", &["declared", SOMEBODY]));
    assert_eq!(notes(&planned(&input)), ["kept"]);
    entry(&mut input).lifecycle.on_remove = OnRemove::Delete;
    let refused = planned(&input);
    assert_eq!(steps(&refused), [""; 0]);
    assert_eq!(refusals(&refused), ["foreign-marker"]);
}

#[test]
fn a_lock_file_of_another_inventory_or_with_one_id_twice_is_no_ground() {
    let mut input = settled();
    input.lock.header.inventory = crate::model::InventoryName::new("other").expect("a name");
    assert_eq!(refusals(&planned(&input)), ["inventory-changed"]);

    let mut input = settled();
    input.lock.instances.insert(key("twice"), recorded(1, "k"));
    // The marker does not tell whose it is.
    observe(&mut input, seen(1, "k", &["declared"]));
    let twice = planned(&input);
    assert_eq!(steps(&twice), [""; 0]);
    assert_eq!(refusals(&twice), ["recorded-twice"]);
    // Offline, nothing is known of the marker.
    input.observed = None;
    input.lock.instances.remove(&key("twice"));
    input.lock.instances.insert(key("a"), recorded(1, "k"));
    let offline = planned(&input);
    assert_eq!(steps(&offline), [""; 0]);
    assert_eq!(refusals(&offline), ["recorded-twice"]);
}

#[test]
fn what_the_platform_does_not_show_is_neither_changed_nor_deleted() {
    let hide = |input: &mut PlanInput, tags: bool| {
        let all = &mut observed(input).instances;
        let instance = all.get_mut(&InstanceId(1)).expect("1");
        if tags {
            instance.tags = None;
        } else {
            instance.configuration = None;
        }
    };
    for tags in [true, false] {
        let mut input = settled();
        hide(&mut input, tags);
        assert_eq!(refusals(&planned(&input)), ["unreadable"]);
        // Not even if the element differs, which would replace it.
        declared(&mut input).element = crate::model::ElementRef::Id(crate::model::ElementId(99));
        let refused = planned(&input);
        assert_eq!(steps(&refused), [""; 0]);
        assert_eq!(refusals(&refused), ["unreadable"]);
        // Keeping an instance does not require reading it; deleting does.
        input.desired.instances.clear();
        assert_eq!(notes(&planned(&input)), ["kept"]);
        input.policy.prune.insert(Prune::Removed);
        let refused = planned(&input);
        assert_eq!(steps(&refused), [""; 0]);
        assert_eq!(refusals(&refused), ["unreadable"]);
    }
    let mut input = settled();
    input.lock.instances.clear();
    hide(&mut input, false);
    assert_eq!(refusals(&planned(&input)), ["unreadable"]);
}

#[test]
fn the_old_one_of_a_replace_is_pruned_with_its_key() {
    let mut input = settled();
    input.desired.instances.clear();
    observe(&mut input, seen(1, "k", &["declared", &retired("k")]));
    observe(&mut input, seen(2, "k", &["declared", &live("k")]));
    let kept = planned(&input);
    assert_eq!(steps(&kept), [""; 0]);
    assert_eq!(notes(&kept), ["kept", "orphan"]);
    input.policy.prune.insert(Prune::Removed);
    input.policy.prune.insert(Prune::Orphans);
    input.policy.max_deletes = crate::model::Limit::Number(2);
    assert_eq!(
        steps(&planned(&input)),
        ["delete k 1: removed, pruned", "delete k 2: pruned"]
    );
}

/// A key that is too long for its marker is still known.
#[test]
fn a_cut_marker_is_known_by_its_key() {
    let long = "k".repeat(90);
    let mut input = world();
    input.lock.instances.insert(key(&long), recorded(1, "k"));
    gone(&mut input, 1);
    observe(&mut input, seen(2, "k", &[&live(&long)]));
    input.policy.prune.insert(Prune::Orphans);
    let planned = planned(&input);
    let keys: Vec<&str> = planned.plan.steps.iter().map(|s| s.key.as_str()).collect();
    assert_eq!(keys, [long.as_str(), long.as_str()]);
    assert_eq!(planned.plan.steps[1].id, Some(InstanceId(2)));
}

#[test]
fn a_recorded_instance_is_no_look_alike() {
    let mut input = settled();
    input.desired.instances.insert(key("twin"), wanted("k"));
    observe(&mut input, seen(1, "k", &["declared"]));
    let planned = planned(&input);
    assert_eq!(
        steps(&planned),
        ["update k 1: marker-missing", "create twin: missing"]
    );
    assert_eq!(notes(&planned), [""; 0]);
}

/// Without declared tags a create sends the name as a tag, as the platform itself would.
#[test]
fn a_name_that_reads_like_a_marker_is_not_sent_as_a_tag() {
    let mut input = world();
    let mut instance = wanted(SOMEBODY);
    instance.tags = None;
    input.desired.instances.insert(key("k"), instance);
    let planned = planned(&input);
    let crate::model::Action::Create(request) = &planned.plan.steps[0].action else {
        panic!("no create");
    };
    assert_eq!(request.tags, [live("k")]);
}

/// The plan is refused for the recorded instance, and says of the others what it would say beside a
/// current one. It deletes none: which one is right is for a person to say.
#[test]
fn beside_an_instance_that_is_refused_the_others_are_told() {
    let mut contested = settled();
    observe(&mut contested, seen(1, "k", &["declared", SOMEBODY]));
    let mut unread = settled();
    observed(&mut unread).instances.clear();
    let mut abridged = settled();
    first(&mut abridged).configuration = None;
    for (mut input, code) in [
        (contested, "foreign-marker"),
        (unread, "unreadable"),
        (abridged, "unreadable"),
    ] {
        observe(&mut input, seen(2, "k", &["declared", &live("k")]));
        observe(&mut input, seen(3, "k", &["declared", &retired("k")]));
        input.policy.prune.insert(Prune::Duplicates);
        let planned = planned(&input);
        assert_eq!(steps(&planned), [""; 0]);
        assert_eq!(refusals(&planned), [code]);
        assert_eq!(notes(&planned), ["duplicate", "retired"]);
        assert!(planned.notes[0].message.contains('2'));
        assert!(planned.notes[1].message.contains('3'));
    }
}

/// A key that left the manifest is kept, although its instance carries another's marker.
#[test]
fn beside_a_kept_instance_that_somebody_else_claims_the_others_are_orphans() {
    let mut input = settled();
    input.desired.instances.clear();
    observe(&mut input, seen(1, "k", &["declared", SOMEBODY]));
    observe(&mut input, seen(2, "k", &["declared", &live("k")]));
    observe(&mut input, seen(3, "k", &["declared", &retired("k")]));
    assert_eq!(notes(&planned(&input)), ["kept", "orphan", "orphan"]);
    input.policy.prune.insert(Prune::Orphans);
    input.policy.max_deletes = crate::model::Limit::Number(2);
    assert_eq!(
        steps(&planned(&input)),
        ["delete k 2: pruned", "delete k 3: pruned"]
    );
}

/// To give the retired one its live marker back would make a second one.
#[test]
fn beside_a_claimed_instance_with_its_live_marker_a_retired_one_is_not_restored() {
    let mut input = settled();
    observe(&mut input, seen(1, "k", &["declared", &retired("k")]));
    observe(&mut input, seen(5, "k", &["declared", &live("k")]));
    input.lock.instances.insert(key("other"), recorded(5, "k"));
    wants(&mut input, "other");
    input.policy.selection.excludes = ["other".to_owned()].into();
    let planned = planned(&input);
    assert_eq!(steps(&planned), [""; 0]);
    assert_eq!(refusals(&planned), ["foreign-marker"]);
}

/// Both keys left the manifest. By its marker, the instance is a second one of the other key.
#[test]
fn an_entry_whose_instance_carries_the_marker_of_a_recorded_key_is_forgotten() {
    let mut input = settled();
    input.desired.instances.clear();
    input.lock.instances.insert(key("a"), recorded(5, "k"));
    observe(&mut input, seen(5, "k", &["declared", &live("k")]));
    let first = planned(&input);
    assert_eq!(steps(&first), ["forget a 5: removed, moved"]);
    assert_eq!(notes(&first), ["duplicate", "kept"]);
    input.policy.prune.insert(Prune::Duplicates);
    assert_eq!(
        steps(&planned(&input)),
        [
            "forget a 5: removed, moved",
            "delete k 5: duplicate, pruned"
        ]
    );
}

#[test]
fn a_retired_instance_that_is_not_shown_in_full_is_not_replaced() {
    let mut input = world();
    wants(&mut input, "k");
    let mut old = seen(1, "k", &["declared", &retired("k")]);
    old.element = element("older-private");
    old.configuration = None;
    observe(&mut input, old);
    let planned = planned(&input);
    assert_eq!(steps(&planned), [""; 0]);
    assert_eq!(refusals(&planned), ["unreadable"]);
}
