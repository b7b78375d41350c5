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

#[test]
fn an_orphan_that_somebody_else_claims_is_not_pruned() {
    let mut input = world();
    observe(&mut input, seen(4, "old", &[&live("old"), SOMEBODY]));
    input.policy.prune.insert(Prune::Orphans);
    let planned = planned(&input);
    assert_eq!(steps(&planned), [""; 0]);
    assert!(planned.notes[0].message.contains(SOMEBODY));
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
    let planned = planned(&input);
    assert_eq!(steps(&planned), [""; 0]);
    assert_eq!(refusals(&planned), ["recorded-twice"]);
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
