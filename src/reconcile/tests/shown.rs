//! What a plan shows of values that are, or were, secret.

use std::collections::BTreeMap;

use super::world::*;
use crate::model::{Change, DesiredValue, ElementRef, PlainValue, Secret, Shown};
use crate::reconcile::PlanInput;

/// What the plan shows of a key whose value on the platform is `old`, and in the manifest `new`.
fn shown(input: &mut PlanInput, name: &str) -> Shown {
    let value = DesiredValue::Plain(PlainValue::text("new"));
    let wanted = &mut declared(input).configuration;
    wanted.insert(name.to_owned(), value);
    let seen = first(input).configuration.get_or_insert_default();
    seen.insert(name.to_owned(), Some(Secret::new("old")));
    let planned = planned(input);
    let changes: BTreeMap<_, _> = planned.plan.steps[0]
        .changes
        .iter()
        .map(|change| (change.path.as_str(), change.shown.clone()))
        .collect();
    changes[&*format!("configuration.{name}")].clone()
}

fn values(before: Option<&str>) -> Shown {
    Shown::Values(Change {
        before: before.map(Into::into),
        after: Some("new".into()),
    })
}

#[test]
fn a_value_that_was_plain_is_shown() {
    let mut input = settled();
    let configuration = &mut entry(&mut input).configuration;
    configuration.insert("other".to_owned(), "old".to_owned());
    assert_eq!(shown(&mut input, "other"), values(Some("old")));
}

#[test]
fn a_value_that_the_lock_file_has_as_a_secret_is_hidden() {
    let mut input = settled();
    entry(&mut input).secrets.insert("other".to_owned(), None);
    assert_eq!(shown(&mut input, "other"), Shown::Secret);
}

/// After the key left the manifest, the lock file no longer has it; the platform still has its value.
#[test]
fn the_old_value_of_a_key_that_came_back_is_hidden() {
    let mut input = settled();
    let shown = shown(&mut input, "other");
    assert_eq!(shown, values(None), "what a person declared is shown");
}

/// The element is declared by an id that the catalogue does not have; the platform names its key.
#[test]
fn a_value_that_the_catalogue_calls_a_credential_is_hidden() {
    let mut input = settled();
    let freshdesk = element("freshdeskv2");
    declared(&mut input).element = ElementRef::Id(freshdesk.id.expect("an id"));
    entry(&mut input).element = freshdesk.clone();
    first(&mut input).element = freshdesk;
    let configuration = &mut entry(&mut input).configuration;
    configuration.insert("username".to_owned(), "old".to_owned());
    assert_eq!(shown(&mut input, "username"), Shown::Secret);
}

#[test]
fn without_a_lock_file_the_value_is_shown() {
    let mut input = settled();
    input.lock.instances.clear();
    assert_eq!(shown(&mut input, "other"), values(Some("old")));
}

#[test]
fn a_replace_hides_what_the_lock_file_has_as_a_secret() {
    let mut input = settled();
    entry(&mut input).secrets.insert("other".to_owned(), None);
    input.policy.replace.insert(key("k"));
    assert_eq!(shown(&mut input, "other"), Shown::Secret);
}
