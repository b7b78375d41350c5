//! Which differences are a step.

use std::collections::{BTreeMap, BTreeSet};

use super::Oracle;
use crate::model::{
    DesiredInstance, DesiredValue, ElementRef, InstanceKey, LockedInstance, ObservedInstance,
    VersusLock, VersusPlatform, canonical_text,
};
use crate::reconcile::Resend;

impl Oracle<'_> {
    /// Whether an instance with the right marker and element needs an update, if only of its entry.
    pub(super) fn differs(
        &self,
        key: &InstanceKey,
        wanted: &DesiredInstance,
        entry: &LockedInstance,
        one: &ObservedInstance,
    ) -> bool {
        let ignores = |path: &str| wanted.lifecycle.ignore_changes.contains(path);
        let mut plain = BTreeMap::new();
        let mut secrets = BTreeSet::new();
        for (name, value) in &wanted.configuration {
            match value {
                DesiredValue::Plain(value) => {
                    plain.insert(name.clone(), value.canonical());
                }
                DesiredValue::Secret(_) => {
                    secrets.insert(name.clone());
                }
            }
        }
        let is_other = |name: &str, value: &String| {
            let shown = one.value(name).map(|value| canonical_text(value.expose()));
            shown.as_ref() != Some(value)
        };
        let is_disabled_by_platform = wanted.enabled && !one.enabled && !one.valid;
        let has_other_tags = wanted
            .tags
            .as_ref()
            .is_some_and(|tags| *tags != one.own_tags());
        let sends = (!ignores("name") && one.name != wanted.name)
            || (!ignores("tags") && has_other_tags)
            || (!ignores("enabled") && one.enabled != wanted.enabled && !is_disabled_by_platform)
            || plain.iter().any(|(name, value)| {
                !ignores(&format!("configuration.{name}")) && is_other(name, value)
            });
        // What differs and is ignored was not applied: what is recorded of it stays.
        let applied = plain.iter().filter_map(|(name, value)| {
            let stays = ignores(&format!("configuration.{name}")) && is_other(name, value);
            let value = match stays {
                true => entry.configuration.get(name)?,
                false => value,
            };
            Some((name.clone(), value.clone()))
        });
        let records = (entry.name != wanted.name && !(ignores("name") && one.name != wanted.name))
            || (entry.tags != wanted.tags && !(ignores("tags") && has_other_tags))
            || (entry.enabled != wanted.enabled
                && !(ignores("enabled") && one.enabled != wanted.enabled))
            || entry.configuration != applied.collect::<BTreeMap<_, _>>()
            || entry.secrets.keys().cloned().collect::<BTreeSet<_>>() != secrets
            || entry.lifecycle != without_move(wanted)
            || entry.is_token_in_doubt(one);
        let secret = secrets.iter().any(|name| {
            let fact = self.input.secrets.get(key, one.id, name);
            let is_ignored = ignores(&format!("configuration.{name}"));
            match (
                &self.input.policy.secrets,
                fact.versus_lock,
                fact.versus_platform,
            ) {
                _ if is_ignored => false,
                (Resend::Send(_), ..) => true,
                // Sent at most once to an instance that is not valid.
                (Resend::Compare, ..) if !one.valid && entry.secrets.get(name) == Some(&None) => {
                    true
                }
                // What visibly differs is not recorded as correct.
                (Resend::Accept, _, VersusPlatform::Differs | VersusPlatform::Rewritten) => false,
                (Resend::Accept, lock, _) => lock != VersusLock::Same,
                (_, VersusLock::KeyRotated, _) => false,
                (_, _, VersusPlatform::Differs) => true,
                (_, lock, _) => lock != VersusLock::Same,
            }
        });
        sends || records || secret
    }
}

fn without_move(wanted: &DesiredInstance) -> crate::model::Lifecycle {
    crate::model::Lifecycle {
        moved_from: None,
        ..wanted.lifecycle.clone()
    }
}

pub(super) fn is_element(wanted: &ElementRef, one: &ObservedInstance) -> bool {
    match wanted {
        ElementRef::Key(key) => one.element.key == *key,
        ElementRef::Id(id) => one.element.id == Some(*id),
    }
}
