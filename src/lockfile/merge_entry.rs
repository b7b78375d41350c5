//! The three-way merge of one instance, member by member.
//!
//! Pure and symmetric. `None` is a conflict. Must not: know keys, or where a token is sealed.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Fingerprint, LockedInstance, LockedToken, ReadBack};

/// The version that one side changed, or both alike.
pub(super) fn three<'v, T: PartialEq>(
    base: Option<&T>,
    ours: &'v T,
    theirs: &'v T,
) -> Option<&'v T> {
    if ours == theirs || base == Some(theirs) {
        Some(ours)
    } else if base == Some(ours) {
        Some(theirs)
    } else {
        None
    }
}

/// Whether two entries differ at most in what nobody decided: how their token is sealed, and whether the
/// platform called them valid.
pub(super) fn is_same(one: &LockedInstance, other: &LockedInstance) -> bool {
    let is_same_token = match (&one.token, &other.token) {
        (Some(one_token), Some(other_token)) => {
            one.id == other.id && one_token.is_same(other_token, one.id)
        }
        (one, other) => one.is_none() && other.is_none(),
    };
    is_same_token
        && *one
            == LockedInstance {
                token: one.token.clone(),
                valid: one.valid,
                ..other.clone()
            }
}

/// One instance as both sides have it, with the same id.
pub(super) fn merged(
    base: Option<&LockedInstance>,
    ours: &LockedInstance,
    theirs: &LockedInstance,
) -> Option<LockedInstance> {
    let LockedInstance {
        id,
        token: _,
        element,
        name,
        tags,
        configuration,
        secrets,
        read_back,
        enabled,
        valid,
        created_date,
        lifecycle,
    } = ours;
    let merged = LockedInstance {
        id: *id,
        token: token(base, ours, theirs)?,
        element: three(base.map(|it| &it.element), element, &theirs.element)?.clone(),
        name: three(base.map(|it| &it.name), name, &theirs.name)?.clone(),
        tags: three(base.map(|it| &it.tags), tags, &theirs.tags)?.clone(),
        configuration: by_path(
            base.map(|it| &it.configuration),
            configuration,
            &theirs.configuration,
            |_, _| None,
        )?,
        // Two salts do not tell whether the values are equal. Unverified, it is sent once more.
        secrets: by_path(
            base.map(|it| &it.secrets),
            secrets,
            &theirs.secrets,
            |_, _| Some(None),
        )?,
        read_back: by_path(
            base.map(|it| &it.read_back),
            read_back,
            &theirs.read_back,
            kept,
        )?,
        enabled: *three(base.map(|it| &it.enabled), enabled, &theirs.enabled)?,
        // As last seen: whoever saw a problem has to look again.
        valid: three(base.map(|it| &it.valid), valid, &theirs.valid)
            .copied()
            .unwrap_or_default(),
        created_date: match (created_date, &theirs.created_date) {
            (Some(_), Some(_)) => three(
                base.map(|it| &it.created_date),
                created_date,
                &theirs.created_date,
            )?
            .clone(),
            (own, their) => own.clone().or_else(|| their.clone()),
        },
        lifecycle: three(base.map(|it| &it.lifecycle), lifecycle, &theirs.lifecycle)?.clone(),
    };
    let mut paths = merged.configuration.keys();
    let is_twice = paths.any(|path| merged.secrets.contains_key(path));
    (!is_twice).then_some(merged)
}

/// What only one side changed, path by path; `both` decides where both have another value.
fn by_path<V: Clone + PartialEq>(
    base: Option<&BTreeMap<String, V>>,
    ours: &BTreeMap<String, V>,
    theirs: &BTreeMap<String, V>,
    both: impl Fn(&V, &V) -> Option<V>,
) -> Option<BTreeMap<String, V>> {
    let paths: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
    let mut merged = BTreeMap::new();
    for path in paths {
        let before = base.and_then(|base| base.get(path));
        let (own, their) = (ours.get(path), theirs.get(path));
        let value = match three(Some(&before), &own, &their) {
            Some(value) => value.cloned(),
            None => Some(both(own?, their?)?),
        };
        if let Some(value) = value {
            merged.insert(path.clone(), value);
        }
    }
    Some(merged)
}

/// Of two fingerprints, either: if the platform shows another value, the plan sends it.
fn kept(own: &ReadBack, their: &ReadBack) -> Option<ReadBack> {
    match (own, their) {
        (ReadBack::Secret(one), ReadBack::Secret(other)) => {
            let order = |it: &&Fingerprint| (it.fingerprint.clone(), it.salt.clone());
            let least = [one, other].into_iter().min_by_key(order)?;
            Some(ReadBack::Secret(least.clone()))
        }
        _ => None,
    }
}

/// A token is compared and taken over sealed. Sealed again is not changed.
fn token(
    base: Option<&LockedInstance>,
    ours: &LockedInstance,
    theirs: &LockedInstance,
) -> Option<Option<LockedToken>> {
    let id = ours.id;
    let (own, their) = match (&ours.token, &theirs.token) {
        (Some(own), Some(their)) => (own, their),
        (own, their) => return Some(own.clone().or_else(|| their.clone())),
    };
    let before = base.and_then(|base| base.token.as_ref());
    if let Some(token) = three(before, own, their) {
        return Some(Some(token.clone()));
    }
    if own.is_same(their, id) {
        // Sealed again on both sides. Which one is kept depends on no side.
        let order = |token: &&LockedToken| {
            token
                .sealed()
                .map_or((true, String::new(), String::new()), |it| {
                    (false, it.data_key.0.clone(), it.sealed.clone())
                })
        };
        return Some([own, their].into_iter().min_by_key(order).cloned());
    }
    let before = before?;
    match (before.is_same(own, id), before.is_same(their, id)) {
        (true, _) => Some(Some(their.clone())),
        (_, true) => Some(Some(own.clone())),
        _ => None,
    }
}
