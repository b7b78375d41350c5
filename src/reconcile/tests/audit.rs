//! The audit can fail: each invariant is violated on purpose.

use super::world::*;
use crate::model::{
    Action, ElementId, ElementRef, InstanceId, PlainValue, Plan, Prune, Reason, RequestValue, Step,
    VersusLock, VersusPlatform,
};
use crate::reconcile::{PlanInput, audit, plan};

fn complaints(input: &PlanInput, plan: &Plan) -> Vec<&'static str> {
    audit(input, plan).into_iter().map(|v| v.what).collect()
}

/// Breaks a sound plan and expects this violation.
#[track_caller]
fn broken(input: &PlanInput, harm: impl FnOnce(&mut Plan), what: &str) {
    let mut plan = plan(input).plan;
    assert_eq!(complaints(input, &plan), [""; 0], "it was sound before");
    harm(&mut plan);
    let found = complaints(input, &plan);
    assert!(found.contains(&what), "{what}: {found:?}");
}

fn creating() -> PlanInput {
    let mut input = world();
    input.desired.instances.insert(key("k"), wanted("k"));
    input
}

fn updating() -> PlanInput {
    let mut input = settled();
    observe(&mut input, seen(1, "other", &["stray", &live("k")]));
    input
}

fn deleting() -> PlanInput {
    let mut input = settled();
    input.desired.instances.clear();
    input.policy.prune.insert(Prune::Removed);
    input
}

fn replacing() -> PlanInput {
    let mut input = settled();
    declared(&mut input).element = ElementRef::Id(ElementId(99));
    input
}

fn create(step: &mut Step) -> &mut crate::model::CreateRequest {
    match &mut step.action {
        Action::Create(request) => request,
        other => panic!("{}", other.as_str()),
    }
}

fn update(step: &mut Step) -> &mut crate::model::UpdateRequest {
    match &mut step.action {
        Action::Update(request) => request,
        other => panic!("{}", other.as_str()),
    }
}

#[test]
fn of_the_whole() {
    let input = creating();
    broken(
        &input,
        |plan| plan.steps.push(plan.steps[0].clone()),
        "two steps for one key",
    );
    let mut two = creating();
    two.desired.instances.insert(key("l"), wanted("l"));
    broken(
        &two,
        |plan| plan.steps.reverse(),
        "the steps are not in order",
    );
    broken(
        &updating(),
        |plan| plan.steps.push(plan.steps[0].clone()),
        "two steps for one instance",
    );
    broken(
        &input,
        |plan| plan.steps[0].reasons.clear(),
        "a step without a reason",
    );
    broken(
        &input,
        |plan| plan.steps[0].changes.reverse(),
        "the changes are not in order",
    );
    broken(
        &input,
        |plan| plan.steps[0].moved_from = Some(key("x")),
        "an undeclared rename",
    );
    broken(
        &input,
        |plan| plan.steps[0].former_key = Some(key("x")),
        "a step that does not know its former key",
    );
    broken(
        &input,
        |plan| plan.inventory = crate::model::InventoryName::new("x").expect("a name"),
        "a plan for another inventory",
    );
    let plan = plan(&input).plan;
    let mut elsewhere = input;
    elsewhere.policy.selection.targets = ["x".to_owned()].into();
    assert!(complaints(&elsewhere, &plan).contains(&"a step outside the selection"));
}

#[test]
fn of_a_create() {
    let input = creating();
    type Harm = fn(&mut crate::model::CreateRequest);
    let harms: [(Harm, &str); 9] = [
        (|c| c.marker = live("x"), "a create with a wrong marker"),
        (|c| c.tags.clear(), "a create without its marker"),
        (|c| c.tags.push(live("x")), "a create with two markers"),
        (
            |c| c.tags.reverse(),
            "a create whose marker is not its first tag",
        ),
        (
            |c| c.tags.push("y".to_owned()),
            "a create with undeclared tags",
        ),
        (
            |c| c.name.push('x'),
            "a create that differs from the manifest",
        ),
        (
            |c| c.entry.enabled = false,
            "a lock entry that differs from the manifest",
        ),
        (
            |c| c.entry.configuration.clear(),
            "a lock entry with undeclared values",
        ),
        (
            |c| {
                let mask = RequestValue::Plain(PlainValue::text("********"));
                c.configuration.insert("password".to_owned(), mask);
            },
            "a mask is sent",
        ),
    ];
    for (harm, what) in harms {
        broken(&input, |plan| harm(create(&mut plan.steps[0])), what);
    }
    broken(
        &input,
        |plan| {
            let plain = RequestValue::Plain(PlainValue::text("hunter2"));
            let values = &mut create(&mut plan.steps[0]).configuration;
            values.insert("password".to_owned(), plain);
        },
        "a credential as a plain value",
    );
    let plan = plan(&input).plan;
    let mut marked = input.clone();
    observe(&mut marked, seen(5, "k", &[&live("k")]));
    assert_eq!(
        complaints(&marked, &plan),
        ["a create although an instance carries its marker"]
    );
    let mut unwanted = input;
    unwanted.desired.instances.clear();
    assert!(complaints(&unwanted, &plan).contains(&"a create of an undeclared instance"));
}

#[test]
fn of_an_update() {
    let input = updating();
    type Harm = fn(&mut crate::model::UpdateRequest);
    let harms: [(Harm, &str); 9] = [
        (|u| u.id = InstanceId(7), "an update of another instance"),
        (
            |u| u.expect_marker = None,
            "a write that expects the wrong marker",
        ),
        (
            |u| u.expect_marker = Some("connectorctl:other:k".to_owned()),
            "a write that expects the wrong marker",
        ),
        (
            |u| u.name = Some("x".to_owned()),
            "an update to undeclared values",
        ),
        (
            |u| u.enabled = Some(false),
            "an update to undeclared values",
        ),
        (
            |u| {
                u.tags = Some(["declared".to_owned()].into());
            },
            "an update that drops the marker",
        ),
        (
            |u| {
                u.tags = Some([live("k"), live("x"), "declared".to_owned()].into());
            },
            "an update that leaves two markers",
        ),
        (
            |u| {
                u.tags = Some([live("k")].into());
            },
            "an update to undeclared tags",
        ),
        (
            |u| {
                u.configuration.insert("x".to_owned(), RequestValue::Secret);
            },
            "a value that is not in the manifest",
        ),
    ];
    for (harm, what) in harms {
        broken(&input, |plan| harm(update(&mut plan.steps[0])), what);
    }
    let mut undeclared = input.clone();
    declared(&mut undeclared).tags = None;
    broken(
        &undeclared,
        |plan| update(&mut plan.steps[0]).tags = Some([live("k")].into()),
        "an update of unmanaged tags",
    );
    let plan = plan(&input).plan;
    let mut ignoring = input.clone();
    declared(&mut ignoring).lifecycle.ignore_changes = ["name".to_owned()].into();
    assert!(complaints(&ignoring, &plan).contains(&"an update of an ignored field"));
    let mut unrecorded = input.clone();
    unrecorded.lock.instances.clear();
    assert!(complaints(&unrecorded, &plan).contains(&"an update of an unrecorded instance"));
    let mut foreign = unrecorded;
    observe(&mut foreign, seen(1, "other", &["stray"]));
    assert!(complaints(&foreign, &plan).contains(&"a step on an instance that is not ours"));
    let mut contested = input;
    let somebody = "connectorctl:other:k";
    observe(
        &mut contested,
        seen(1, "other", &["stray", &live("k"), somebody]),
    );
    assert!(complaints(&contested, &plan).contains(&"a step on an instance with a foreign marker"));
}

#[test]
fn of_an_adoption() {
    let mut input = settled();
    let entry = input.lock.instances.remove(&key("k")).expect("k");
    fact(&mut input, VersusLock::Same, VersusPlatform::Hidden);
    let plan = plan(&input).plan;
    assert_eq!(complaints(&input, &plan), [""; 0]);
    let mut recorded = input.clone();
    recorded.lock.instances.insert(key("l"), entry);
    let found = complaints(&recorded, &plan);
    assert!(
        found.contains(&"an adoption of a recorded instance"),
        "{found:?}"
    );
    assert!(found.contains(&"a step on the instance of another key"));
    observe(&mut input, seen(1, "k", &["declared", &retired("k")]));
    assert!(complaints(&input, &plan).contains(&"an adoption of an unmarked instance"));
}

#[test]
fn of_a_delete() {
    let input = deleting();
    let plan = plan(&input).plan;
    assert_eq!(complaints(&input, &plan), [""; 0]);
    let after = |change: fn(&mut PlanInput)| {
        let mut input = deleting();
        change(&mut input);
        complaints(&input, &plan)
    };
    assert_eq!(
        after(|input| input.policy.prune.clear()),
        ["an unrequested delete"]
    );
    assert_eq!(
        after(|input| {
            entry(input).lifecycle.protect = true;
        }),
        ["a delete of a protected instance"]
    );
    assert_eq!(
        after(|input| {
            input.desired.instances.insert(key("k"), wanted("k"));
        }),
        ["a delete of a declared instance"]
    );
    assert!(
        after(|input| {
            entry(input).id = InstanceId(2);
        })
        .contains(&"a delete of another instance")
    );
    // An instance besides the recorded one.
    let mut duplicate = settled();
    observe(&mut duplicate, seen(8, "k", &["declared", &live("k")]));
    duplicate.policy.prune.insert(Prune::Duplicates);
    broken(
        &duplicate,
        |plan| {
            let Action::Delete(request) = &mut plan.steps[0].action else {
                panic!("no delete");
            };
            request.id = InstanceId(1);
        },
        "a delete of a recorded instance",
    );
    broken(
        &duplicate,
        |plan| plan.steps[0].id = Some(InstanceId(1)),
        "a delete of another instance",
    );
    let pruned = crate::reconcile::plan(&duplicate).plan;
    duplicate.policy.prune.clear();
    assert_eq!(complaints(&duplicate, &pruned), ["an unrequested delete"]);
}

#[test]
fn of_a_replace() {
    let input = replacing();
    type Harm = fn(&mut Plan);
    let harms: [(Harm, &str); 3] = [
        (
            |plan| {
                let Action::Replace(request) = &mut plan.steps[0].action else {
                    panic!("no replace");
                };
                request.retired_marker.push('x');
            },
            "a replace with a wrong marker",
        ),
        (
            |plan| {
                let Action::Replace(request) = &mut plan.steps[0].action else {
                    panic!("no replace");
                };
                request.retire_tags = Some([live("k")].into());
            },
            "a replace that does not retire the old one",
        ),
        (
            |plan| plan.steps[0].id = Some(InstanceId(7)),
            "a replace of another instance",
        ),
    ];
    for (harm, what) in harms {
        broken(&input, harm, what);
    }
    let plan = plan(&input).plan;
    let mut protected = input.clone();
    entry(&mut protected).lifecycle.protect = true;
    assert_eq!(
        complaints(&protected, &plan),
        ["a replace of a protected instance"]
    );
    let mut same = input;
    first(&mut same).element.id = Some(ElementId(99));
    assert_eq!(complaints(&same, &plan), ["an unrequested replace"]);
}

#[test]
fn of_a_forget() {
    let mut input = settled();
    input.desired.instances.clear();
    gone(&mut input, 1);
    let plan = plan(&input).plan;
    assert_eq!(complaints(&input, &plan), [""; 0]);
    let mut unknown = input.clone();
    observed(&mut unknown).gone.clear();
    assert_eq!(
        complaints(&unknown, &plan),
        ["a forget of an instance that may exist"]
    );
    let mut offline = input.clone();
    offline.observed = None;
    assert_eq!(
        complaints(&offline, &plan),
        ["a forget of an instance that may exist"]
    );
    input.desired.instances.insert(key("k"), wanted("k"));
    assert_eq!(
        complaints(&input, &plan),
        ["a forget of a declared instance"]
    );
    assert_eq!(plan.steps[0].reasons[0], Reason::Removed);
}
