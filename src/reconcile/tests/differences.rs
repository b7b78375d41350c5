//! What counts as a difference, and what does not.

use super::world::*;
use crate::model::{
    Action, DesiredValue, PlainValue, Secret, VersusLock as Lock, VersusPlatform as Platform,
};
use crate::reconcile::{PlanInput, Resend, unlike_recorded};

fn set(input: &mut PlanInput, name: &str, value: serde_json::Value) {
    let instance = declared(input);
    let value = DesiredValue::Plain(PlainValue(value));
    instance.configuration.insert(name.to_owned(), value);
}

fn shows(input: &mut PlanInput, name: &str, value: Option<&str>) {
    let observed = observed(input);
    let instance = observed.instances.values_mut().next().expect("an instance");
    let configuration = instance.configuration.get_or_insert_default();
    configuration.insert(name.to_owned(), value.map(Secret::new));
}

fn was(input: &mut PlanInput, name: &str, value: &str) {
    let entry = entry(input);
    entry
        .configuration
        .insert(name.to_owned(), value.to_owned());
}

#[test]
fn spellings_of_one_value_are_one_value() {
    use serde_json::json;

    for (declared, shown) in [
        (json!(true), "true"),
        (json!(true), "True"),
        (json!("TRUE"), "true"),
        (json!(15), "15"),
        (json!("15"), "15"),
        (json!({"b": 1, "a": [true]}), "{\"a\":[true],\"b\":1}"),
        (json!("{\"b\": 1, \"a\": 2}"), "{ \"a\":2, \"b\":1 }"),
        (json!("${gmtDate:x}"), "${gmtDate:x}"),
    ] {
        let mut input = settled();
        set(&mut input, "plain", declared.clone());
        let canonical = PlainValue(declared.clone()).canonical();
        was(&mut input, "plain", &canonical.replace("TRUE", "true"));
        shows(&mut input, "plain", Some(shown));
        assert_eq!(steps(&planned(&input)), [""; 0], "{declared} and {shown}");
    }
    let mut input = settled();
    set(&mut input, "plain", json!(""));
    was(&mut input, "plain", "");
    shows(&mut input, "plain", None);
    assert_eq!(steps(&planned(&input)), [""; 0], "unset is the empty text");
}

/// `lock verify` compares what is recorded, without the type it was declared with.
#[test]
fn a_recorded_value_is_compared_as_a_plan_compares() {
    let mut seen = seen(1, "k", &[]);
    let mut shows = |recorded: &str, shown: Option<&str>| {
        let shown = [("plain".to_owned(), shown.map(Secret::new))];
        seen.configuration = Some(shown.into());
        unlike_recorded(&seen, "plain", recorded).is_none()
    };
    for (recorded, shown) in [
        ("true", Some("True")),
        ("1.0", Some("1")),
        ("{\"a\":2,\"b\":1}", Some("{ \"b\": 1, \"a\": 2 }")),
        ("", None),
        ("any", Some("********")),
    ] {
        assert!(shows(recorded, shown), "{recorded} and {shown:?}");
    }
    for (recorded, shown) in [("15", Some("15.0")), ("a", Some("A")), ("a", None)] {
        assert!(!shows(recorded, shown), "{recorded} and {shown:?}");
    }
}

#[test]
fn drift_and_a_change_of_the_manifest_are_told_apart() {
    let mut drifted = settled();
    shows(&mut drifted, "plain", Some("elsewhere"));
    assert_eq!(steps(&planned(&drifted)), ["update k 1: drifted"]);

    let mut changed = settled();
    set(&mut changed, "plain", "new".into());
    assert_eq!(
        steps(&planned(&changed)),
        ["update k 1: configuration-changed"]
    );

    let mut both = settled();
    set(&mut both, "plain", "new".into());
    shows(&mut both, "plain", Some("elsewhere"));
    assert_eq!(
        steps(&planned(&both)),
        ["update k 1: configuration-changed, drifted"]
    );

    let mut done_by_hand = settled();
    set(&mut done_by_hand, "plain", "new".into());
    shows(&mut done_by_hand, "plain", Some("new"));
    let planned = planned(&done_by_hand);
    assert_eq!(steps(&planned), ["update k 1: lock-only"]);
    let Action::Update(request) = &planned.plan.steps[0].action else {
        panic!("no update");
    };
    assert!(!request.sends());
}

#[test]
fn only_what_changes_is_sent() {
    let mut input = settled();
    set(&mut input, "other", "same".into());
    was(&mut input, "other", "same");
    shows(&mut input, "other", Some("same"));
    shows(&mut input, "plain", Some("elsewhere"));
    let planned = planned(&input);
    let Action::Update(request) = &planned.plan.steps[0].action else {
        panic!("no update");
    };
    assert_eq!(request.configuration.keys().collect::<Vec<_>>(), ["plain"]);
    assert_eq!(
        (&request.name, &request.tags, request.enabled),
        (&None, &None, None)
    );
}

#[test]
fn a_mask_is_never_compared_and_what_the_platform_owns_is_not_either() {
    let mut masked = settled();
    shows(&mut masked, "plain", Some("********"));
    assert_eq!(steps(&planned(&masked)), [""; 0]);

    let mut owned = settled();
    set(&mut owned, "session.id", "first".into());
    was(&mut owned, "session.id", "first");
    shows(&mut owned, "session.id", Some("refreshed"));
    assert_eq!(steps(&planned(&owned)), [""; 0]);
    set(&mut owned, "session.id", "second".into());
    assert_eq!(
        steps(&planned(&owned)),
        ["update k 1: configuration-changed"]
    );
}

#[test]
fn undeclared_tags_are_kept_and_declared_ones_are_the_whole_set() {
    let mut input = settled();
    observe(&mut input, seen(1, "k", &["stray", &live("k")]));
    let planned_one = planned(&input);
    let Action::Update(request) = &planned_one.plan.steps[0].action else {
        panic!("no update");
    };
    let tags: Vec<&str> = request.tags.iter().flatten().map(String::as_str).collect();
    assert_eq!(tags, [live("k").as_str(), "declared"]);

    declared(&mut input).tags = None;
    entry(&mut input).tags = None;
    assert_eq!(steps(&planned(&input)), [""; 0]);
    observe(&mut input, seen(1, "k", &["stray"]));
    let planned_two = planned(&input);
    let Action::Update(request) = &planned_two.plan.steps[0].action else {
        panic!("no update");
    };
    let tags: Vec<&str> = request.tags.iter().flatten().map(String::as_str).collect();
    assert_eq!(tags, [live("k").as_str(), "stray"]);
}

#[test]
fn a_secret_is_sent_only_where_it_has_to_be() {
    use Platform::{Differs, Hidden, Same};

    for (versus_lock, versus_platform, expected) in [
        (Lock::Same, Hidden, None),
        (Lock::Same, Same, None),
        (Lock::Same, Differs, Some("drifted")),
        (Lock::Changed, Hidden, Some("secret-changed")),
        (Lock::Changed, Differs, Some("secret-changed")),
        (Lock::Changed, Same, Some("lock-only")),
        (Lock::Unverified, Hidden, Some("secret-unverified")),
        (Lock::Unverified, Same, Some("lock-only")),
        (Lock::NotRecorded, Hidden, Some("configuration-changed")),
        (Lock::KeyRotated, Hidden, None),
        (Lock::NotCompared, Hidden, None),
    ] {
        let mut input = settled();
        fact(&mut input, versus_lock, versus_platform);
        let planned = planned(&input);
        let expected: Vec<String> = expected
            .iter()
            .map(|reason| format!("update k 1: {reason}"))
            .collect();
        assert_eq!(
            steps(&planned),
            expected,
            "{versus_lock:?} {versus_platform:?}"
        );
        for change in planned.plan.steps.iter().flat_map(|step| &step.changes) {
            assert_eq!(change.shown, crate::model::Shown::Secret);
        }
    }
}

#[test]
fn secrets_are_sent_again_or_accepted_on_request() {
    let mut input = settled();
    fact(&mut input, Lock::KeyRotated, Platform::Hidden);
    let first = planned(&input);
    assert_eq!(
        (steps(&first).len(), notes(&first)),
        (0, vec!["fingerprints-rotated"])
    );
    input.policy.secrets = Resend::Send(["*".to_owned()].into());
    assert_eq!(steps(&planned(&input)), ["update k 1: secret-resent"]);
    input.policy.secrets = Resend::Send(["other".to_owned()].into());
    assert_eq!(steps(&planned(&input)), [""; 0]);
    input.policy.secrets = Resend::Accept;
    assert_eq!(steps(&planned(&input)), ["update k 1: lock-only"]);
}

#[test]
fn what_is_ignored_is_a_note() {
    let mut input = settled();
    shows(&mut input, "plain", Some("elsewhere"));
    declared(&mut input).lifecycle.ignore_changes = ["configuration.plain".to_owned()].into();
    entry(&mut input).lifecycle.ignore_changes = ["configuration.plain".to_owned()].into();
    let planned = planned(&input);
    assert_eq!(
        (steps(&planned).len(), notes(&planned)),
        (0, vec!["ignored"])
    );
}

#[test]
fn a_key_that_leaves_the_manifest_is_released() {
    let mut input = settled();
    was(&mut input, "old", "value");
    shows(&mut input, "old", Some("value"));
    let first = planned(&input);
    assert_eq!(steps(&first), ["update k 1: lock-only"]);
    assert_eq!(notes(&first), ["released"]);
    let after = applied(&input, &first);
    assert_eq!(steps(&planned(&after)), [""; 0]);
}

#[test]
fn protection_alone_changes_the_lock_file_alone() {
    let mut input = settled();
    declared(&mut input).lifecycle.protect = true;
    let planned = planned(&input);
    assert_eq!(steps(&planned), ["update k 1: lock-only"]);
    assert_eq!(planned.plan.steps[0].changes[0].path, "lifecycle.protect");
}

#[test]
fn offline_the_record_is_taken_for_what_is() {
    let mut input = settled();
    fact(&mut input, Lock::NotCompared, Platform::Hidden);
    input.observed = None;
    let same = planned(&input);
    assert_eq!(
        (steps(&same).len(), notes(&same)),
        (0, vec!["not-compared"])
    );
    set(&mut input, "plain", "new".into());
    input.desired.instances.insert(key("new"), wanted("new"));
    assert_eq!(
        steps(&planned(&input)),
        ["update k 1: configuration-changed", "create new: missing"]
    );
}
