//! Secrets are sent only if necessary.

use super::world::*;
use crate::model::{
    Action, MASK, Reason, Secret, SecretFacts, SecretRecord, VersusLock as Lock,
    VersusPlatform as Platform,
};
use crate::reconcile::{PlanInput, Resend};

fn record_of(input: &PlanInput) -> SecretRecord {
    let planned = planned(input);
    let step = planned.plan.steps.first().expect("a step");
    match &step.action {
        Action::Update(request) | Action::Adopt(request) => request.entry.secrets["secret"],
        other => panic!("{}", other.as_str()),
    }
}

/// A single fingerprint under the new key could not be compared on the next run. Nothing is
/// recorded until all secrets are sent or accepted.
#[test]
fn rotated_fingerprints_make_no_step_even_where_the_platform_shows_the_value() {
    for shown in [Platform::Hidden, Platform::Same, Platform::Differs] {
        let mut input = settled();
        fact(&mut input, Lock::KeyRotated, shown);
        let planned = planned(&input);
        assert_eq!(steps(&planned), [""; 0], "{shown:?}");
        assert_eq!(notes(&planned), ["fingerprints-rotated"]);
        assert!(planned.notes[0].message.starts_with("1 secret is"));
    }
}

#[test]
fn what_visibly_differs_is_not_accepted_as_it_is() {
    for recorded in [
        Lock::Changed,
        Lock::Unverified,
        Lock::Same,
        Lock::KeyRotated,
    ] {
        let mut input = settled();
        fact(&mut input, recorded, Platform::Differs);
        input.policy.secrets = Resend::Accept;
        let planned = planned(&input);
        assert_eq!(steps(&planned), [""; 0], "{recorded:?}");
        assert_eq!(notes(&planned), ["not-accepted"]);
    }
    let mut input = settled();
    fact(&mut input, Lock::Changed, Platform::Hidden);
    input.policy.secrets = Resend::Accept;
    assert_eq!(steps(&planned(&input)), ["update k 1: lock-only"]);
    assert_eq!(record_of(&input), SecretRecord::Present);
}

/// The recorded fingerprint belongs to the instance that is gone.
#[test]
fn an_instance_adopted_for_one_that_is_gone_gets_the_secret_once() {
    let mut input = settled();
    fact(&mut input, Lock::Same, Platform::Hidden);
    gone(&mut input, 1);
    observe(&mut input, seen(9, "k", &["declared", &live("k")]));
    fact_of(&mut input, 9, Lock::NotRecorded, Platform::Hidden);
    let first = planned(&input);
    assert_eq!(steps(&first), ["adopt k 9: vanished, secret-unverified"]);
    assert_eq!(steps(&planned(&applied(&input, &first))), [""; 0]);
    input.policy.secrets = Resend::Accept;
    assert_eq!(steps(&planned(&input)), ["adopt k 9: vanished"]);
}

/// What was sent to the instance that is gone says nothing about the one that is adopted.
#[test]
fn of_an_adopted_instance_nothing_is_known_to_be_sent() {
    for renamed in [false, true] {
        let mut input = settled();
        gone(&mut input, 1);
        let mut successor = seen(9, "k", &["declared", &live("k")]);
        let configuration = successor.configuration.get_or_insert_default();
        configuration.insert("plain".to_owned(), Some(Secret::new(MASK)));
        observe(&mut input, successor);
        // A name that differs from the recorded one is no drift of this instance.
        declared(&mut input).name = "new".to_owned();
        if renamed {
            let entry = input.lock.instances.remove(&key("k")).expect("k");
            input.lock.instances.insert(key("old"), entry);
            declared(&mut input).lifecycle.moved_from = Some(key("old"));
        }
        let planned = planned(&input);
        let step = &planned.plan.steps[0];
        let paths = step.changes.iter().map(|change| change.path.as_str());
        let paths: Vec<&str> = paths.filter(|path| *path != "lifecycle").collect();
        assert_eq!(paths, ["configuration.plain", "name"], "{renamed}");
        assert!(!step.reasons.contains(&Reason::Drifted), "{renamed}");
    }
}

/// An ignored value that this tool never sent to the instance is not recorded as sent.
#[test]
fn an_adopted_instance_keeps_what_is_ignored_unrecorded() {
    let mut input = settled();
    fact(&mut input, Lock::Same, Platform::Hidden);
    gone(&mut input, 1);
    let ignored = ["configuration.plain", "configuration.secret"];
    declared(&mut input).lifecycle.ignore_changes = ignored.map(str::to_owned).into();
    let mut successor = seen(9, "k", &["declared", &live("k")]);
    let configuration = successor.configuration.get_or_insert_default();
    configuration.insert("plain".to_owned(), Some(Secret::new("elsewhere")));
    observe(&mut input, successor);
    fact_of(&mut input, 9, Lock::NotRecorded, Platform::Hidden);
    let first = planned(&input);
    let Action::Adopt(request) = &first.plan.steps[0].action else {
        panic!("{:?}", steps(&first));
    };
    assert!(!request.patches());
    assert_eq!(request.entry.configuration.get("plain"), None);
    assert_eq!(request.entry.secrets["secret"], SecretRecord::Keep);
    assert_eq!(steps(&planned(&applied(&input, &first))), [""; 0]);
}

#[test]
fn the_journals_fingerprint_counts_for_what_it_created() {
    let mut input = settled();
    fact(&mut input, Lock::Same, Platform::Hidden);
    input.lock.instances.clear();
    assert_eq!(steps(&planned(&input)), ["adopt k 1: marker-found"]);
    assert_eq!(record_of(&input), SecretRecord::Present);
}

/// `k` is declared and was renamed from `old`. Nothing is recorded; instance 1 carries the marker.
fn unrecorded() -> PlanInput {
    let mut input = settled();
    fact(&mut input, Lock::NotRecorded, Platform::Same);
    input.lock.instances.clear();
    declared(&mut input).lifecycle.moved_from = Some(key("old"));
    input
}

/// The key's own instance is preferred over that of the old key, valid or not.
#[test]
fn what_another_one_shows_says_nothing() {
    let mut input = unrecorded();
    assert_eq!(steps(&planned(&input)), ["adopt k 1: marker-found"]);
    first(&mut input).valid = false;
    observe(&mut input, seen(2, "k", &["declared", &live("old")]));
    fact_of(&mut input, 2, Lock::NotRecorded, Platform::Differs);
    input.policy.secrets = Resend::Accept;
    assert_eq!(steps(&planned(&input)), ["adopt k 1: marker-found"]);
    input.policy.secrets = Resend::Compare;
    assert_eq!(
        steps(&planned(&input)),
        ["adopt k 1: marker-found, invalid"]
    );
}

#[test]
fn of_two_with_the_marker_the_facts_of_the_valid_one_count() {
    let mut input = unrecorded();
    first(&mut input).valid = false;
    observe(&mut input, seen(2, "k", &["declared", &live("k")]));
    for (versus_platform, expected) in [
        (Platform::Same, "adopt k 2: marker-found"),
        (
            Platform::Hidden,
            "adopt k 2: marker-found, secret-unverified",
        ),
    ] {
        fact_of(&mut input, 2, Lock::NotRecorded, versus_platform);
        assert_eq!(steps(&planned(&input)), [expected]);
    }
}

#[test]
fn a_renamed_instance_keeps_what_was_sent_to_it() {
    let mut input = settled();
    fact(&mut input, Lock::Same, Platform::Hidden);
    declared(&mut input).lifecycle.moved_from = Some(key("old"));
    let entry = input.lock.instances.remove(&key("k")).expect("k");
    input.lock.instances.insert(key("old"), entry);
    // The key had an instance of its own, with another secret.
    input.lock.instances.insert(key("k"), recorded(9, "k"));
    gone(&mut input, 9);
    fact_of(&mut input, 9, Lock::Changed, Platform::Hidden);
    observe(&mut input, seen(1, "k", &["declared", &live("old")]));
    let first = planned(&input);
    assert_eq!(steps(&first), ["update k 1: moved"]);
    assert_eq!(record_of(&input), SecretRecord::Present);
    assert_eq!(steps(&planned(&applied(&input, &first))), [""; 0]);
}

#[test]
fn an_ignored_secret_is_a_note() {
    let mut input = settled();
    fact(&mut input, Lock::Changed, Platform::Hidden);
    let ignore = ["configuration.secret".to_owned()];
    declared(&mut input).lifecycle.ignore_changes = ignore.clone().into();
    entry(&mut input).lifecycle.ignore_changes = ignore.into();
    let planned = planned(&input);
    assert_eq!(steps(&planned), [""; 0]);
    assert_eq!(notes(&planned), ["ignored"]);
}

#[test]
fn offline_a_secret_more_is_a_change_and_the_others_are_one_note() {
    let mut input = settled();
    fact(&mut input, Lock::NotCompared, Platform::Hidden);
    input.secrets = SecretFacts::default();
    declared(&mut input)
        .configuration
        .insert("second".to_owned(), secret());
    input.observed = None;
    let planned = planned(&input);
    assert_eq!(steps(&planned), ["update k 1: configuration-changed"]);
    let paths: Vec<&str> = planned.plan.steps[0]
        .changes
        .iter()
        .map(|change| change.path.as_str())
        .collect();
    assert_eq!(paths, ["configuration.second"]);
    assert_eq!(notes(&planned), ["not-compared"]);
}

/// The vendor rejected the credentials at create.
#[test]
fn an_invalid_instance_is_repaired_when_it_is_adopted_and_told_of_afterwards() {
    let mut input = settled();
    fact(&mut input, Lock::Same, Platform::Hidden);
    let entry = input.lock.instances.remove(&key("k"));
    first(&mut input).valid = false;
    assert_eq!(
        steps(&planned(&input)),
        ["adopt k 1: marker-found, invalid"]
    );
    input.lock.instances.insert(key("k"), entry.expect("k"));
    let told = planned(&input);
    assert_eq!(steps(&told), [""; 0]);
    assert_eq!(notes(&told), ["invalid"]);
    assert!(told.notes[0].message.contains("apply --resend-secrets=k"));
}

#[test]
fn a_secret_with_a_version_keeps_its_record_until_it_is_sent_or_accepted() {
    let mut input = settled();
    let versions = [("secret".to_owned(), "two".to_owned())];
    declared(&mut input).secret_versions = versions.into();
    declared(&mut input).name = "another".to_owned();
    fact(&mut input, Lock::Same, Platform::Hidden);
    assert_eq!(record_of(&input), SecretRecord::Keep);
    fact(&mut input, Lock::Same, Platform::Rewritten);
    assert_eq!(record_of(&input), SecretRecord::Keep);
    fact(&mut input, Lock::Changed, Platform::Hidden);
    let first = planned(&input);
    let sent: Vec<&str> = first.plan.steps[0]
        .sent_secrets()
        .map(String::as_str)
        .collect();
    assert_eq!(sent, ["secret"]);
    assert_eq!(record_of(&input), SecretRecord::Present);
    input.policy.secrets = Resend::Accept;
    let first = planned(&input);
    assert_eq!(first.plan.steps[0].sent_secrets().next(), None);
    assert_eq!(record_of(&input), SecretRecord::Present);
}
